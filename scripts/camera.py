"""A camera: scene radiance in, one JPEG out, with the faults of a hurried real-estate photo.

`expose` applies a camera's settings (shots.py). `photograph` draws them as the models are judged on (evaluate.py), and stays
as it is, so that figures can be compared; what training draws is in recipe.py. Photos are uint8 RGB, H x W x 3.
"""
import cv2
import numpy as np

import tone_curves
from light import meter
from shots import EV_RANGE, Shot, draw  # noqa: F401  what scripts take from here

JPEG_SAMPLING = {'4:2:0': cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420, '4:4:4': cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444}


def illumination(height, width, shot):
    """H x W x 3 factors on the scene's light that the target does not have: the lens's shading and the second illuminant."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    y, x = y - (height - 1) / 2, x - (width - 1) / 2
    shading = np.exp2(-shot.shading * (y * y + x * x) / max(y[0, 0] ** 2 + x[0, 0] ** 2, 1e-6))
    logits = cv2.resize(np.array(shot.light_nodes, np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    share = 1 / (1 + np.exp(-logits))
    return shading[..., None] * np.exp(share[..., None] * np.log(np.array(shot.second_light, np.float32)))


# Bilinear demosaicing of an RGGB mosaic: where each colour is sampled, and what fills the gaps.
_SITES = (((0, 0),), ((0, 1), (1, 0)), ((1, 1),))
_GREEN = np.array([[0, 1, 0], [1, 4, 1], [0, 1, 0]], np.float32) / 4
_RED_BLUE = np.array([[1, 2, 1], [2, 4, 2], [1, 2, 1]], np.float32) / 4


def demosaic(mosaic):
    """H x W x 3 of an H x W RGGB mosaic."""
    channels = []
    for sites, kernel in zip(_SITES, (_RED_BLUE, _GREEN, _RED_BLUE)):
        sampled = np.zeros_like(mosaic)
        for y, x in sites:
            sampled[y::2, x::2] = mosaic[y::2, x::2]
        channels.append(cv2.filter2D(sampled, -1, kernel, borderType=cv2.BORDER_REFLECT_101))
    return np.stack(channels, -1)


def noise(signal, shot, rng):
    """Shot and read noise. With a mosaic, of the raw signal (Brooks et al. 2019, arXiv 1811.11127) at the sites of its colour,
    demosaiced, then brought to white. Demosaicing is linear: the noise alone goes through it, and the picture stays sharp."""
    clipped = np.clip(signal, 0, 1)
    if shot.raw_gains is None:
        field = rng.standard_normal(signal.shape, dtype=np.float32)
        if shot.noise_blur > 0:
            field = cv2.GaussianBlur(field, (0, 0), shot.noise_blur)
            field /= field.std()
        return field * np.sqrt(shot.shot_noise * clipped + shot.read_noise ** 2)
    gains = np.array(shot.raw_gains, np.float32)
    raw = np.empty(signal.shape[:2], np.float32)
    for sites, channel in zip(_SITES, np.moveaxis(clipped / gains, -1, 0)):
        for y, x in sites:
            raw[y::2, x::2] = channel[y::2, x::2]
    mosaic = rng.standard_normal(raw.shape, dtype=np.float32) * np.sqrt(shot.shot_noise * raw + np.float32(shot.read_noise ** 2))
    return demosaic(mosaic) * gains


def expose(radiance, shot, rng):
    """Develops linear radiance (H x W x 3, any scale) as this shot: uint8 RGB before JPEG."""
    signal = radiance * np.float32(meter(radiance) * 2.0 ** shot.ev) * np.array(shot.white_balance, np.float32)
    signal = signal * illumination(*signal.shape[:2], shot) / np.float32(tone_curves.WHITE[shot.curve])
    encoded = tone_curves.render(signal + noise(signal, shot, rng), shot.curve, shot.contrast, shot.gamma)
    return np.rint(encoded * 255).astype(np.uint8)


def compress(photo, quality, sampling='4:2:0'):
    """The photo after JPEG, as uint8 RGB."""
    _, jpeg = cv2.imencode('.jpg', photo[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality,
                                                      cv2.IMWRITE_JPEG_SAMPLING_FACTOR, JPEG_SAMPLING[sampling]])
    return np.ascontiguousarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR)[..., ::-1])


def photograph(radiance, rng, ev=None):
    """A judged photo of the scene, through JPEG: uint8 RGB."""
    shot = draw(rng, ev)
    return compress(expose(radiance, shot, rng), shot.quality)
