"""A camera: scene radiance in, one JPEG out, with the faults of a hurried real-estate photo.

The exposure range, noise and compression are those the models are trained and judged on. `draw` picks a camera's
settings from a random generator; `expose` applies them. Photos are uint8 RGB, H x W x 3.
"""
from dataclasses import dataclass

import cv2
import numpy as np

from look import meter, to_srgb


@dataclass(frozen=True)
class Shot:
    ev: float                   # exposure against log-mean metering, in stops
    white_balance: tuple        # factors of R, G, B in linear light
    shot_noise: float           # variance per unit of signal (1 = saturation)
    read_noise: float           # standard deviation at black
    noise_blur: float           # sigma in px: noise of a demosaiced, processed photo is correlated
    contrast: float             # share of an S-curve in the tone curve
    gamma: float                # exponent on the sRGB-encoded value
    quality: int                # JPEG


EV_RANGE = (-2.2, 1.2)


def draw(rng, ev=None):
    """A shot from the whole range of the recipe: exposure, white-balance error, noise, tone curve, JPEG quality."""
    red, blue = np.exp(rng.normal(0, .09, 2))
    return Shot(ev=float(rng.uniform(*EV_RANGE)) if ev is None else ev,
                white_balance=(float(red), 1.0, float(blue)),
                shot_noise=float(np.exp(rng.uniform(np.log(5e-5), np.log(1.5e-3)))),
                read_noise=float(np.exp(rng.uniform(np.log(5e-4), np.log(6e-3)))),
                noise_blur=float(rng.choice([0, .5, .7])),
                contrast=float(rng.uniform(0, .4)),
                gamma=float(np.exp(rng.normal(0, .05))),
                quality=int(rng.integers(82, 99)))


def tone_curve(encoded, contrast, gamma):
    """A camera's rendering of sRGB-encoded values in [0, 1]."""
    smooth = encoded * encoded * (3 - 2 * encoded)
    return ((1 - contrast) * encoded + contrast * smooth) ** gamma


def expose(radiance, shot, rng):
    """Develops linear radiance (H x W x 3, any scale) as this shot: uint8 RGB before JPEG."""
    signal = radiance * np.float32(meter(radiance) * 2.0 ** shot.ev) * np.array(shot.white_balance, np.float32)
    noise = rng.standard_normal(signal.shape, dtype=np.float32)
    if shot.noise_blur > 0:
        noise = cv2.GaussianBlur(noise, (0, 0), shot.noise_blur)
        noise /= noise.std()
    clipped = np.clip(signal, 0, 1)
    signal = signal + noise * np.sqrt(shot.shot_noise * clipped + shot.read_noise ** 2)
    encoded = tone_curve(to_srgb(signal), shot.contrast, shot.gamma)
    return np.rint(np.clip(encoded, 0, 1) * 255).astype(np.uint8)


def compress(photo, quality):
    """The photo after JPEG, as uint8 RGB."""
    _, jpeg = cv2.imencode('.jpg', photo[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(cv2.imdecode(jpeg, cv2.IMREAD_COLOR)[..., ::-1])


def photograph(radiance, rng, ev=None):
    """A photo of the scene with a shot drawn from the recipe, through JPEG: uint8 RGB."""
    shot = draw(rng, ev)
    return compress(expose(radiance, shot, rng), shot.quality)
