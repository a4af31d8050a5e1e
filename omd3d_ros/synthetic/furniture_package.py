"""Fetches the furniture libraries: Debian's package sweethome3d-furniture, into a cache folder."""

from __future__ import annotations

import hashlib
import subprocess
import tempfile
from pathlib import Path

from omd3d_ros.synthetic.catalogue import unpack

_PACKAGE = 'sweethome3d-furniture'
_SHA256 = {
    'BlendSwap-CC-0': '7ef093fe70cedbb160bdb532d86a84580459635e34130c16777f549eba1993dc',
    'BlendSwap-CC-BY': '29ae78937b4d5dbe93db74067817a984fa411f017b007fd666bc40368bdb0c83',
    'KatorLegaz': 'f512443b5d3a6903497573095f971f44334b3165ab32182133051fa9487764a6',
    'Reallusion': 'dd553207876ccec6372dde7aaea6b2dcf2d631997fcdb8a9856a639e0db9aa9b',
    'Scopia': 'b4505451b1e8ab339c101c0afddfef4e1a07b95aa8c821c61ec41487afd43850',
}


def fetch_libraries(cache: Path) -> Path:
    """Return the folder of the unpacked libraries, fetched with apt-get where it is not there.

    Raises
    ------
    ValueError
        When a library is not the one known by its hash.
    OSError, subprocess.CalledProcessError
        When apt-get or dpkg is missing or fails.

    """
    cache = cache.resolve()
    if all((cache / name / 'done').is_file() for name in _SHA256):
        return cache
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache.parent) as work:
        subprocess.run(['apt-get', 'download', _PACKAGE], cwd=work, check=True,
                       capture_output=True)
        package = next(Path(work).glob('*.deb'))
        subprocess.run(['dpkg', '-x', package.name, 'root'], cwd=work, check=True,
                       capture_output=True)
        for name, known in _SHA256.items():
            library = next(Path(work, 'root').rglob(f'{name}.sh3f'))
            if hashlib.sha256(library.read_bytes()).hexdigest() != known:
                raise ValueError(f'{library.name}: another version than the known one')
            unpack(library, cache / name)
            (cache / name / 'done').touch()
    return cache
