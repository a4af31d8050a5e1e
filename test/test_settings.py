import dataclasses

import pytest

from omd3d_ros.settings import check_settings, setting


@dataclasses.dataclass(frozen=True)
class Engine:
    power: float = setting(2.0, 'power', unit='kW', low=0.5, high=10.0)
    gears: int = setting(5, 'gears', low=1)
    fuel: str = setting('gas', 'fuel', choices=('gas', 'oil'))
    on: bool = setting(True, 'running')
    names: tuple[str, ...] = setting(('a',), 'names')

    def __post_init__(self) -> None:
        check_settings(self)


@pytest.mark.parametrize(('name', 'value', 'told'), [
    ('power', 0.4, 'at least 0.5 kW'),
    ('power', 10.1, 'at most 10.0 kW'),
    ('power', float('nan'), 'finite'),
    ('power', 'x', 'finite float'),
    ('power', True, 'finite float'),
    ('gears', 0, 'at least 1'),
    ('gears', 1.5, 'int'),
    ('gears', True, 'int'),
    ('fuel', 'coal', 'gas, oil'),
    ('on', 1, 'bool'),
    ('names', 'ab', 'list of strings'),
    ('names', (1,), 'list of strings'),
])
def test_a_wrong_value_is_refused_by_name(name, value, told):
    with pytest.raises(ValueError, match=name) as refused:
        Engine(**{name: value})
    assert told in str(refused.value)
    assert repr(value) in str(refused.value)


def test_limits_are_inclusive_and_whole_numbers_count_as_floats():
    assert Engine(power=0.5).power == 0.5
    assert Engine(power=10).power == 10
