"""A pipe between two processes of this package; arrays travel in shared memory.

Every message is one pickle (protocol 5) whose arrays lie beside it in one anonymous memory
file, handed over as a file descriptor. Nothing has a name in the file system, so nothing is
left behind when either process is killed. Only for processes that trust each other: pickles
are executed.
"""

from __future__ import annotations

import contextlib
import mmap
import os
import pickle
import socket
import struct
import threading
from typing import Any

_ALIGNMENT = 64
_COUNT = struct.Struct('<I')
_SIZE = struct.Struct('<Q')
_MAX_PACKET = 1 << 16


class ChannelClosedError(ConnectionError):
    """The other process has gone."""


def _aligned(size: int) -> int:
    return -(-size // _ALIGNMENT) * _ALIGNMENT


class Channel:
    """One end of the pipe. ``send`` may be called from several threads, ``receive`` from one."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._sending = threading.Lock()

    @classmethod
    def pair(cls) -> tuple[Channel, socket.socket]:
        """Return this process's end, and the socket to hand to the other process."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        return cls(ours), theirs

    def send(self, message: Any) -> None:
        """Send one picklable message.

        Raises
        ------
        ChannelClosedError
            When the other end has gone.

        """
        buffers: list[pickle.PickleBuffer] = []
        body = pickle.dumps(message, protocol=5, buffer_callback=buffers.append)
        parts = [memoryview(body), *(buffer.raw() for buffer in buffers)]
        sizes = [part.nbytes for part in parts]
        packet = _COUNT.pack(len(sizes)) + b''.join(_SIZE.pack(size) for size in sizes)
        if len(packet) > _MAX_PACKET:
            raise ValueError(f'message with {len(buffers)} arrays: too many for one packet')
        memory = os.memfd_create('omd3d', os.MFD_CLOEXEC)
        try:
            os.ftruncate(memory, max(sum(map(_aligned, sizes)), 1))
            offset = 0
            for part, size in zip(parts, sizes, strict=True):
                written = 0
                while written < size:
                    written += os.pwrite(memory, part[written:], offset + written)
                offset += _aligned(size)
            with self._sending:
                socket.send_fds(self._connection, [packet], [memory])
        except OSError as error:
            raise ChannelClosedError(f'cannot send: {error}') from error
        finally:
            os.close(memory)

    def receive(self) -> Any:
        """Wait for one message; its arrays are private, writable mappings.

        Raises
        ------
        ChannelClosedError
            When the other end has gone.

        """
        try:
            packet, descriptors, _, _ = socket.recv_fds(self._connection, _MAX_PACKET, 1)
        except OSError as error:
            raise ChannelClosedError(f'cannot receive: {error}') from error
        if not packet or not descriptors:
            raise ChannelClosedError('the other end was closed')
        (count,) = _COUNT.unpack_from(packet)
        sizes = [_SIZE.unpack_from(packet, _COUNT.size + _SIZE.size * i)[0] for i in range(count)]
        try:
            memory = mmap.mmap(descriptors[0], 0, access=mmap.ACCESS_COPY)
        finally:
            os.close(descriptors[0])
        view = memoryview(memory)
        parts = []
        offset = 0
        for size in sizes:
            parts.append(view[offset:offset + size])
            offset += _aligned(size)
        return pickle.loads(parts[0], buffers=parts[1:])

    def close(self) -> None:
        """Close this end; a waiting ``receive`` on either side ends."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)
        self._connection.close()
