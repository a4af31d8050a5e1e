"""The stamp of every fused frame, in bounded memory."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


class FrameStamps:
    """Frame indices that grow by one a frame, and their stamps in ns.

    When the table is full (at 10 Hz after 1.8 hours), neighbouring frames are merged, more of them
    the older they are, under the newest stamp of them: last-seen times of the last minutes stay
    exact, older ones are late by less than a hundredth of their age.
    """

    CAPACITY = 1 << 16
    NBYTES = CAPACITY * 8

    def __init__(self) -> None:
        self.table = np.zeros(self.CAPACITY, np.int64)
        self.count = 0
        self.restored = 0

    @property
    def nbytes(self) -> int:
        """Bytes of the table."""
        return self.table.nbytes

    @property
    def full(self) -> bool:
        """Whether ``merge`` must be called before the next ``append``."""
        return self.count == self.CAPACITY

    def append(self, stamp_ns: int) -> int:
        """Add a frame and return its index."""
        self.table[self.count] = stamp_ns
        self.count += 1
        return self.count - 1

    def merge(self) -> npt.NDArray[np.int64]:
        """Merge old frames until half the table is free; return the new index of each old one."""
        stamps = self.table[: self.count].tolist()
        precision = 1 / 512
        groups = _grouped(stamps, self.restored, precision)
        while groups[-1] + 1 > self.CAPACITY // 2:
            precision *= 2
            groups = _grouped(stamps, self.restored, precision)
        index = np.array(groups, np.int64)
        newest = np.full(groups[-1] + 1, np.iinfo(np.int64).min)
        np.maximum.at(newest, index, self.table[: self.count])
        self.restored = groups[self.restored - 1] + 1 if self.restored else 0
        self.count = len(newest)
        self.table[: self.count] = newest
        return index

    def clear(self) -> None:
        """Forget every frame."""
        self.count = 0
        self.restored = 0

    def restore(self, last_seen: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        """Start anew with the stamps of restored voxels; return the frame index of each.

        At most half the table is used: beyond that, neighbouring stamps share the newest of them.
        """
        stamps, index = np.unique(last_seen, return_inverse=True)
        share = max(1, -(-len(stamps) // (self.CAPACITY // 2)))
        index = index.reshape(-1) // share
        groups = -(-len(stamps) // share)
        newest = np.minimum(np.arange(1, groups + 1) * share, len(stamps)) - 1
        self.table[:groups] = stamps[newest]
        self.count = self.restored = groups
        return index.astype(np.int64)


def _grouped(stamps: list[int], restored: int, precision: float) -> list[int]:
    """Return ascending group numbers; a group spans at most a fraction of its age.

    Restored frames (the first ones) and later ones never share a group.
    """
    now = max(stamps)
    newest = stamps[-1]
    group = 0
    groups = []
    for index in range(len(stamps) - 1, -1, -1):
        stamp = stamps[index]
        if abs(newest - stamp) > precision * (now - newest) or index == restored - 1:
            group += 1
            newest = stamp
        groups.append(group)
    return [group - number for number in reversed(groups)]
