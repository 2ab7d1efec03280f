"""What a trunk sees of real photos: tiles with the guide and the mixing matrices of their photo."""
import sys
from pathlib import Path

import cv2
import numpy as np
import torch

SIDE, TILES = 256, 2    # px of a tile; of each photo
SUFFIXES = {'.jpg', '.jpeg', '.png', '.tif', '.tiff', '.webp'}


def read(path):
    """A photo as float32 [1, 3, H, W], upright; None where OpenCV cannot read it."""
    image = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
    if image is None:
        return None
    return torch.from_numpy(image[..., ::-1].astype(np.float32) / np.iinfo(image.dtype).max).permute(2, 0, 1)[None]


def photos_in(folder):
    """Paths of photos, sorted."""
    if not Path(folder).is_dir():
        raise SystemExit(f'{folder}: no such folder; --calibrate takes a folder of photos')
    paths = sorted(path for path in Path(folder).iterdir() if path.suffix.lower() in SUFFIXES)
    if not paths:
        raise SystemExit(f'{folder}: no photo in it ({", ".join(sorted(SUFFIXES))})')
    return paths


def preview_of(photo, context_px):
    """The photo with a long side of `context_px`, pixels weighted by area: as hdrtile shrinks it (src/core/preview.cpp)."""
    height, width = photo.shape[2:]
    scale = context_px / max(height, width)
    size = [max(round(side * scale), 1) for side in (width, height)]
    small = cv2.resize(photo[0].permute(1, 2, 0).numpy(), size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return torch.from_numpy(small).permute(2, 0, 1)[None]


def tiles_of(photo, multiple, rng):
    """(tile, rect) at places spread by chance over a photo."""
    height, width = photo.shape[2:]
    rows, columns = (min(SIDE, side // multiple * multiple) for side in (height, width))
    for _ in range(TILES):
        y, x = int(rng.integers(height - rows + 1)), int(rng.integers(width - columns + 1))
        yield (photo[:, :, y:y + rows, x:x + columns].contiguous(memory_format=torch.channels_last),
               torch.tensor([[x / width, y / height, (x + columns) / width, (y + rows) / height]]))


def samples(model, context_px, multiple, paths):
    """What the trunk of `model` takes for tiles of these photos: (x, mix) each. Photos that cannot be read, or that are
    smaller than 64 px, are told and left out."""
    rng = np.random.default_rng(0)
    found = []
    for path in paths:
        photo = read(path)
        if photo is None or min(photo.shape[2:]) < 64:
            print(f'{path}: left out, {"cannot be read" if photo is None else "smaller than 64 px"}', file=sys.stderr)
            continue
        guide, mix = model.prepare(preview_of(photo, context_px))
        for tile, rect in tiles_of(photo, multiple, rng):
            found.append((torch.cat([tile, model.draft(tile, rect, guide)], dim=1).contiguous(memory_format=torch.channels_last), mix))
    if not found:
        raise SystemExit('none of the calibration photos can be used')
    return found
