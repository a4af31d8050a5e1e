import sys

import pytest

from omd3d_ros.synthetic.language.__main__ import main


@pytest.mark.parametrize(('arguments', 'expected'), [
    (['--examples', '5'], 'targets'), (['--examples', '5', '--split', 'test_intent'], 'implicit')])
def test_examples_are_printed(monkeypatch, capsys, arguments, expected):
    monkeypatch.setattr(sys, 'argv', ['language', *arguments])
    main()
    assert expected in capsys.readouterr().out


def test_statistics_are_printed(monkeypatch, capsys):
    monkeypatch.setattr('omd3d_ros.synthetic.language.__main__.made_up_scene', None)
    monkeypatch.setattr(sys, 'argv', ['language', '--statistics'])
    main()
    printed = capsys.readouterr().out
    assert 'test_intent' in printed
    assert 'true synonyms' in printed


def test_nothing_to_do_is_an_error(monkeypatch):
    monkeypatch.setattr(sys, 'argv', ['language'])
    with pytest.raises(SystemExit):
        main()
