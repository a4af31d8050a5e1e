import threading
import time

import pytest

from omd3d_ros.ros.commands import Command, CommandQueue, CommandResult, Status


class Desk:
    """Collects how commands end, and serves them as told."""

    def __init__(self):
        self.ended = []
        self.release = threading.Event()
        self.release.set()

    def serve(self, command):
        while not self.release.wait(0.01):
            if command.finished:
                break
        if command.text == 'explode':
            raise RuntimeError('boom')
        return CommandResult(Status.OK, f'served {command.text}')

    def command(self, text='x', deadline=5.0, **options):
        return Command(text, text, '', deadline, on_finish=lambda c, r: self.ended.append((c, r)),
                       **options)


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def queue(desk):
    queue = CommandQueue(desk.serve, size=3)
    yield queue
    desk.release.set()
    queue.close()


def test_commands_are_served_in_order(desk, queue):
    commands = [desk.command(str(k)) for k in range(3)]
    for command in commands:
        queue.offer(command)
    assert all(command.wait(5) for command in commands)
    assert [r.text for _, r in desk.ended] == ['served 0', 'served 1', 'served 2']


def test_a_full_queue_answers_busy_at_once_and_serves_the_rest(desk, queue):
    desk.release.clear()
    first = desk.command('first')
    queue.offer(first)
    time.sleep(0.1)  # it is being served now
    commands = [desk.command(str(k)) for k in range(10)]
    started = time.monotonic()
    for command in commands:
        queue.offer(command)
    assert time.monotonic() - started < 0.2
    busy = [command for command, result in desk.ended if result.status == Status.BUSY]
    assert busy == commands[3:]
    desk.release.set()
    assert all(command.wait(5) for command in [first, *commands])
    assert [c.result.status for c in commands[:3]] == [Status.OK] * 3


@pytest.mark.parametrize('waiting', [False, True])
def test_a_deadline_is_honoured_while_served_and_while_waiting(desk, queue, waiting):
    desk.release.clear()
    if waiting:
        queue.offer(desk.command('hog'))
        time.sleep(0.1)
    command = desk.command(deadline=0.3)
    started = time.monotonic()
    queue.offer(command)
    assert command.wait(2)
    assert 0.3 <= time.monotonic() - started < 0.5
    assert command.result.status == Status.TIMEOUT


def test_cancel_is_honoured_while_served(desk, queue):
    desk.release.clear()
    cancel = threading.Event()
    command = desk.command(is_canceled=cancel.is_set)
    queue.offer(command)
    time.sleep(0.05)
    cancel.set()
    assert command.wait(1)
    assert command.result.status == Status.CANCELED


def test_a_command_that_raises_is_answered_and_the_next_one_served(desk, queue):
    bad, good = desk.command('explode'), desk.command('good')
    queue.offer(bad)
    queue.offer(good)
    assert bad.wait(5)
    assert good.wait(5)
    assert bad.result.status == Status.MODEL_UNAVAILABLE
    assert 'boom' in bad.result.text
    assert good.result.status == Status.OK


def test_every_command_ends_exactly_once_when_the_queue_closes(desk):
    queue = CommandQueue(desk.serve, size=3)
    desk.release.clear()
    commands = [desk.command(str(k)) for k in range(3)]
    for command in commands:
        queue.offer(command)
    queue.close()
    assert all(command.finished for command in commands)
    assert sorted(c.text for c, _ in desk.ended) == ['0', '1', '2']
    late = desk.command('late')
    queue.offer(late)
    assert late.result.status == Status.BUSY


def test_an_answer_that_cannot_be_told_is_told_as_a_failure_and_the_next_one_served():
    told = []

    def tell(command, result):
        if result.status == Status.OK and command.text == 'bad':
            raise KeyError('object-1')
        told.append((command.text, result.status))

    queue = CommandQueue(lambda command: CommandResult(Status.OK, ''), size=3)
    commands = [Command(text, text, '', 5.0, on_finish=tell) for text in ('bad', 'good')]
    for command in commands:
        queue.offer(command)
    assert all(command.wait(5) for command in commands)
    queue.close()
    assert told == [('bad', Status.MODEL_UNAVAILABLE), ('good', Status.OK)]


def test_finish_counts_once(desk):
    command = desk.command()
    assert command.finish(CommandResult(Status.OK, 'first'))
    assert not command.finish(CommandResult(Status.TIMEOUT, 'second'))
    assert command.result.text == 'first'
    assert len(desk.ended) == 1


def test_queue_time_is_measured(desk, queue):
    desk.release.clear()
    hog, command = desk.command('hog'), desk.command('x')
    queue.offer(hog)
    queue.offer(command)
    time.sleep(0.3)
    desk.release.set()
    assert command.wait(5)
    assert 0.25 < command.result.queue_time < 1.0
