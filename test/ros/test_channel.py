import socket
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from omd3d_ros.ros.channel import Channel, ChannelClosedError

ECHO = """
import socket, sys
from omd3d_ros.ros.channel import Channel, ChannelClosedError
channel = Channel(socket.socket(fileno=int(sys.argv[1])))
try:
    while True:
        channel.send(channel.receive())
except ChannelClosedError:
    pass
"""


@pytest.fixture
def ends():
    ours, theirs = Channel.pair()
    other = Channel(theirs)
    yield ours, other
    ours.close()
    other.close()


def test_arrays_arrive_equal_and_writable(ends):
    ours, other = ends
    sent = {
        'points': np.arange(12, dtype=np.float32).reshape(4, 3),
        'empty': np.empty((0, 3), np.uint8),
        'strided': np.arange(20)[::3],
        'text': 'hello',
    }
    ours.send(sent)
    got = other.receive()
    for name in ('points', 'empty', 'strided'):
        np.testing.assert_array_equal(got[name], sent[name])
        assert got[name].dtype == sent[name].dtype
    got['points'][0] = 7
    assert sent['points'][0, 0] == 0
    assert got['text'] == 'hello'


def test_a_large_array_crosses_processes_unchanged():
    ours, theirs = Channel.pair()
    with theirs:
        process = subprocess.Popen(
            [sys.executable, '-c', ECHO, str(theirs.fileno())], pass_fds=[theirs.fileno()])
    sent = np.random.default_rng(0).integers(0, 255, 20_000_000).astype(np.uint8)
    ours.send((3, sent))
    number, got = ours.receive()
    assert number == 3
    assert np.array_equal(sent, got)
    ours.close()
    assert process.wait(10) == 0


def test_messages_from_several_threads_do_not_mix(ends):
    ours, other = ends
    threads = [
        threading.Thread(target=lambda k=k: [ours.send((k, np.full(5000, k))) for _ in range(20)])
        for k in range(4)
    ]
    for thread in threads:
        thread.start()
    for _ in range(80):
        number, values = other.receive()
        assert (values == number).all()
    for thread in threads:
        thread.join()


def test_a_dead_peer_ends_a_waiting_receive_and_a_later_send(ends):
    ours, other = ends
    failures = []

    def wait():
        try:
            ours.receive()
        except ChannelClosedError as error:
            failures.append(error)

    thread = threading.Thread(target=wait)
    thread.start()
    other.close()
    thread.join(5)
    assert len(failures) == 1
    with pytest.raises(ChannelClosedError):
        ours.send('x')


def test_nothing_is_left_open_after_many_messages(ends):
    ours, other = ends
    before = len(list(Path('/proc/self/fd').iterdir()))
    for _ in range(100):
        ours.send(np.zeros(1000))
        other.receive()
    assert len(list(Path('/proc/self/fd').iterdir())) <= before + 1


def test_too_many_arrays_are_refused(ends):
    ours, _ = ends
    with pytest.raises(ValueError, match='too many'):
        ours.send([np.zeros(1) for _ in range(10_000)])


def test_a_plain_socket_that_closes_without_a_message_is_noticed():
    first, second = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    channel = Channel(first)
    second.close()
    with pytest.raises(ChannelClosedError):
        channel.receive()
    channel.close()
