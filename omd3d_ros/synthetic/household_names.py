"""Household words for the names that furniture catalogues give their models."""

from __future__ import annotations

from omd3d_ros.segmentation.household_words import household_vocabulary

# What a catalogue's name means where it is not a household word itself, or misleads.
_MEANINGS = {
    'apple imac 1998': 'computer', 'apple imac 2004': 'computer', 'apple ibook': 'laptop',
    'apple iphone': 'phone', 'baby high chair': 'high chair', 'bar chair': 'stool',
    'bar table': 'table', 'bathmat': 'bath mat', 'boiler': 'kettle', 'bootie': 'boot',
    "captain's bed": 'bed', 'chandelier lamp': 'ceiling lamp', 'clothes washing machine':
    'washing machine', 'coffee brewer': 'coffee maker',
    'dresser with drawers': 'dresser', 'drawers': 'dresser',
    'flacon': 'perfume', 'folded clothes': 'clothes',
    'futon couch': 'sofa', 'hashtray': 'ashtray',
    'inkjet printer and scanner': 'printer', 'large fridge': 'refrigerator',
    'letters box': 'mailbox', 'lip stick': 'lipstick', 'little lamp': 'lamp',
    'medicine box': 'box', 'mocassin': 'shoe', 'old jar': 'jar', 'old radio': 'radio',
    'orchids': 'plant', 'penbox': 'pencil case', 'pencil': 'pen',
    'reflex camera': 'camera', 'residential trashcan': 'trash can', 'park trashcan': 'trash can',
    'sneakers': 'shoe', 'woman shoes': 'shoe', 'soccer ball': 'ball', 'basketball': 'ball',
    'socket': 'sock', 'sofa 2 seats': 'sofa', 'sofa 3 seats': 'sofa', 'tool': 'ladle',
    'trunck': 'chest', 'tv 16:9': 'television', 'yucca': 'plant',
    'spathiphyllum': 'plant', 'ficus': 'plant', 'wireless phone': 'phone',
    'yogurt bottle': 'bottle', 'shelves': 'shelf', 'vertical shelves': 'shelf',
    'wire coathanger': 'coat hanger', 'winchester sofa': 'sofa', 'clear sofa': 'sofa',
    'burlap sofa': 'sofa', 'corner sofa': 'sofa', 'rattan sofa': 'sofa', 'plate': 'plate',
    'oil servers': 'bottle', 'large pan': 'pan', 'television cabinet': 'tv stand',
    'chair with cushion': 'chair', 'bowl with salad': 'bowl', 'bowl with fruits': 'fruit bowl',
    'flower box': 'plant pot', 'plant box': 'plant pot', 'shower head and faucet': 'shower head',
    'paper towel holder': 'paper towel', 'table with tablecloth': 'table',
    'camping lamp': 'lantern', 'punching ball': 'punching bag', 'mezzanine bed': 'bunk bed',
    'beach chair': 'deck chair', 'hanging light': 'ceiling lamp', 'bonsai tree': 'plant',
    'bamboo': 'plant', 'white lily': 'flower bouquet', 'flowers': 'flower bouquet',
    'tulips': 'flower bouquet', 'puff': 'ottoman', 'playstation': 'game console',
    'glasses': 'eyeglasses', 'handbag': 'bag', 'toilets unit': 'toilet',
    'small lavatory': 'toilet',
    'induction cooker 2 zones': 'stove', 'induction cooker 4 zones': 'stove',
    'cupboard': 'cabinet', 'glass door cabinet': 'cabinet', 'vanity': 'sink',
    'double vanity': 'sink', 'wall flat tv': 'television', 'window blind': 'blind',
    'shower stall': 'shower', 'extinguisher': 'fire extinguisher', 'gift': 'box',
    "rubik's cube": 'toy', 'wood toy': 'toy', 'car model': 'toy car', 'biplane': 'toy plane',
    'coffee press': 'coffee pot', 'frame chambord': 'picture', 'frame hôi an': 'picture',
    'convertible sofa bz': 'sofa', 'table on trestles': 'table', 'futon': 'mattress',
    'white board': 'whiteboard', 'hood': 'range hood', 'screen': 'folding screen',
    'air conditioning - internal unit': 'air conditioner', 'squeezer': 'juicer',
    'jacket': 'coat', 'pottery': 'vase', 'creamer': 'pitcher', 'bulldog': 'dog',
    'toilet paper dispenser': 'toilet paper', 'flower': 'flower bouquet', 'rattan table':
    'coffee table', 'drawers cabinet': 'cabinet', 'mini stereo': 'radio',
}
# What a model is where its catalogue gives it too wide a name.
_OF_FILES = {
    'office-chair': 'office chair', 'office_chair': 'office chair',
    'kids_desk_chair': 'office chair', 'rattanTable': 'coffee table',
    'living_room_table': 'coffee table', 'desk_table': 'desk', 'kids_desk_table': 'desk',
    'glass_table_office': 'desk', 'wooden_table_office': 'desk',
    'wooden_office_pear_table_rect': 'desk', 'clothes-rack': 'coat rack', 'living_lamp':
    'floor lamp', 'glass-dining-table': 'dining table', 'metal_glass_table': 'dining table',
    'black_table': 'dining table', 'ironBed': 'bed', 'clothes-basket': 'laundry basket',
}
_DROPPED_FILES = frozenset((
    'relaxChair', 'folding_chair', 'foldingChair', 'ext_chair', 'table_football',
    'technicalTable1', 'technicalTable2', 'changing-table', 'dressing-table', 'ext_table',
    'MIDI-keyboard', 'hospital-bed', 'abdominalBench', 'concrete-bench', 'painted-bench',
    'surveillanceCamera', 'park-trashcan', 'residential-trashcan', 'stoneLantern', 'lantern',
    'round-chimney', 'propane-stove', 'ceilingFan', 'coffee_cup_set', 'box_room', 'office_box',
    'knifeStandSwap', 'kitchenKnifeStandSet', 'cosmeticsPot', 'utensilsPot', 'garden-faucet',
    'hose-reel', 'entry-bell-ring', 'basketball_net_and_board', 'numberLock', 'chair-ottoman',
    'spiralStaircase', 'small-urinal', 'Urinal', 'urinal', 'bandeja', 'letters_box',
    'mofx_mailbox', 'electric_water_heater', 'electric_water_heater_big', 'gaz_water_heater',
    'emergencySign', 'smoke-detector', 'contemp_living_room'))
_LEFT_OUT = frozenset((
    'wall', 'plug', 'switch', 'window', 'frame', 'door', 'female', 'male', 'boy', 'girl', 'fence',
    'railing', 'parking', 'rails', 'arrow', 'crossing', 'street', 'pool', 'car', 'bus', 'truck',
    'unit', 'outdoor', 'elevator', 'escalator', 'garage', 'tree', 'pine', 'rock', 'beech',
    'poplar', 'maple', 'hedge', 'bush', 'column', 'sidewalk', 'stall', 'screen', 'toy', 'game',
    'cutlery', 'goal', 'hut', 'garden'))


def household_name(catalogue_name: str, file: str = '') -> str | None:
    """Return the household word for a catalogue's name; None where there is none.

    The name itself, what it is known to mean, or its last words ("oak table" is a table).
    ``file``, the stem of the model's file, decides where the name is too wide or misleading.
    """
    if file in _DROPPED_FILES:
        return None
    if file in _OF_FILES:
        return _OF_FILES[file]
    name = catalogue_name.strip().lower()
    words, known = name.split(), household_vocabulary()
    meant = _MEANINGS.get(name)
    if meant is not None and meant in known.words:
        return meant
    if name in known.words:
        return name
    if _LEFT_OUT & set(words):
        return None
    for start in range(len(words)):
        tail = ' '.join(words[start:])
        if tail in known.words:
            return tail
        found = known.denoted_by(tail)
        if len(found) == 1:
            return next(iter(found))
    return None
