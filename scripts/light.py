"""Light in numbers: the sRGB curve and metering, in NumPy alone (training on a bare GPU machine draws shots with it)."""
import numpy as np

LUMA = np.array([.2126, .7152, .0722], np.float32)


def to_srgb(x):
    """Linear light to sRGB (IEC 61966-2-1), clipped to [0, 1]."""
    x = np.clip(x, 0, 1)
    return np.where(x <= .0031308, 12.92 * x, 1.055 * np.power(np.maximum(x, 1e-8), 1 / 2.4) - .055).astype(np.float32)


def to_linear(x):
    """sRGB in [0, 1] to linear light."""
    return np.where(x <= .04045, x / 12.92, ((x + .055) / 1.055) ** 2.4).astype(np.float32)


def meter(lin):
    """The gain that brings the log-mean luminance to 0.18."""
    lum = lin @ LUMA
    return .18 / max(float(np.exp(np.mean(np.log(lum + 1e-4 * lum.mean() + 1e-8)))), 1e-8)
