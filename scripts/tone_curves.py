"""Tone curves of cameras: light at the sensor, 1 = saturated, to the photo's sRGB code value in [0, 1].

All rise from 0 to 1. A camera that keeps its highlights exposes less and develops more: WHITE says how many times the light
that clips a straight sRGB photo its sensor holds. `table` is a curve for code that interpolates (training_data.py).
"""
import numpy as np

from light import to_linear, to_srgb

WHITE = {'srgb': 1., 'standard': 3., 'filmic': 5.6, 'phone': 4.}
TABLE = 1025


def _hable(x):
    """Hable, "Uncharted 2: HDR Lighting", GDC 2010: film's toe and shoulder."""
    return (x * (.15 * x + .05) + .004) / (x * (.15 * x + .5) + .06) - .02 / .3


def _sigmoid(x, slope=1.3):
    """Naka and Rushton 1966, as a tone curve in Reinhard and Devlin 2005: steeper than straight in the mid-tones, keeps .18."""
    rise = x ** np.float32(slope)
    return rise / (rise + np.float32(.18 ** slope * (1 / .18 - 1)))


def _logarithmic(x):
    """Drago et al. 2003, of a fixed base: shadows lifted by more than a stop, as phones do."""
    return np.log1p(8 * x)


_LIGHT = {'standard': _sigmoid, 'filmic': lambda x: _hable(2 * x), 'phone': _logarithmic}


def render(signal, curve, contrast=0., gamma=1.):
    """Code values of light at the sensor. `contrast` is the share of a smooth step (the tone curve of Brooks et al. 2019,
    arXiv 1811.11127), `gamma` an exponent, both on what the curve gives."""
    if curve != 'srgb':
        light, white = _LIGHT[curve], np.float32(WHITE[curve])
        signal = light(np.clip(signal, 0, 1) * white) / light(white)
    encoded = to_srgb(signal)
    smooth = encoded * encoded * (3 - 2 * encoded)
    return np.clip(((1 - contrast) * encoded + contrast * smooth) ** gamma, 0, 1)


def table(curve, contrast=0., gamma=1.):
    """The curve at TABLE even steps of the signal's sRGB code, along which it is nowhere steep."""
    return render(to_linear(np.linspace(0, 1, TABLE, dtype=np.float32)), curve, contrast, gamma).astype(np.float32)
