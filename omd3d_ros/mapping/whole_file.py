"""Files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import uuid
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """Hand out a temporary name beside a file; what is written there becomes the file at the end.

    It is flushed to disk and then renamed. When anything fails, the block itself included, what
    was there before stays as it was and nothing is left beside it.

    Raises
    ------
    OSError
        When the file cannot be flushed or renamed, or is a folder or a device.

    """
    if target.is_dir():
        raise IsADirectoryError(errno.EISDIR, 'is a folder')
    if target.exists() and not target.is_file():
        raise FileExistsError(errno.EEXIST, 'is not a file')
    temporary = target.with_name(
        f'.{target.stem[:64]}.{uuid.uuid4().hex}.tmp{target.suffix[:16]}')
    try:
        yield temporary
        with temporary.open('rb') as file:
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    _flush_folder(target.parent)


def _flush_folder(folder: Path) -> None:
    """Make the renaming itself survive a power cut."""
    with contextlib.suppress(OSError):  # not every file system can do it; the file is whole
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
