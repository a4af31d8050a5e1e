"""Answers of the real tf2 BufferCore on random trees. Run with Debian's python3-tf2 on the path.

Arguments: seed, number of trees. Prints JSON: what was inserted, what was asked, what came back.
"""

import json
import math
import random
import sys

import genpy
import tf2_py
from geometry_msgs.msg import TransformStamped

TICK = 10_000_000  # ns


def unit_quaternion(dice):
    parts = [dice.gauss(0, 1) for _ in range(4)]
    length = math.sqrt(sum(part * part for part in parts))
    return [part / length for part in parts]


def random_tree(dice):
    frames = [f'f{i}' for i in range(7)]
    inserted = []
    for i in range(1, 7):
        if dice.random() < 0.12:
            continue
        parent, static = frames[dice.randrange(i)], dice.random() < 0.3
        ticks = [0] if static else sorted(dice.sample(range(1000, 1900), dice.randint(1, 40)))
        if dice.random() < 0.3:
            dice.shuffle(ticks)
        for tick in ticks:
            place = [dice.gauss(0, 1) for _ in range(3)]
            inserted.append([parent, frames[i], tick * TICK, place, unit_quaternion(dice), static])
    return frames, inserted


def fill(inserted):
    core = tf2_py.BufferCore(genpy.Duration(10))
    for parent, child, stamp, place, turn, static in inserted:
        message = TransformStamped()
        message.header.frame_id, message.child_frame_id = parent, child
        message.header.stamp = genpy.Time(stamp // 10**9, stamp % 10**9)
        p, q = message.transform.translation, message.transform.rotation
        p.x, p.y, p.z = place
        q.x, q.y, q.z, q.w = turn
        (core.set_transform_static if static else core.set_transform)(message, 'oracle')
    return core


def ask(core, target, source, stamp):
    try:
        time = genpy.Time(stamp // 10**9, stamp % 10**9)
        found = core.lookup_transform_core(target, source, time)
    except Exception as error:
        return [type(error).__name__]
    p, q = found.transform.translation, found.transform.rotation
    return ['ok', [p.x, p.y, p.z], [q.x, q.y, q.z, q.w]]


def main():
    dice = random.Random(int(sys.argv[1]))
    cases = []
    for _ in range(int(sys.argv[2])):
        frames, inserted = random_tree(dice)
        core = fill(inserted)
        questions = []
        for _ in range(60):
            target, source = dice.choice(frames), dice.choice(frames)
            stamp = dice.randrange(1000, 1900) * TICK + dice.choice([0, 0, 3_333_333])
            if dice.random() < 0.2:
                stamp = 0   # the newest
            questions.append([target, source, stamp, ask(core, target, source, stamp)])
        cases.append({'inserted': inserted, 'questions': questions})
    json.dump(cases, sys.stdout)


main()
