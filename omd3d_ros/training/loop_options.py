"""The options that every training loop has on the command line."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import Any


def add_loop_options(parser: argparse.ArgumentParser, defaults: Any) -> None:
    """Add what every loop takes."""
    parser.add_argument('--run-folder', type=Path, required=True)
    parser.add_argument('--export', type=Path, help='folder for the weights at the end')
    parser.add_argument('--threads', type=int, default=1)
    add_setting_options(parser, defaults)


def add_setting_options(parser: argparse.ArgumentParser, defaults: Any) -> None:
    """Add a number for each plain setting."""
    for field in dataclasses.fields(defaults):
        value = getattr(defaults, field.name)
        if isinstance(value, int | float):
            name = field.name.replace('_', '-')
            parser.add_argument(f'--{name}', type=type(value), default=value,
                                help=f'{field.metadata["doc"]}; {value} unless told')


def loop_settings(options: argparse.Namespace, defaults: Any, **others: Any) -> Any:
    """Return the settings of a loop as they were told on the command line."""
    values = {field.name: getattr(options, field.name) for field in dataclasses.fields(defaults)
              if hasattr(options, field.name)}
    return dataclasses.replace(defaults, **{**values, **others})
