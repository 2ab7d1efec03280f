"""Synthetic sharp texture. Panoramas are soft at the scale of a photo; a tile pass that never sees sharp detail learns
to blur. `apply` multiplies radiance by procedural reflectance in random regions, before the camera and the target."""
import cv2
import numpy as np


def _grain(height, width, rng):
    """Noise of one scale and direction: plaster, wood, brushed metal."""
    coarse, fine = np.exp(rng.uniform(np.log(.6), np.log(12))), np.exp(rng.uniform(np.log(.5), np.log(1.5)))
    field = rng.standard_normal((height, width), dtype=np.float32)
    field = cv2.GaussianBlur(field, (0, 0), sigmaX=coarse, sigmaY=fine)
    return field / field.std()


def _weave(height, width, rng):
    """Two crossed gratings: fabric, tiles, blinds."""
    y, x = np.mgrid[:height, :width].astype(np.float32)
    angle, period, sharp = rng.uniform(0, np.pi), np.exp(rng.uniform(np.log(3), np.log(40))), rng.uniform(1, 8)
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    field = np.tanh(sharp * np.sin(2 * np.pi * u / period))
    return field * np.tanh(sharp * np.sin(2 * np.pi * v / (period * rng.uniform(.5, 3)))) if rng.random() < .5 else field


def _shapes(height, width, rng):
    """Overlapping flat shapes and lettering: books, pictures, foliage, labels."""
    field = np.zeros((height, width), np.float32)
    for _ in range(rng.integers(40, 200)):
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        value, size = float(rng.normal()), float(np.exp(rng.uniform(np.log(3), np.log(60))))
        kind = rng.integers(3)
        if kind == 0:
            box = cv2.boxPoints((centre, (size, size * rng.uniform(.1, 2)), rng.uniform(0, 180))).astype(np.int32)
            cv2.fillPoly(field, [box], value, cv2.LINE_AA)
        elif kind == 1:
            cv2.ellipse(field, centre, (int(size) + 1, int(size * .4) + 1), rng.uniform(0, 180), 0, 360, value, -1, cv2.LINE_AA)
        else:
            letters = np.zeros((height, width), np.uint8)
            cv2.putText(letters, ''.join(chr(c) for c in rng.integers(48, 90, 6)), centre, int(rng.integers(0, 4)),
                        size / 40 + .3, 255, 1, cv2.LINE_AA)
            field += (value - field) * (letters / np.float32(255))
    return field


def apply(radiance, rng):
    """Radiance with one to three textures, each inside a random polygon or everywhere."""
    height, width = radiance.shape[:2]
    log_reflectance = np.zeros((height, width, 1), np.float32)
    for _ in range(rng.integers(1, 4)):
        field = (_grain, _weave, _shapes)[rng.integers(3)](height, width, rng)
        mask = np.ones((height, width), np.float32)
        if rng.random() < .7:
            corners = np.stack([rng.uniform(0, width, 5), rng.uniform(0, height, 5)], -1).astype(np.int32)
            mask[:] = 0
            cv2.fillPoly(mask, [cv2.convexHull(corners)], 1)
        log_reflectance += (rng.uniform(.03, .4) * field * mask)[..., None]
    tint = 1 + .15 * rng.standard_normal((1, 1, 3), dtype=np.float32)
    return radiance * np.exp(np.clip(log_reflectance * tint, -2.5, 1)).astype(np.float32)
