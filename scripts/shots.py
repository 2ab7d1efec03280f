"""A camera's settings, and how they are drawn: as the models are judged on, and as they are trained on. NumPy alone."""
from dataclasses import dataclass, replace

import numpy as np

FINISHED = .2           # share of photos that are their own target: what is finished should come back as it is, to 35 dB
FINISHED_QUALITY = 92   # of their JPEG, at least: as programs write, not cameras
CURVES = {'srgb': .5, 'standard': .2, 'filmic': .15, 'phone': .15}
PLAIN = {'tone': .75, 'tile': .5}       # share of photos by a camera without faults of its own, as the judged ones, by the stage they teach
QUIET = .5              # share of photos at base sensitivity, as from a tripod: what little noise they have must not cost texture
BLURRED = .35           # share of photos of a slightly blurred scene
TEXTURED = {'panorama': .6, 'sharp': .2}        # share of photos with synthetic texture, by what they are cut from


@dataclass(frozen=True)
class Shot:
    ev: float                   # exposure against log-mean metering, in stops
    white_balance: tuple        # factors of R, G, B in linear light
    shot_noise: float           # variance per unit of signal (1 = saturation)
    read_noise: float           # standard deviation at black
    noise_blur: float           # sigma in px: noise without a mosaic is correlated by blur
    contrast: float             # share of an S-curve in the tone curve
    gamma: float                # exponent on the sRGB-encoded value
    quality: int                # JPEG
    sampling: str = '4:2:0'     # of JPEG's colour
    curve: str = 'srgb'         # tone_curves.py
    raw_gains: tuple | None = None                  # of R, G, B from the mosaic to white: noise is a demosaiced mosaic's
    shading: float = 0.                             # stops lost in the corners
    second_light: tuple = (1., 1., 1.)              # colour of the second illuminant against the first, linear
    light_nodes: tuple = ((0., 0., 0.), (0., 0., 0.))   # logits of its share, over the picture in 2 x 3 nodes


EV_RANGE = (-2.2, 1.2)


def draw(rng, ev=None):
    """A judged shot: exposure from the whole range, white-balance error, noise, tone curve, JPEG quality."""
    red, blue = np.exp(rng.normal(0, .09, 2))
    return Shot(ev=float(rng.uniform(*EV_RANGE)) if ev is None else ev,
                white_balance=(float(red), 1.0, float(blue)),
                shot_noise=float(np.exp(rng.uniform(np.log(5e-5), np.log(1.5e-3)))),
                read_noise=float(np.exp(rng.uniform(np.log(5e-4), np.log(6e-3)))),
                noise_blur=float(rng.choice([0, .5, .7])),
                contrast=float(rng.uniform(0, .4)),
                gamma=float(np.exp(rng.normal(0, .05))),
                quality=int(rng.integers(82, 99)))


def draw_for(stage, rng):
    """A shot for training: of a plain camera, or of one with faults."""
    return (draw if rng.random() < PLAIN[stage] else draw_with_faults)(rng)


def draw_with_faults(rng, ev=None):
    """Half of the shots have the plain tone curve of the judged ones, the rest other cameras'; on top come mixed light, coarser
    white-balance faults, lens shading, a mosaic's noise, and 4:4:4 JPEG; and a share has next to no noise."""
    shot = draw(rng, ev)
    faults = {'curve': str(rng.choice(list(CURVES), p=list(CURVES.values())))}
    if rng.random() < .4:       # taken for daylight in a lamp's light, or the other way round
        warmth = rng.normal(0, .15)
        red, green, blue = shot.white_balance
        faults['white_balance'] = (float(red * np.exp(warmth)), green, float(blue * np.exp(-warmth)))
    if rng.random() < .35:      # a lamp's or a window's light in a part of the room, with some green of tubes
        warmth, green = rng.uniform(-.4, .4), rng.normal(0, .04)
        faults['second_light'] = tuple(float(f) for f in np.exp([warmth, green, -warmth]))
        nodes = rng.uniform(2, 6) * rng.standard_normal((2, 3))
        faults['light_nodes'] = tuple(tuple(float(n) for n in row) for row in nodes)
    if rng.random() < .6:
        faults['shading'] = float(rng.uniform(0, .9))
    if rng.random() < .75:      # gains of Brooks et al. 2019
        faults['raw_gains'] = float(rng.uniform(1.9, 2.4)), 1., float(rng.uniform(1.5, 1.9))
    if rng.random() < .3:
        faults['sampling'] = '4:4:4'
    if rng.random() < QUIET:
        faults['shot_noise'] = float(np.exp(rng.uniform(np.log(1e-5), np.log(1e-4))))
        faults['read_noise'] = float(np.exp(rng.uniform(np.log(1e-4), np.log(1e-3))))
    return replace(shot, **faults)
