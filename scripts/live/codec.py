"""Radiance in few bytes: a transform codec in stops, read by torch and Python's standard library alone.

Stops, log2(radiance + FLOOR), are what exposure and fusion weigh errors in. Three planes (luminance, red - green, blue -
green) go through JPEG's transform, 8 x 8 DCT, are rounded in steps that grow with frequency, and packed by LZMA."""
import lzma

import numpy as np
import torch
import torch.nn.functional as F

from live.jpeg import dct, inverse_dct

SUFFIX = '.npz.xz'
KINDS = ('panorama', 'room', 'photo')
FLOOR = 2. ** -11   # where radiance metered to 0.18 fades into black: a third of 1/255 in the brightest exposure of the target
STEP, GROWTH, CHROMA = 1 / 8, .1, 2     # stops; per step of frequency; of chroma against luminance


def _steps():
    frequency = torch.arange(8)
    growth = 1 + GROWTH * (frequency[:, None] + frequency[None])
    return STEP * torch.stack([growth, CHROMA * growth, CHROMA * growth])[None, ..., None, None]


def encode(radiance):
    """Metered radiance, H x W x 3, as whole numbers."""
    red, green, blue = torch.from_numpy(np.log2(radiance + np.float32(FLOOR))).permute(2, 0, 1)
    planes = torch.stack([(red + 2 * green + blue) / 4, red - green, blue - green])[None]
    height, width = radiance.shape[:2]
    planes = F.pad(planes, [0, -width % 8, 0, -height % 8], mode='replicate')
    return (dct(planes) / _steps()).round().to(torch.int16)[0].numpy()


def decode(levels, height, width):
    """[3, H, W], float32."""
    luminance, red, blue = inverse_dct(torch.from_numpy(levels).float()[None] * _steps())[0, :, :height, :width]
    green = luminance - (red + blue) / 4
    return (torch.stack([green + red, green, green + blue]).exp2() - FLOOR).clamp(min=0)


def write(path, radiance, kind):
    """Small numbers of either sign become small ones without, high and low bytes apart: LZMA finds runs of zeros."""
    levels = encode(radiance).astype(np.int32)
    folded = ((levels << 1) ^ (levels >> 31)).astype('<u2')
    planes = folded.reshape(-1, 1).view(np.uint8).T
    partial = path.with_name(f'.{path.name}.tmp')
    with lzma.open(partial, 'wb') as file:
        np.savez(file, planes=planes, shape=levels.shape, size=radiance.shape[:2], kind=kind)
    partial.rename(path)


def read(path):
    """Radiance [3, H, W] and its kind."""
    try:
        with lzma.open(path) as file, np.load(file) as record:
            folded = np.ascontiguousarray(record['planes'].T).view('<u2').astype(np.int32).reshape(record['shape'])
            height, width = (int(n) for n in record['size'])
            kind = str(record['kind'])
    except (lzma.LZMAError, EOFError, KeyError, ValueError) as error:
        raise SystemExit(f'{path}: not what scripts/pack_data.py writes ({error}); pack it anew') from None
    return decode((folded >> 1 ^ -(folded & 1)).astype(np.int16), height, width), kind
