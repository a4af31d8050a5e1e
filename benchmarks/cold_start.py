"""Seconds from importing the package to the first fused frame, in a fresh process.

    python benchmarks/cold_start.py FRAME.npz

Run as a program it is that process: it prints the seconds of importing, of making a map and
getting its kernels from the disk, and of the first frame. ``cold_start`` runs it.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 3


def cold_start(frame) -> dict[str, float]:  # type: ignore[no-untyped-def]
    """Return the median seconds of three fresh processes; one before compiles the kernels.

    frame  a Frame of box_room.py, 640x480
    """
    import numpy as np

    layout = frame.cloud.layout
    runs = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / 'frame.npz'
        np.savez(path, data=frame.cloud.data, pose=frame.map_from_sensor,
                 size=[layout.width, layout.height])
        command = [sys.executable, str(Path(__file__).resolve()), str(path)]
        for _ in range(1 + RUNS):
            done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder)
            runs.append(json.loads(done.stdout))
    del runs[0]
    median = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    return {**median, 'total_s': statistics.median(sum(run.values()) for run in runs)}


def main() -> None:
    begin = time.perf_counter()
    from omd3d_ros.mapping.cloud import Cloud, PointLayout
    from omd3d_ros.mapping.settings import MapSettings
    from omd3d_ros.mapping.voxel_map import VoxelMap

    imported = time.perf_counter()
    import numpy as np

    with np.load(sys.argv[1]) as stored:
        data, pose, (width, height) = stored['data'], stored['pose'], stored['size'].tolist()
    layout = PointLayout(width, height, 32, 32 * width, 0, 4, 8, has_color=True, r=18, g=17, b=16)
    loaded = time.perf_counter()
    voxel_map = VoxelMap(MapSettings())
    voxel_map.warm_up()
    warm = time.perf_counter()
    voxel_map.integrate(Cloud(data, layout), pose, 0)
    fused = time.perf_counter()
    print(json.dumps({'import_s': imported - begin, 'warm_up_s': warm - loaded,
                      'first_frame_s': fused - warm}))


if __name__ == '__main__':
    main()
