"""Objects as they are written into a map file, and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from omd3d_ros.mapping.map_file import StoredObject
from omd3d_ros.segmentation.box import OrientedBox
from omd3d_ros.segmentation.scene import ObjectState, Scene, SceneObject


def stored_objects(scene: Scene) -> tuple[StoredObject, ...]:
    """Return the objects of a scene for ``save_map``."""
    return tuple(_stored(found) for found in scene.objects)


def objects_of_map(stored: tuple[StoredObject, ...]) -> tuple[SceneObject, ...]:
    """Return the objects of a loaded map.

    Raises
    ------
    ValueError
        When a record is incomplete or does not describe an object.

    """
    return tuple(_restored(each) for each in stored)


def _stored(found: SceneObject) -> StoredObject:
    record = {
        'labels': list(found.labels),
        'label_scores': [float(score) for score in found.label_scores],
        'objectness': float(found.objectness),
        'box': {'center': [float(v) for v in found.box.center], 'yaw': float(found.box.yaw),
                'size': [float(v) for v in found.box.size]},
        'observations': int(found.observations),
        'first_seen_ns': int(found.first_seen_ns),
        'last_seen_ns': int(found.last_seen_ns),
        'state': int(found.state),
        'feature': list(found.feature),
    }
    return StoredObject(found.id, found.points, found.colors, record)


def _restored(stored: StoredObject) -> SceneObject:
    record: dict[str, Any] = stored.record
    points = stored.points
    try:
        if not len(points):
            raise ValueError('it has no points')
        wide = points.astype(np.float64)
        labels = tuple(str(label) for label in record['labels'])
        scores = tuple(float(score) for score in record['label_scores'])
        if len(labels) != len(scores):
            raise ValueError(f'{len(labels)} labels, but {len(scores)} scores')
        box = record['box']
        feature = tuple(float(value) for value in record.get('feature', ()))
        numbers = [*scores, *feature, record['objectness'], *box['center'], box['yaw'],
                   *box['size']]
        if not np.isfinite(np.array(numbers, np.float64)).all():
            raise ValueError('a number of it is not finite')
        return SceneObject(
            id=stored.id, labels=labels, label_scores=scores,
            objectness=float(record['objectness']),
            points=points, colors=stored.colors,
            centroid=wide.mean(axis=0), covariance=np.cov(wide.T, bias=True).reshape(3, 3),
            box=OrientedBox(np.array(box['center'], np.float64).reshape(3), float(box['yaw']),
                            np.array(box['size'], np.float64).reshape(3)),
            observations=int(record['observations']),
            first_seen_ns=int(record['first_seen_ns']),
            last_seen_ns=int(record['last_seen_ns']),
            state=ObjectState(int(record['state'])), feature=feature)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise ValueError(f'object {stored.id!r} in the map file is unusable: {error}') from error
