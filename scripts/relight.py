"""Other light on the same views: what keeps a model from learning its few training scenes by heart.

`vary` changes a metered view's colours, its contrast and where its light falls, and may set windows or a gradual change
of place from a second view into it. Targets are made of the result, so every pair stays true to the look. Grey things stay
grey, for they are what tells the camera's white balance: where the scene's own light may have any colour, a cast is best left.
"""
import cv2
import numpy as np

from look import LUMA


def smooth_field(shape, rng, cells):
    """Smooth noise, standard normal at its nodes."""
    nodes = rng.standard_normal((cells[1], cells[0])).astype(np.float32)
    return cv2.resize(nodes, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC)


def windows(shape, rng):
    """A mask of one to four upright openings in a row, edges a pixel or two soft."""
    height, width = shape[:2]
    mask = np.zeros((height, width), np.float32)
    count = rng.integers(1, 5)
    wide, tall = rng.uniform(.06, .7 / count) * width, rng.uniform(.15, .6) * height
    pitch = wide * rng.uniform(1.1, 1.6)
    x, y = rng.uniform(0, max(width - pitch * count, 1)), rng.uniform(.02, .95) * (height - tall)
    for i in range(count):
        left = x + i * pitch
        cv2.rectangle(mask, (int(left), int(y)), (int(left + wide), int(y + tall)), 1., -1)
        if rng.random() < .6:       # a frame's bar
            middle = int(left + wide / 2)
            cv2.rectangle(mask, (middle - 3, int(y)), (middle + 3, int(y + tall)), 0., -1)
    return cv2.GaussianBlur(mask, (0, 0), rng.uniform(.5, 1.2))


def gradual(shape, rng):
    """A mask that goes from 0 to 1 somewhere across the picture."""
    return 1 / (1 + np.exp(-rng.uniform(2, 8) * smooth_field(shape, rng, (3, 2))))


def hues_turned(view, angle):
    """Colours turned by so many radians about the axis of greys, which stay as they are: other things in the same light."""
    cos, across, along = np.cos(angle), np.sin(angle) / 3 ** .5, (1 - np.cos(angle)) / 3
    turn = cos * np.eye(3) + along + across * np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    return np.maximum(view @ turn.T.astype(np.float32), 0)


def vary(view, partner, rng):
    """A view in other light. Both are metered linear radiance of one size; `partner` lends its parts."""
    if rng.random() < .6:
        mask = (windows if rng.random() < .7 else gradual)(view.shape, rng)[..., None]
        view = view + mask * (partner * np.float32(2 ** rng.uniform(-1, 5)) - view)
    view = hues_turned(view, rng.normal(0, .25))
    luma = np.maximum(view @ LUMA, 1e-6)[..., None]
    view = np.maximum(luma + (view - luma) * np.float32(rng.uniform(.5, 1.4)), 0)      # saturation
    gain = .18 * (luma / .18) ** np.float32(rng.uniform(.8, 1.3)) / luma               # contrast
    gain = gain * np.exp2(rng.uniform(0, 1) * smooth_field(view.shape, rng, (4, 3)))[..., None]
    field = smooth_field(view.shape, rng, (3, 2))[..., None]
    tint = np.exp(rng.normal(0, .1, 3) * (field - field.mean()))                       # of some of the light, not of all
    return np.minimum(view * gain * tint, 6e4).astype(np.float32)
