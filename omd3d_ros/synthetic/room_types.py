"""Which rooms there are, and what belongs in each."""

from __future__ import annotations

import dataclasses

Range = tuple[float, float]


@dataclasses.dataclass(frozen=True)
class RoomType:
    """One kind of room; lengths in metres.

    long, short  ranges of its sides
    groups       (group, chance): furniture that stands together, in the order of placing
    at_wall      (name, chance): single pieces with their back to a wall
    loose        (name, chance): single pieces anywhere on the floor
    on_wall      (name, chance): what hangs on walls
    on_floor     names of small things that may lie on the floor
    share        how often the room is drawn, among all
    """

    name: str
    long: Range
    short: Range
    groups: tuple[tuple[str, float], ...]
    at_wall: tuple[tuple[str, float], ...]
    loose: tuple[tuple[str, float], ...]
    on_wall: tuple[tuple[str, float], ...]
    on_floor: tuple[str, ...]
    share: float


_PICTURES = (('picture', 0.9), ('picture', 0.7), ('picture', 0.4), ('clock', 0.35),
             ('mirror', 0.25))

ROOM_TYPES = (
    RoomType(
        'living room', (4.0, 5.6), (3.4, 4.8),
        (('seating', 1.0), ('dining', 0.45), ('desk', 0.2)),
        (('bookcase', 0.8), ('sideboard', 0.5), ('cabinet', 0.5), ('shelf', 0.4),
         ('fireplace', 0.15), ('piano', 0.12), ('side table', 0.6), ('armchair', 0.5),
         ('bookcase', 0.3), ('plant', 0.8), ('floor lamp', 0.7), ('plant', 0.4),
         ('speaker', 0.4), ('guitar', 0.15), ('aquarium', 0.1), ('chest', 0.15)),
        (('ottoman', 0.4), ('armchair', 0.3), ('stool', 0.25), ('dog', 0.05), ('cat', 0.06),
         ('christmas tree', 0.05), ('drying rack', 0.06), ('folding screen', 0.05)),
        (*_PICTURES, ('wall shelf', 0.5), ('wall shelf', 0.25), ('television', 0.2)),
        ('box', 'bag', 'basket', 'magazine', 'ball', 'toy', 'book', 'shoe', 'trash can', 'pillow',
         'teddy bear', 'backpack', 'slipper'), 0.24),
    RoomType(
        'dining room', (3.4, 5.0), (3.0, 4.2),
        (('dining', 1.0),),
        (('sideboard', 0.8), ('cabinet', 0.7), ('bookcase', 0.4), ('plant', 0.8), ('plant', 0.4),
         ('shelf', 0.4), ('side table', 0.4), ('floor lamp', 0.5), ('fireplace', 0.12),
         ('chair', 0.5), ('cabinet', 0.4), ('armchair', 0.3), ('piano', 0.1)),
        (('stool', 0.3), ('high chair', 0.2), ('chair', 0.3)),
        (*_PICTURES, ('wall shelf', 0.4)),
        ('box', 'bag', 'basket', 'ball', 'shoe', 'trash can', 'backpack'), 0.14),
    RoomType(
        'kitchen', (3.0, 4.6), (2.6, 3.8),
        (('counter', 1.0), ('dining', 0.7)),
        (('refrigerator', 0.8), ('cabinet', 0.4), ('shelf', 0.4), ('washing machine', 0.25),
         ('trash can', 0.6), ('stool', 0.3), ('water cooler', 0.1), ('oven', 0.2)),
        (('stool', 0.3), ('high chair', 0.15), ('chair', 0.3)),
        (('clock', 0.5), ('picture', 0.4), ('wall shelf', 0.5), ('wall shelf', 0.3)),
        ('box', 'bag', 'basket', 'bottle', 'shoe', 'bucket', 'crate'), 0.13),
    RoomType(
        'bedroom', (3.4, 4.8), (2.9, 4.0),
        (('bed', 1.0), ('desk', 0.3)),
        (('wardrobe', 0.9), ('dresser', 0.7), ('chair', 0.5), ('bookcase', 0.35),
         ('armchair', 0.3), ('plant', 0.5), ('floor lamp', 0.4), ('chest', 0.2),
         ('laundry basket', 0.35), ('shelf', 0.3), ('bench', 0.2)),
        (('ottoman', 0.3), ('stool', 0.25), ('drying rack', 0.08), ('suitcase', 0.12)),
        (*_PICTURES, ('wall shelf', 0.4), ('mirror', 0.4), ('television', 0.15)),
        ('shoe', 'slipper', 'bag', 'backpack', 'box', 'book', 'pillow', 'ball', 'sock'), 0.15),
    RoomType(
        'office', (3.4, 5.6), (3.0, 4.6),
        (('desk', 1.0), ('desk', 0.7), ('desk', 0.35), ('meeting', 0.3)),
        (('filing cabinet', 0.7), ('bookcase', 0.8), ('cabinet', 0.5), ('shelf', 0.5),
         ('plant', 0.7), ('filing cabinet', 0.4), ('chair', 0.5), ('coat rack', 0.3),
         ('trash can', 0.7), ('floor lamp', 0.3), ('water cooler', 0.2), ('whiteboard', 0.2)),
        (('office chair', 0.4), ('stool', 0.2)),
        (('picture', 0.7), ('clock', 0.6), ('picture', 0.4), ('wall shelf', 0.5),
         ('television', 0.15)),
        ('box', 'backpack', 'bag', 'briefcase', 'trash can', 'book', 'computer', 'speaker'), 0.16),
    RoomType(
        'bathroom', (2.3, 3.1), (2.0, 2.5),
        (('bath', 1.0),),
        (('cabinet', 0.6), ('shelf', 0.7), ('washing machine', 0.4), ('laundry basket', 0.5),
         ('stool', 0.3), ('trash can', 0.5), ('bidet', 0.2), ('toilet brush', 0.3)),
        (('scale', 0.25),),
        (('wall shelf', 0.8), ('mirror', 0.6), ('towel', 0.8), ('towel', 0.5), ('picture', 0.2)),
        ('bucket', 'bottle', 'slipper', 'box', 'scale', 'ball'), 0.06),
    RoomType(
        'hall', (3.0, 4.8), (1.7, 2.4),
        (),
        (('shelf', 0.7), ('dresser', 0.6), ('bench', 0.5), ('coat rack', 0.5), ('chair', 0.5),
         ('cabinet', 0.5), ('plant', 0.6), ('side table', 0.5), ('wardrobe', 0.5), ('stool', 0.4),
         ('bicycle', 0.15), ('stroller', 0.15), ('ladder', 0.1), ('suitcase', 0.3)),
        (),
        (('mirror', 0.8), *_PICTURES, ('wall shelf', 0.4)),
        ('shoe', 'shoe', 'boot', 'slipper', 'bag', 'backpack', 'box', 'ball', 'umbrella',
         'suitcase', 'skateboard', 'helmet'), 0.05),
    RoomType(
        "child's room", (3.0, 4.4), (2.6, 3.6),
        (('bed', 1.0), ('desk', 0.6)),
        (('wardrobe', 0.6), ('dresser', 0.5), ('shelf', 0.9), ('bookcase', 0.5), ('crib', 0.15),
         ('dollhouse', 0.2), ('chest', 0.3), ('chair', 0.4), ('stool', 0.4), ('plant', 0.2),
         ('shelf', 0.4), ('table', 0.3)),
        (('rocking horse', 0.3), ('tricycle', 0.25), ('ottoman', 0.2), ('scooter', 0.1)),
        (('picture', 0.9), ('picture', 0.7), ('picture', 0.6), ('clock', 0.3),
         ('wall shelf', 0.5)),
        ('teddy bear', 'ball', 'toy', 'toy car', 'toy train', 'box', 'book', 'shoe', 'doll',
         'xylophone', 'backpack', 'ball', 'pillow', 'toy plane', 'puzzle', 'skateboard'), 0.07),
)
