"""Named arrays in one block of bytes: an uncompressed npz, read without trusting it."""

from __future__ import annotations

import io
import math
import re
import struct
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Arrays = dict[str, npt.NDArray[Any]]

_SUFFIX = '.npy'
_ENCRYPTED = 1
_MAGIC = b'\x93NUMPY\x01\x00'
# All that numpy writes for an array of numbers; its own reader parses any Python literal.
_HEADER = re.compile(
    rb"\{'descr': '([<|][uif][1248])', 'fortran_order': (True|False), "
    rb"'shape': \(([0-9]{0,18}(?:,|(?:, [0-9]{1,18}){1,3}))\), \} *\n")


class ArchiveError(ValueError):
    """Bytes that are no archive of arrays; the text says why."""


def pack_arrays(arrays: Mapping[str, npt.NDArray[Any]]) -> memoryview:
    """Return arrays of numbers as the bytes of an uncompressed npz."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getbuffer()


def unpack_arrays(payload: bytes) -> Arrays:
    """Return the arrays of an npz by name; writable, C-contiguous copies.

    What a header says is compared with the bytes that are there before memory is taken, so no
    more is ever taken than the payload has bytes.

    Raises
    ------
    ArchiveError
        When the bytes are damaged, compressed, or hold anything but arrays of numbers.

    """
    try:
        with zipfile.ZipFile(io.BytesIO(payload)) as archive:
            members = archive.infolist()
            if any(member.compress_type != zipfile.ZIP_STORED for member in members):
                raise ArchiveError('it is compressed')
            if sum(member.file_size for member in members) > len(payload):
                raise ArchiveError('its members are larger than it is')
            names = [member.filename.removesuffix(_SUFFIX) for member in members]
            if len(set(names)) != len(names):
                raise ArchiveError('two of its members have the same name')
            return {name: _read(archive, member)
                    for name, member in zip(names, members, strict=True)}
    except ArchiveError:
        raise
    # zipfile, given damaged bytes, raises more than it documents
    except (zipfile.BadZipFile, ValueError, LookupError, ArithmeticError, RuntimeError, EOFError,
            OSError, TypeError, struct.error, MemoryError) as error:
        raise ArchiveError(f'its archive is damaged: {error}') from error


def _read(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> npt.NDArray[Any]:
    name = member.filename
    if member.flag_bits & _ENCRYPTED:
        raise ArchiveError(f'its member {name} is encrypted')
    with archive.open(member) as stream:
        if stream.read(len(_MAGIC)) != _MAGIC:
            raise ArchiveError(f'its member {name} is no array')
        header = _HEADER.fullmatch(stream.read(int.from_bytes(stream.read(2), 'little')))
        if header is None:
            raise ArchiveError(f'its member {name} is no array of numbers')
        data = bytearray(stream.read())
    descr, fortran, sizes = (group.decode() for group in header.groups())
    dtype, shape = np.dtype(descr), tuple(int(size) for size in sizes.split(',') if size)
    if math.prod(shape) * dtype.itemsize != len(data):
        raise ArchiveError(f'its member {name} has {len(data)} bytes for {shape} {dtype}')
    array = np.frombuffer(data, dtype).reshape(shape, order='F' if fortran == 'True' else 'C')
    return np.ascontiguousarray(array)
