"""The recording that the package ships: a room of CC0 models, seen by a moving depth camera.

    python -m omd3d_ros.synthetic.demo_room --library FOLDER --out omd3d_ros/data/demo_room

FOLDER is the unpacked library BlendSwap-CC-0 of Debian's package sweethome3d-furniture
(``apt-get download sweethome3d-furniture``, ``dpkg -x``, then unzip BlendSwap-CC-0.sh3f), or
that .sh3f file itself.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.segmentation.box import fit_box
from omd3d_ros.synthetic.catalogue import load_model, read_catalogue, unpack
from omd3d_ros.synthetic.depth_camera import DepthCamera, looking
from omd3d_ros.synthetic.model import Model, joined
from omd3d_ros.synthetic.shapes import book, bottle, bowl, box, mug

CAMERA = PinholeCamera(640, 480, 525.0, 525.0, 319.5, 239.5)
ROOM = (4.6, 3.8, 2.6)
SHELL = 2  # the first models are floor and walls; without a ceiling, light comes in
COMMANDS = (
    {'kind': 'explicit', 'text': 'find the teddy bear', 'expect': 'OK', 'targets': ['teddy bear']},
    {'kind': 'implicit', 'text': 'bring me something to drink from', 'expect': 'OK',
     'targets': ['mug']},
    {'kind': 'plural', 'text': 'show me all the chairs', 'expect': 'OK',
     'targets': ['chair', 'chair']},
    {'kind': 'not_there', 'text': 'where is the bicycle', 'expect': 'NOT_FOUND', 'targets': []},
)


@dataclasses.dataclass(frozen=True, eq=False)
class Placed:
    """A named model at its place in the room."""

    name: str
    model: Model


def _wood(rng: np.random.Generator) -> np.ndarray:
    """Return a texture of floor boards, (512, 512, 3) uint8."""
    rows, columns = np.mgrid[0:512, 0:512]
    board = rows // 64
    shade = rng.uniform(0.86, 1.06, 8)[board % 8]
    grain = np.sin(columns / 23 + 5 * rng.uniform(size=8)[board % 8] + rows / 3) * 0.025
    seam = np.where((rows % 64 < 2) | ((columns + 150 * (board % 3)) % 400 < 2), 0.72, 1.0)
    tone = (shade + grain) * seam
    return np.clip(np.array([176, 138, 98]) * tone[:, :, None], 0, 255).astype(np.uint8)


def _shell(rng: np.random.Generator) -> list[Placed]:
    length, width, height = ROOM
    floor = box((length, width, 0.02), (176, 138, 98)).placed(length / 2, width / 2, -0.02, 0)
    floor = dataclasses.replace(
        floor, uv=floor.vertices[:, :2] / 1.2, images=(_wood(rng),),
        texture=np.zeros(len(floor.faces), np.int64))
    thick = 0.05
    walls = joined(
        box((thick, width, height), (214, 208, 196)).placed(-thick / 2, width / 2, 0, 0),
        box((length, thick, height), (205, 211, 214)).placed(length / 2, width + thick / 2, 0, 0),
        box((thick, width, height), (214, 208, 196)).placed(length + thick / 2, width / 2, 0, 0),
        box((length, thick, height), (205, 211, 214)).placed(length / 2, -thick / 2, 0, 0))
    return [Placed('floor', floor), Placed('wall', walls)]


def furnish(library: Path, rng: np.random.Generator) -> list[Placed]:
    """Return the room: its shell first, then furniture and the things on it."""
    catalogue = read_catalogue(library)

    def take(stem: str, name: str, x: float, y: float, yaw: float, z: float = 0.0,
             scale: float = 1.0) -> Placed:
        model = load_model(catalogue[stem]).scaled(scale)
        return Placed(name, model.placed(x, y, z, np.deg2rad(yaw)))

    table = load_model(catalogue['oakTable'])
    top = float(table.vertices[:, 2].max()) + 0.001
    desk = load_model(catalogue['lbDesk'])
    desk_top = float(desk.vertices[:, 2].max()) + 0.001
    return [
        *_shell(rng),
        Placed('table', table.placed(2.1, 1.9, 0, 0)),
        Placed('mug', mug((236, 234, 228)).placed(2.42, 1.6, top, np.deg2rad(200))),
        Placed('mug', mug((178, 32, 36)).placed(1.82, 2.16, top, np.deg2rad(75))),
        Placed('bowl', bowl((64, 96, 156)).placed(2.05, 1.86, top, 0)),
        Placed('bottle', bottle((38, 104, 58), (32, 32, 34)).placed(2.38, 2.12, top, 0)),
        Placed('book', book((150, 40, 44)).placed(1.74, 1.7, top, np.deg2rad(20))),
        take('oakChair', 'chair', 1.15, 1.95, 90),
        take('oakChair', 'chair', 3.5, 2.0, -75),
        take('sofa2', 'sofa', 2.1, 3.3, 0),
        Placed('desk', desk.placed(3.6, 0.5, 0, np.pi)),
        take('teddyBear', 'teddy bear', 3.98, 0.5, 165, z=desk_top),
        take('littlePlant', 'plant', 3.1, 0.42, 0, z=desk_top),
        take('coffeeBrewer', 'coffee machine', 3.5, 0.45, 180, z=desk_top),
        take('basketball', 'basketball', 1.15, 0.75, 0),
        take('bookcase', 'bookcase', 0.3, 0.8, 90),
    ]


def views() -> list[np.ndarray]:
    """Return the camera's poses: around the table, along the sofa, past the desk."""
    table, poses = (2.08, 1.9, 0.78), []
    for angle in np.linspace(-2.75, 3.2, 18):
        reach = 0.92 + 0.08 * np.sin(3 * angle)
        poses.append(looking((table[0] + reach * np.cos(angle), table[1] + reach * np.sin(angle),
                              1.22), table))
    for x in (1.3, 1.9, 2.4, 2.9):
        poses.append(looking((x, 2.35, 1.2), (0.5 * x + 1.15, 3.2, 0.5)))
    for x in (2.7, 3.1, 3.5, 3.9):
        poses.append(looking((x, 1.25, 1.2), (0.6 * x + 1.48, 0.42, 0.82)))
    for x, y in ((0.75, 0.35), (0.7, 2.9), (3.9, 2.9), (3.7, 1.1), (2.0, 0.35)):
        poses.append(looking((x, y, 1.45), (2.1, 1.9, 0.35)))
    poses.append(looking((1.9, 1.0, 1.3), (0.95, 0.75, 0.3)))
    return poses


def _objects(placed: list[Placed], seen: set[int]) -> list[dict[str, object]]:
    found = []
    for number, thing in enumerate(placed):
        if number < SHELL or number not in seen:
            continue
        fitted = fit_box(thing.model.vertices)
        found.append({'name': thing.name, 'center': np.round(fitted.center, 4).tolist(),
                      'yaw': round(fitted.yaw, 4), 'size': np.round(fitted.size, 4).tolist()})
    return found


def record(library: Path, out: Path, seed: int = 0) -> None:
    """Write the recording: color/, depth/, trajectory.log, camera.json, objects.json."""
    rng = np.random.default_rng(seed)
    placed = furnish(library, rng)
    camera = DepthCamera([thing.model for thing in placed], CAMERA, rng)
    for name in ('color', 'depth'):
        (out / name).mkdir(parents=True, exist_ok=True)
    log = []
    seen: set[int] = set()
    for index, pose in enumerate(views()):
        picture = camera.render(pose)
        numbers, counts = np.unique(picture.instance, return_counts=True)
        seen |= {int(n) for n, c in zip(numbers, counts, strict=True) if c > 200}
        Image.fromarray(picture.color).save(out / 'color' / f'{index:06d}.jpg', quality=88)
        Image.fromarray(picture.depth).save(
            out / 'depth' / f'{index:06d}.png', optimize=True)
        rows = '\n'.join(' '.join(f'{value:.9f}' for value in row) for row in pose)
        log.append(f'{index} {index} {index + 1}\n{rows}\n')
        sys.stdout.write(f'\r{index + 1} of {len(views())} views')
        sys.stdout.flush()
    sys.stdout.write('\n')
    (out / 'trajectory.log').write_text(''.join(log))
    (out / 'camera.json').write_text(
        json.dumps({**dataclasses.asdict(CAMERA), 'depth_scale': 1000.0}, indent=1) + '\n')
    (out / 'objects.json').write_text(json.dumps(
        {'objects': _objects(placed, seen), 'commands': COMMANDS}, indent=1) + '\n')


def main() -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument('--library', type=Path, required=True)
    parser.add_argument('--out', type=Path, required=True)
    parser.add_argument('--seed', type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        library = options.library
        if library.is_file():
            unpack(library, Path(folder))
            library = Path(folder)
        record(library, options.out, options.seed)


if __name__ == '__main__':
    main()
