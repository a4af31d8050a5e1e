"""Settings as fields of frozen dataclasses: one default, one unit and one range each.

ROS parameters and the shipped YAML are derived from these fields, so no default is written
twice.
"""

from __future__ import annotations

import dataclasses
import math
import types
import typing
from typing import Any

_NUMBERS = (int, float)


def setting(
    default: Any,
    doc: str,
    *,
    unit: str = '',
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
) -> Any:
    """Return a dataclass field that carries its unit, inclusive range and description."""
    metadata = {'doc': doc, 'unit': unit, 'low': low, 'high': high, 'choices': choices}
    return dataclasses.field(default=default, metadata=metadata)


def check_settings(settings: Any) -> None:
    """Refuse a settings object whose fields have a wrong type or lie outside their range.

    Call it from ``__post_init__``. Nested settings check themselves.

    Raises
    ------
    ValueError
        Naming the field, the value, and what is allowed.

    """
    hints = typing.get_type_hints(type(settings))
    for field in dataclasses.fields(settings):
        if field.metadata:
            _check_value(field, hints[field.name], getattr(settings, field.name))


def _check_value(field: dataclasses.Field[Any], expected: Any, value: Any) -> None:
    if expected is float and type(value) in _NUMBERS and math.isfinite(value):
        pass
    elif isinstance(expected, types.GenericAlias):
        if not isinstance(value, tuple) or not all(isinstance(v, str) for v in value):
            raise ValueError(f'{field.name}={value!r}: must be a list of strings')
    elif type(value) is not expected or (expected is float and not math.isfinite(value)):
        raise ValueError(f'{field.name}={value!r}: must be a finite {expected.__name__}'
                         if expected is float else
                         f'{field.name}={value!r}: must be a {expected.__name__}')
    low, high = field.metadata['low'], field.metadata['high']
    unit = f' {field.metadata["unit"]}' if field.metadata['unit'] else ''
    if low is not None and value < low:
        raise ValueError(f'{field.name}={value!r}: must be at least {low}{unit}')
    if high is not None and value > high:
        raise ValueError(f'{field.name}={value!r}: must be at most {high}{unit}')
    choices = field.metadata['choices']
    if choices and value not in choices:
        raise ValueError(f'{field.name}={value!r}: must be one of {", ".join(choices)}')
