"""Compiling the map's kernels with numba, and the bit operation that numba lacks."""

from __future__ import annotations

import functools
import hashlib
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

F = TypeVar('F', bound=Callable[..., Any])


def kernel(function: F) -> F:
    """Compile a function without Python's lock, and keep the machine code on disk.

    Numba keeps it in ``NUMBA_CACHE_DIR`` where that is set, else in ``__pycache__`` beside the
    source, else (a read-only install) in the user's cache folder. Where none of them can be
    written the kernel is compiled anew in every process.

    Numba itself compiles anew when a kernel's own file changes, not when a kernel that it calls
    from another file does. Here the cache belongs to the text of every file beside the kernel's
    and beside this one: old machine code must never meet a new layout of the map.

    A kernel must not allocate: it is compiled without numba's memory runtime, whose reference
    counting of the map's arrays costs a fifth of the time of inserting.
    """
    return _compiled(function, forceinline=False)


def inlined(function: F) -> F:
    """Compile a function into the kernels that call it: arrays are dear to pass, point by point."""
    return _compiled(function, forceinline=True)


def _compiled(function: F, forceinline: bool) -> F:
    options: dict[str, Any] = {
        'nogil': True, 'error_model': 'numpy', '_nrt': False, 'forceinline': forceinline,
    }
    try:
        compiled: Any = numba.njit(cache=True, **options)(function)
    except RuntimeError as error:
        logging.getLogger(__name__).warning('kernels are not cached: %s', error)
        uncached: F = numba.njit(**options)(function)
        return uncached
    index = compiled._cache._cache_file
    folders = {Path(function.__code__.co_filename).parent, Path(__file__).parent}
    index._source_stamp = (index._source_stamp, *(_text_hash(each) for each in sorted(folders)))
    cached: F = compiled
    return cached


@functools.cache
def _text_hash(folder: Path) -> str:
    """Return a hash of the sources of a folder."""
    digest = hashlib.sha256()
    for path in sorted(folder.glob('*.py')):
        digest.update(path.name.encode() + b'\0' + path.read_bytes())
    return digest.hexdigest()


def _trailing_zeros(typing_context: Any, value: Any) -> Any:
    """Return the index of the lowest set bit of a nonzero int64 (64 for zero)."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 0))

    return types.int64(types.int64), codegen


trailing_zeros: Any = intrinsic(_trailing_zeros)


def _prefetch(typing_context: Any, array: Any, index: Any) -> Any:
    """Ask for an element of a one-dimensional array of 8-byte items to be brought near."""

    def codegen(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        address = builder.bitcast(builder.gep(data, [arguments[1]]), ir.IntType(8).as_pointer())
        word = ir.IntType(32)
        prefetch = cgutils.get_or_insert_function(  # type: ignore[no-untyped-call]
            builder.module,
            ir.FunctionType(ir.VoidType(), [address.type, word, word, word]),
            'llvm.prefetch.p0i8',
        )
        builder.call(prefetch, [address, word(0), word(3), word(1)])
        return context.get_dummy_value()

    return types.void(array, types.uint64), codegen


prefetch: Any = intrinsic(_prefetch)
