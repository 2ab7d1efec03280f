"""What models are judged on: scenes that none was trained on, photographed with fixed seeds."""
import csv
import re
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

import camera
import look
import panorama
from judge import measures

FIRST_TRAINED_SEED, JUDGED_SEEDS = 100, 50      # of rooms, as scripts/render_rooms.py has them
NOISE = {name: camera.Shot(ev=-1., white_balance=(1.06, 1., .94), shot_noise=shot, read_noise=read, noise_blur=.6, contrast=.2,
                           gamma=1., quality=92)
         for name, shot, read in (('low', 5e-5, 5e-4), ('medium', 4e-4, 2.5e-3), ('high', 1.5e-3, 6e-3))}


@dataclass(frozen=True)
class View:
    name: str
    indoor: bool
    photo: np.ndarray       # uint8
    target: np.ndarray
    edges: measures.WindowEdges


@dataclass(frozen=True)
class Shoot:
    name: str
    photos: list            # uint8
    targets: list
    pairs: list             # (i, j, homography from photo i to photo j)


def held_out(data):
    """Paths of the panoramas to judge on. Those that models are trained on are refused."""
    data = Path(data)
    if data.is_file():
        if not panorama.is_held_out(data.stem):
            raise SystemExit(f'{data}: models are trained on this panorama; judge on one of {", ".join(panorama.HELD_OUT)}')
        return [data]
    if not data.is_dir():
        raise SystemExit(f'{data}: no such file or folder; --data takes a folder of HDR panoramas (.exr), or one of them')
    paths = panorama.find(data, held_out=True)
    if not paths:
        trained = len(panorama.find(data, held_out=False))
        raise SystemExit(f'{data}: none of the held-out panoramas ({", ".join(panorama.HELD_OUT)})'
                         + (f'; the {trained} there are for training' if trained else ''))
    return paths


def outdoors(data):
    """Names of outdoor panoramas, by the column `indoor` of the folder's index.csv; none where there is no such file."""
    index = Path(data) / 'index.csv'
    if not index.is_file():
        return set()
    with index.open(newline='') as lines:
        rows = list(csv.DictReader(lines))
    if rows and not {'name', 'indoor'} <= rows[0].keys():
        raise SystemExit(f'{index}: no columns "name" and "indoor"; add them, or take the file away')
    return {row['name'] for row in rows if row['indoor'] != '1'}


def views(data, count, size):
    """Fixed views, exposures spread evenly over the camera's whole range."""
    paths, outside = held_out(data), outdoors(data)
    evs = np.random.default_rng(0).permutation(np.linspace(*camera.EV_RANGE, count))
    for i in range(count):
        rng = np.random.default_rng([2024, i])
        path = paths[i % len(paths)]
        radiance = panorama.random_view(panorama.load(path), *size, rng)
        photo = camera.photograph(radiance, rng, float(evs[i]))
        yield View(f'{path.stem} {evs[i]:+.1f} EV', path.stem not in outside, photo, look.target(radiance),
                   measures.window_edges(radiance))


def rooms(folder):
    """Renders of rooms (scripts/render_rooms.py) that are never trained on: (name, path)."""
    folder = Path(folder)
    if not folder.is_dir():
        raise SystemExit(f'{folder}: no such folder; --rooms takes what scripts/render_rooms.py wrote')
    paths = sorted(folder.glob('*.exr'))
    if not paths:
        raise SystemExit(f'{folder}: no room_SEED.exr; render some with scripts/render_rooms.py --seed 0')
    for path in paths:
        seed = re.fullmatch(r'room_(\d+)', path.stem)
        if not seed:
            raise SystemExit(f'{path}: not named room_SEED.exr, so whether it was trained on cannot be told')
        if int(seed[1]) >= FIRST_TRAINED_SEED:
            raise SystemExit(f'{path}: models are trained on seeds from {FIRST_TRAINED_SEED} up; judge on seeds below {JUDGED_SEEDS}')
        if int(seed[1]) >= JUDGED_SEEDS:
            raise SystemExit(f'{path}: only seeds below {JUDGED_SEEDS} are kept for judging')
        yield path.stem, path


def turn(size, fov_deg, yaw):
    """Homography from pixels of a level view (panorama.view) to those of the same camera turned right by `yaw`."""
    width, height = size
    focal = .5 * width / np.tan(np.radians(fov_deg) / 2)
    to_pixels = np.array([[focal, 0, (width - 1) / 2], [0, focal, (height - 1) / 2], [0, 0, 1]])
    sin, cos = np.sin(-yaw), np.cos(-yaw)
    return to_pixels @ np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]]) @ np.linalg.inv(to_pixels)


def shoots(data, size, fov_deg=80, step=np.radians(35), count=3):
    """For each indoor panorama views to the right of each other, at one exposure, by one camera."""
    outside = outdoors(data)
    paths = [path for path in held_out(data) if path.stem not in outside]
    for i, path in enumerate(paths):
        rng = np.random.default_rng([2025, i])
        shot = camera.draw(rng, ev=np.linspace(-1.5, .5, len(paths))[i])
        first, pixels = rng.uniform(-np.pi, np.pi), panorama.load(path)
        radiances = [panorama.view(pixels, *size, fov_deg, first + k * step, 0.) for k in range(count)]
        photos = []
        for radiance in radiances:      # expose() meters each view: what the first was metered at holds for all
            ev = shot.ev + np.log2(look.meter(radiances[0]) / look.meter(radiance))
            photos.append(camera.compress(camera.expose(radiance, replace(shot, ev=ev), rng), shot.quality))
        pairs = [(k, k + 1, turn(size, fov_deg, step)) for k in range(count - 1)]
        yield Shoot(f'{path.stem} {shot.ev:+.1f} EV', photos, [look.target(r) for r in radiances], pairs)
