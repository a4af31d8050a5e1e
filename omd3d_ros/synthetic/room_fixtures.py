"""What is fitted along the walls of kitchens and bathrooms."""

from __future__ import annotations

import numpy as np

from omd3d_ros.synthetic.model_draw import DrawnModel
from omd3d_ros.synthetic.model_shelf import ShelfEntry
from omd3d_ros.synthetic.room_furniture import RoomFurniture

_COUNTER = (0.8, 1.0)  # m, heights of what makes one line with a kitchen's counter


def _is_lower(entry: ShelfEntry) -> bool:
    if entry.entry is None:
        return entry.maker == 'lower cabinet'
    height = entry.entry.size[2]
    return _COUNTER[0] <= height <= _COUNTER[1] and 'orner' not in entry.entry.name


def _is_upper(entry: ShelfEntry) -> bool:
    return entry.entry is None or 'orner' not in entry.entry.name


def _is_low_sink(entry: ShelfEntry) -> bool:
    return entry.entry is not None and 0.75 <= entry.entry.size[2] <= 1.0


def _is_basin(entry: ShelfEntry) -> bool:
    return entry.entry is None or entry.entry.size[2] > 0.5


def fit_counter(furniture: RoomFurniture, rng: np.random.Generator) -> None:
    """Line one or two walls of a kitchen with cabinets, sink, stove and what hangs above."""
    draw = furniture.draw
    first = int(rng.integers(4))
    for wall in (first, (first + 1) % 4) if rng.random() < 0.4 else (first,):
        length = furniture.made.room[wall % 2]
        at, kinds = 0.03, ['stove', 'sink', 'refrigerator']
        rng.shuffle(kinds)
        while at < length - 0.3:
            kind = kinds.pop() if kinds and rng.random() < 0.45 else 'cabinet'
            one = draw.draw(kind, fits=_is_low_sink if kind == 'sink' else
                            _is_lower if kind in ('cabinet', 'stove') else None)
            one = one or draw.draw('cabinet', fits=_is_lower)
            if one is None or at + one.size[0] > length - 0.02:
                break
            low = furniture.at_wall(one, side=wall, along=at + one.size[0] / 2, away=0.004,
                                    gap=0.001, tries=1)
            above = draw.draw('range hood' if one.name == 'stove' else 'cabinet', on_wall=True,
                              fits=_is_upper)
            if above is not None and low is not None and low.high[2] < 1.2 and rng.random() < 0.8:
                furniture.at_wall(above, side=wall, along=at + one.size[0] / 2, gap=0.001,
                                  z=float(rng.uniform(1.42, 1.5)), away=0.004, tries=1)
            at += one.size[0] + 0.004 + (0.5 * (low is None))


def fit_bath(furniture: RoomFurniture, rng: np.random.Generator) -> None:
    """Give a bathroom a tub or a shower, a toilet, a basin with a mirror, a mat."""
    draw = furniture.draw
    tub = furniture.at_wall(draw.draw(('bathtub', 'shower') if rng.random() < 0.8 else 'shower'),
                            away=0.005)
    hung = draw.draw('toilet', on_wall=True) if rng.random() < 0.2 else None
    furniture.at_wall(hung or draw.draw('toilet'), away=0.005, z=_height(hung),
                      gap=0.12)
    basin = draw.draw('sink', on_wall=True) if rng.random() < 0.4 else None
    basin = basin or draw.draw('sink', fits=_is_basin)
    placed = furniture.at_wall(basin, away=0.005, gap=0.1, z=_height(basin))
    if placed is not None and placed.high[2] < 1.3:
        wall = round(placed.yaw / (np.pi / 2)) % 4
        furniture.at_wall(draw.draw('mirror', on_wall=True), side=wall, away=0.005,
                          along=float(placed.outline.center[wall % 2]),
                          z=float(max(1.15, placed.high[2] + 0.08)), tries=2)
    if tub is not None and rng.random() < 0.6:
        mat = draw.draw(('bath mat', 'rug'))
        if mat is not None and mat.size[0] < 1.3:
            furniture.put(mat, tub.outline.center + tub.front * (tub.outline.half[1] + 0.35),
                          tub.yaw, flat=True)


def _height(drawn: DrawnModel | None) -> float:
    return 0.0 if drawn is None else min(drawn.entry.elevation, 0.5)
