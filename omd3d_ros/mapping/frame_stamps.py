"""The stamp of every fused frame, in bounded memory."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


class FrameStamps:
    """Frame indices that grow by one a frame, and their stamps in ns.

    When the table is full, two neighbouring frames become one, with the newer index's stamp: a
    last-seen time is then off by at most 2 / CAPACITY of its age. At 10 Hz that first happens
    after 1.8 hours.
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
        """Whether ``halve`` must be called before the next ``append``."""
        return self.count == self.CAPACITY

    def append(self, stamp_ns: int) -> int:
        """Add a frame and return its index."""
        self.table[self.count] = stamp_ns
        self.count += 1
        return self.count - 1

    def halve(self) -> None:
        """Merge frames in pairs: index i becomes i // 2, and the records must follow."""
        self.table[: self.CAPACITY // 2] = self.table[1::2]
        self.count = self.CAPACITY // 2
        self.restored = (self.restored + 1) // 2

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
