"""English noun phrases in other forms: with an article, in the plural."""

from __future__ import annotations

_IRREGULAR = {
    'child': 'children', 'foot': 'feet', 'knife': 'knives', 'leaf': 'leaves', 'loaf': 'loaves',
    'man': 'men', 'mouse': 'mice', 'person': 'people', 'scarf': 'scarves', 'shelf': 'shelves',
    'bookshelf': 'bookshelves', 'tooth': 'teeth', 'wolf': 'wolves', 'woman': 'women',
    'potato': 'potatoes', 'tomato': 'tomatoes', 'mango': 'mangoes', 'cactus': 'cacti',
    'binoculars': 'binoculars', 'scissors': 'scissors', 'dice': 'dice'}
# First letters do not tell how these begin when spoken.
_AN = ('hour', 'honest', 'heir', 'mp3', 'l-shaped', 'x-ray', 'f-')
_A = ('uku', 'uni', 'usb', 'use', 'uti', 'ute', 'one', 'eu', 'ure', 'uri')


def plural(phrase: str) -> str:
    """Return a singular noun phrase (lower case) in the plural: "bars of soap", "mice"."""
    head, of, rest = phrase.partition(' of ')
    *before, word = head.split(' ')
    return ' '.join([*before, _plural_word(word)]) + of + rest


def with_article(phrase: str) -> str:
    """Return a singular noun phrase with "a" or "an" before it."""
    an = phrase.startswith(_AN) or (phrase[:1] in tuple('aeiou') and not phrase.startswith(_A))
    return f'{"an" if an else "a"} {phrase}'


def listed(phrases: list[str]) -> str:
    """Return phrases as a list in a sentence: "a, b and c"."""
    return ', '.join(phrases[:-1]) + f' and {phrases[-1]}' if len(phrases) > 1 else phrases[0]


def _plural_word(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word.endswith('y') and word[-2:-1] not in tuple('aeiou'):
        return word[:-1] + 'ies'
    return word + ('es' if word.endswith(('s', 'x', 'z', 'ch', 'sh')) else 's')
