"""HDR panoramas (equirectangular OpenEXR, linear) and perspective views of them."""
import fnmatch
from pathlib import Path

import cv2
import numpy as np
import OpenEXR

# Never trained on: whole series, so that no sibling of a judged scene was seen. Mostly interiors.
HELD_OUT = ('brown_photostudio_*', 'studio_small_*', 'hotel_room', 'lebombo', 'leadenhall_market', 'autoshop_*',
            'kloppenheim_*', 'san_giuseppe_bridge')


def is_held_out(name):
    return any(fnmatch.fnmatch(name, pattern) for pattern in HELD_OUT)


def load(path):
    """Linear radiance, H x W x 3 float32, finite and not negative."""
    with OpenEXR.File(str(path)) as exr:
        channels = exr.channels()
        pixels = channels['RGB'].pixels if 'RGB' in channels else np.stack([channels[c].pixels for c in 'RGB'], -1)
    return np.clip(np.nan_to_num(pixels.astype(np.float32), posinf=65504), 0, 65504)


def find(folder, held_out):
    """Panoramas of a folder (searched recursively) on one side of the split, sorted by name."""
    paths = sorted(Path(folder).rglob('*.exr'), key=lambda p: p.stem)
    return [p for p in paths if is_held_out(p.stem) == held_out]


def view(panorama, width, height, fov_deg, yaw, pitch):
    """A pinhole camera's picture: horizontal field of view in degrees, yaw and pitch in radians."""
    focal = .5 * width / np.tan(np.radians(fov_deg) / 2)
    x, y = np.meshgrid(np.arange(width) + .5 - width / 2, np.arange(height) + .5 - height / 2)
    ray_y = y * np.cos(pitch) - focal * np.sin(pitch)
    ray_z = y * np.sin(pitch) + focal * np.cos(pitch)
    longitude = np.arctan2(x, ray_z) + yaw
    latitude = np.arctan2(ray_y, np.hypot(x, ray_z))
    rows, columns = panorama.shape[:2]
    u = ((longitude / (2 * np.pi) + .5) % 1) * columns - .5
    v = (latitude / np.pi + .5) * rows - .5
    wrapped = cv2.copyMakeBorder(panorama, 2, 2, 2, 2, cv2.BORDER_WRAP)
    wrapped[:2], wrapped[-2:] = wrapped[2:4][::-1], wrapped[-4:-2][::-1]
    return cv2.remap(wrapped, (u + 2).astype(np.float32), (v + 2).astype(np.float32), cv2.INTER_LINEAR)


def random_view(panorama, width, height, rng):
    """A view as a photographer would frame it: nearly level, 65 to 100 degrees wide."""
    return view(panorama, width, height, rng.uniform(65, 100), rng.uniform(-np.pi, np.pi), rng.normal(0, .06))
