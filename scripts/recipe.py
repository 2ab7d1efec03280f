"""What the models are trained on: a scene's radiance in, a photo and the picture wanted of it out.

Some photos are finished already, and wanted as they are. The shots are drawn in shots.py; training_data.py and live/data.py do the
same in tensors.
"""
import cv2
import numpy as np

import camera
import look
from shots import BLURRED, FINISHED, FINISHED_QUALITY, draw_for


def pair(radiance, rng):
    """Photo and target, uint8 RGB. A slight blur is the scene's, in both: the models neither sharpen nor blur."""
    shot = draw_for('tile', rng)
    if rng.random() < BLURRED:
        radiance = cv2.GaussianBlur(radiance, (0, 0), rng.uniform(.3, .9))
    target = np.rint(look.target(radiance) * 255).astype(np.uint8)
    if rng.random() < FINISHED:
        return camera.compress(target, max(shot.quality, FINISHED_QUALITY), shot.sampling), target
    return camera.compress(camera.expose(radiance, shot, rng), shot.quality, shot.sampling), target
