"""Text for terminals: columns that line up, and nothing that a terminal would obey."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def printable(text: str) -> str:
    """Return text without the control characters that a terminal would obey."""
    return ''.join(c if c.isprintable() else '\N{REPLACEMENT CHARACTER}' for c in text)


def aligned(rows: Sequence[Sequence[str]], right: Collection[int] = ()) -> list[str]:
    """Return a line for each row of equally many cells; the columns ``right`` end together."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ['  '.join(cell.rjust(width) if column in right else cell.ljust(width)
                      for column, (cell, width) in enumerate(zip(row, widths, strict=True))
                      ).rstrip() for row in rows]
