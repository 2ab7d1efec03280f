"""The built program, as the tests run it."""
import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get('HDRTILE_BUILD', ROOT / 'build'))
BINARY = Path(os.environ.get('HDRTILE_BINARY', BUILD / 'hdrtile'))
MODELS = Path(os.environ.get('HDRTILE_TEST_MODELS', BUILD / 'test-models'))
PACKAGES = Path(os.environ.get('HDRTILE_TEST_PACKAGES', BUILD / 'test-packages'))
TIMEOUT_S = 300

# What the user of this machine has compiled is none of the tests' business: this folder is never made.
os.environ['HDRTILE_CACHE'] = str(BUILD / 'no-packages')


def model(name):
    if not (MODELS / 'stamp').exists():
        subprocess.run([sys.executable, str(ROOT / 'tests/python/make_models.py'), str(MODELS)], check=True)
    return MODELS / f'{name}.pt'


def packages():
    """The folder of tiny.pt and, in cache/, what it was compiled to."""
    if not (PACKAGES / 'stamp').exists():
        subprocess.run([sys.executable, str(ROOT / 'tests/python/make_packages.py'), str(PACKAGES)], check=True)
    return PACKAGES


def run(*arguments, prefix=(), **options):
    """Runs hdrtile with its output captured. Names with any bytes in them come back as Python has them."""
    command = [*prefix, BINARY, *arguments]
    return subprocess.run([os.fspath(part) if not isinstance(part, (int, float)) else str(part) for part in command],
                          capture_output=True, text=True, errors='surrogateescape', timeout=TIMEOUT_S,
                          **({'stdin': subprocess.DEVNULL} | options))


def enhance(*arguments, with_model='lift', **options):
    return run('enhance', *arguments, '--model', model(with_model), '--device', 'cpu', '--precision', 'fp32', **options)


def pixels(height, width, depth=np.uint8, seed=0):
    """Noise over the whole range of values: what an inexact way through the program would change."""
    return np.random.default_rng(seed).integers(0, np.iinfo(depth).max + 1, (height, width, 3), dtype=depth)


def scene(height, width):
    """A smooth picture, for JPEG."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return np.stack([255 * x / max(width - 1, 1), 255 * y / max(height - 1, 1), 128 + 100 * np.sin((x + y) / 40)],
                    axis=-1).astype(np.uint8)


def write(path, image):
    """By way of memory: cv2.imwrite takes the format from the name, and these names are part of the tests."""
    path.write_bytes(cv2.imencode(path.suffix, image)[1].tobytes())
    return path


def read(path):
    return cv2.imdecode(np.frombuffer(Path(path).read_bytes(), np.uint8), cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION)


def names(folder):
    return sorted(p.name for p in Path(folder).iterdir())


def jpeg(folder, name='photo.jpg'):
    return write(folder / name, scene(48, 64))


def assert_fails_alone(photo, *reasons, prefix=(), flags=(), **options):
    """The photo fails with its name and one of the reasons, the good one beside it is done, nothing else appears."""
    good = jpeg(photo.parent, 'good.jpg')
    before = set(names(photo.parent))
    result = enhance(photo, good, *flags, prefix=prefix, **options)
    assert result.returncode == 1, result.stderr
    assert str(photo.name) in result.stderr
    assert any(reason in result.stderr.lower() for reason in reasons), result.stderr
    assert set(names(photo.parent)) == before | {'good_hdr.jpg'}
