# make demo | test | setup | lint | types | imports | bench | clean        (PYTHON=python3.11 ...)
# make bench-fusion        (ARGUMENTS=--quick ...)
PYTHON ?= python3
BIN := .venv/bin

# What another Python environment or a sourced ROS left in the shell must not reach .venv.
unexport _ROS_WHEELS_BOOTSTRAP_COMPLETE PYTHONPATH PYTHONHOME AMENT_PREFIX_PATH CMAKE_PREFIX_PATH

.PHONY: demo test setup lint types imports bench bench-fusion clean
.DEFAULT_GOAL := help

.PHONY: help
help:
	@echo 'make setup    everything needed, into .venv; then: . $(BIN)/activate'
	@echo 'make demo     setup, then play a recording and ask for objects in it'
	@echo 'make test     setup, then all tests'
	@echo 'make bench-fusion    setup, then fusing against other maps, which it installs'
	@echo 'make lint types imports bench clean'

setup:
	@$(PYTHON) scripts/environment.py

demo: setup
	@$(BIN)/python -m omd3d_ros.ros.demo

test: setup
	@echo '-- those that count against a real clock'
	@$(BIN)/python -m pytest test -m alone
	@echo '-- the others, two at a time'
	@$(BIN)/python -m pytest test -m 'not alone' -n 2 --dist loadfile

lint: setup
	@$(BIN)/ruff check .

types: setup
	@$(BIN)/mypy

imports: setup
	@$(BIN)/lint-imports

bench: setup
	@$(BIN)/python -m benchmarks

bench-fusion:
	@$(PYTHON) scripts/environment.py --bench
	@$(BIN)/python benchmarks/fusion.py $(ARGUMENTS)

clean:
	rm -rf build install log dist compat/tf2_msgs/build *.egg-info compat/tf2_msgs/*.egg-info
	rm -rf omd3d_ros/msg omd3d_ros/srv omd3d_ros/action omd3d_ros/*.so .venv
	find omd3d_ros benchmarks scripts test -name __pycache__ -prune -exec rm -rf {} +
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
