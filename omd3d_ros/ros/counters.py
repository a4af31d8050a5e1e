"""What the node counts: clouds in, clouds lost by cause, commands answered."""

from __future__ import annotations

import collections
import threading


class Counters:
    """Named counters that several threads may increase."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: collections.Counter[str] = collections.Counter()

    def add(self, name: str, amount: int = 1) -> None:
        """Increase a counter."""
        with self._lock:
            self._counts[name] += amount

    def read(self) -> dict[str, int]:
        """Return a copy of all counters."""
        with self._lock:
            return dict(self._counts)
