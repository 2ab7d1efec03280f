"""The look hdrtile aims at, and the classical methods it is measured against.

Images are float32 RGB, H x W x 3. "Linear" is scene-linear light with Rec. 709 primaries, "sRGB" is encoded in [0, 1].
"""
import cv2
import numpy as np

from light import LUMA, meter, to_linear, to_srgb  # noqa: F401  what scripts take from here

TARGET_EVS = (-4, -2.5, -1, .5, 2)
_MERTENS = cv2.createMergeMertens(1, 1, 1)


def fuse(lin, evs=TARGET_EVS):
    """Mertens exposure fusion of a bracket made from linear light. Of metered scene radiance it is the target."""
    bracket = [(to_srgb(lin * 2.0 ** ev)[..., ::-1] * 255).astype(np.uint8) for ev in evs]
    return np.clip(_MERTENS.process(bracket)[..., ::-1], 0, 1).astype(np.float32)


def target(radiance):
    """What a bracketed real-estate photo of this scene would look like."""
    return fuse(radiance * meter(radiance))


def metered_mertens(photo):
    """The classical method to beat: meter the one photo, then fuse as the target does."""
    lin = to_linear(photo)
    return fuse(lin * meter(lin))


def pseudo_bracket(photo):
    """Mertens fusion of six exposures made from the one photo."""
    return fuse(to_linear(photo), (-2, -1, 0, 1, 2, 3))


def clahe(photo):
    """Contrast-limited adaptive histogram equalisation of lightness."""
    lab = cv2.cvtColor((photo * 255).astype(np.uint8), cv2.COLOR_RGB2LAB)
    lightness = cv2.createCLAHE(2.0, (8, 8)).apply(lab[..., 0])
    return cv2.cvtColor(cv2.merge([lightness, lab[..., 1], lab[..., 2]]), cv2.COLOR_LAB2RGB).astype(np.float32) / 255


def gamma(photo):
    """One exponent for the whole photo, that which brings its mean to 0.5."""
    low, high = .02, 50.
    for _ in range(30):     # the mean falls as the exponent grows
        middle = (low * high) ** .5
        low, high = (middle, high) if np.mean(photo[::2, ::2] ** middle) > .5 else (low, middle)
    return photo ** np.float32((low * high) ** .5)


BASELINES = {'nothing': lambda x: x, 'CLAHE': clahe, 'gamma': gamma, 'Mertens of a pseudo-bracket': pseudo_bracket,
             'metered Mertens': metered_mertens}
