"""What the models are trained on: a scene's radiance in, a photo and the picture wanted of it out.

Half of the shots have the plain tone curve of the judged ones, the rest other cameras'; on top come mixed light, coarser
white-balance faults, lens shading, a mosaic's noise, and 4:4:4 JPEG. Some photos are finished already, and wanted as they are.
"""
from dataclasses import replace

import cv2
import numpy as np

import camera
import look

FINISHED = .08          # share of photos that are their own target
FINISHED_QUALITY = 92   # of their JPEG, at least: as programs write, not cameras
CURVES = {'srgb': .5, 'standard': .2, 'filmic': .15, 'phone': .15}


def draw(rng, ev=None):
    """A training shot."""
    shot = camera.draw(rng, ev)
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
    return replace(shot, **faults)


def pair(radiance, rng):
    """Photo and target, uint8 RGB. A slight blur is the scene's, in both: the models neither sharpen nor blur."""
    shot = draw(rng)
    if rng.random() < .35:
        radiance = cv2.GaussianBlur(radiance, (0, 0), rng.uniform(.3, .9))
    target = np.rint(look.target(radiance) * 255).astype(np.uint8)
    if rng.random() < FINISHED:
        return camera.compress(target, max(shot.quality, FINISHED_QUALITY), shot.sampling), target
    return camera.compress(camera.expose(radiance, shot, rng), shot.quality, shot.sampling), target
