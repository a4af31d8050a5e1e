import dataclasses
import json

import pytest
import torch

from omd3d_ros.training.run_folder import RunFolder


@dataclasses.dataclass(frozen=True)
class Settings:
    rate: float = 0.1
    steps: int = 5


def test_a_state_comes_back_as_it_was_saved(tmp_path):
    run = RunFolder(tmp_path / 'run', Settings())
    assert run.resume() is None
    state = {'step': 3, 'weights': torch.arange(4.0), 'nested': {'a': [1, 2.5, 'x']}}
    run.save(state)
    again = RunFolder(tmp_path / 'run', Settings()).resume()
    assert again['step'] == 3
    assert again['nested'] == state['nested']
    assert torch.equal(again['weights'], state['weights'])


def test_other_settings_are_refused_by_name(tmp_path):
    RunFolder(tmp_path, Settings())
    with pytest.raises(ValueError, match='rate'):
        RunFolder(tmp_path, Settings(rate=0.2))


def test_what_was_logged_after_the_checkpoint_is_logged_again(tmp_path, capsys):
    run = RunFolder(tmp_path, Settings())
    for step in (1, 2, 3):
        run.report(step, 5, {'loss': 1.0 / step})
        if step == 2:
            run.save({'step': 2})
    assert '3/5' in capsys.readouterr().out
    again = RunFolder(tmp_path, Settings())
    again.resume()
    assert [row['step'] for row in again.history()] == [1, 2]
    again.report(3, 5, {'loss': 0.5})
    assert [row['loss'] for row in again.history()] == [1.0, 0.5, 0.5]


def test_the_curves_are_drawn(tmp_path):
    run = RunFolder(tmp_path, Settings())
    run.report(1, 2, {'loss': 1.0})
    run.report(2, 2, {'loss': 0.5, 'dev': 0.7})
    run.save({'step': 2})
    assert (tmp_path / 'curves.png').read_bytes().startswith(b'\x89PNG')


def test_a_process_that_does_not_write_leaves_nothing(tmp_path):
    run = RunFolder(tmp_path / 'run', Settings(), writes=False)
    run.report(1, 2, {'loss': 1.0})
    run.save({'step': 1})
    assert not (tmp_path / 'run').exists()


def test_a_run_killed_while_saving_keeps_the_state_before(tmp_path, monkeypatch):
    run = RunFolder(tmp_path, Settings())
    run.save({'step': 1})

    def fail(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr('os.fsync', fail)
        with pytest.raises(KeyboardInterrupt):
            run.save({'step': 2})
    assert RunFolder(tmp_path, Settings()).resume() == {'step': 1}
    assert json.loads((tmp_path / 'settings.json').read_text()) == {'rate': 0.1, 'steps': 5}
