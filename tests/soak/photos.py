"""The list of a soak: many small photos, some large ones, a few bad in every way that was seen, spread evenly."""
import random
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from program import ROOT, write

SMALL_FORMATS = ('.jpg', '.jpg', '.jpg', '.png', '.webp', '.tif')
LARGE_RUN = 6  # large photos in a row


@dataclass
class Photo:
    path: Path
    fault: str = ''  # empty: a good one
    reason: str = ''  # a word of the reason that the report must give


def _crop(scenes, dice, height, width):
    """A piece of a scene, larger by a random factor, mirrored or not, at another exposure: no two are the same."""
    scene = dice.choice(scenes)
    times = dice.uniform(1, min(scene.shape[0] / height, scene.shape[1] / width))
    h, w = int(height * times), int(width * times)
    y, x = dice.randint(0, scene.shape[0] - h), dice.randint(0, scene.shape[1] - w)
    piece = cv2.resize(scene[y:y + h, x:x + w], (width, height), interpolation=cv2.INTER_AREA)
    piece = piece[:, ::-1] if dice.random() < .5 else piece
    return cv2.convertScaleAbs(piece, alpha=dice.uniform(.5, 1.3), beta=dice.randint(-10, 10))


def _large(scenes, dice):
    """All of a scene: 7.2 MP."""
    scene = np.roll(dice.choice(scenes), (2 * dice.randint(0, 1000), 2 * dice.randint(0, 1000)), (0, 1))
    return cv2.convertScaleAbs(scene, alpha=dice.uniform(.5, 1.3), beta=dice.randint(-10, 10))


def _bomb():
    def chunk(kind, data):
        return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))
    return (b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', struct.pack('>IIBBBBB', 100_000, 100_000, 8, 2, 0, 0, 0)) +
            chunk(b'IDAT', zlib.compress(bytes(1 << 16))) + chunk(b'IEND', b''))


def _spoil(photo, turn):
    """Makes a good photo bad, in one way after the other."""
    path = photo.path
    if turn == 0:
        photo.fault, photo.reason = 'empty', 'empty'
        path.write_bytes(b'')
    elif turn == 1:
        photo.fault, photo.reason = 'truncated', 'truncated'
        data = path.read_bytes()
        path.write_bytes(data[:len(data) // 2])
    elif turn == 2:
        photo.fault, photo.reason = 'text', 'no photo'
        path.write_text('this is a shopping list\n' * 20)
    elif turn == 3:
        photo.fault, photo.reason = 'bomb', 'pixels'
        path.write_bytes(_bomb())
    elif turn == 4:
        photo.fault, photo.reason = 'no permission', 'Permission denied'
        path.chmod(0)
    elif turn == 5:
        photo.fault, photo.reason = 'wrong kind', 'no photo'
        path.write_bytes(b'%PDF-1.7\n' + path.read_bytes())
    else:
        photo.fault, photo.reason = 'missing', 'No such file'
        path.unlink()


def make(folder, small, large, bad_share, seed=7):
    """Writes the photos; the list, in the order in which they are to be enhanced."""
    scenes = [cv2.imread(str(path)) for path in sorted((ROOT / 'tests/samples').glob('*.jpg'))]
    dice = random.Random(seed)
    total = small + large
    # The first is: memory is at its height early. They come in runs, so that as many as can be in flight at once are, every time.
    is_large = {(i - i % LARGE_RUN) * total // large + i % LARGE_RUN for i in range(large)}
    photos = []
    for number in range(total):
        if number in is_large:
            image, suffix = _large(scenes, dice), '.jpg'
        else:
            image, suffix = _crop(scenes, dice, dice.randint(90, 240), dice.randint(120, 320)), dice.choice(SMALL_FORMATS)
        shoot = folder / f'shoot-{number // 250:03}'
        shoot.mkdir(parents=True, exist_ok=True)
        photos.append(Photo(write(shoot / f'{number:05}{suffix}', image)))
    for turn, photo in enumerate(dice.sample(photos, round(bad_share * total))):
        _spoil(photo, turn % 7)
    return photos
