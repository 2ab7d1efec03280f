"""What a result does to what is finer than about two pixels: the noise it leaves, and the detail it keeps."""
import cv2
import numpy as np

from look import LUMA

BLOCK = 32      # px: detail is compared block by block, so that a few strong edges do not stand for all
TEXTURED = (60, 95)     # percentiles of blocks by fine contrast: below is flat, above are outlines


def fine(image):
    grey = image @ LUMA
    return grey - cv2.GaussianBlur(grey, (0, 0), 2)


def noise(result, target):
    """Standard deviation of what is finer than 2 px and not in the target, over the flat half of the picture, in 1/255."""
    ours, wanted = fine(result), fine(target)
    contrast = cv2.GaussianBlur(np.abs(wanted), (0, 0), 4)
    return float(255 * (ours - wanted)[contrast <= np.median(contrast)].std())


def detail(result, target):
    """Share of the target's fine texture that the result shows: 1 all of it, 0 none.

    In each textured block the result's fine band is projected onto the target's. Noise is at right angles to the target
    and counts for nothing, so a blur that hides noise loses here and a noisy picture does not gain."""
    ours, wanted = fine(result), fine(target)
    energy = block_means(wanted * wanted)
    low, high = np.percentile(energy, TEXTURED)
    textured = (energy >= low) & (energy <= high) & (energy > 0)
    if not textured.any():
        return None
    return float((block_means(ours * wanted)[textured] / energy[textured]).mean())


def block_means(image):
    """Means over blocks of BLOCK x BLOCK pixels; of the whole, where it holds none."""
    rows, columns = (side // BLOCK for side in image.shape)
    if not rows or not columns:
        return np.array([[image.mean(dtype=np.float64)]])
    cut = image[:rows * BLOCK, :columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK)
    return cut.mean(axis=(1, 3), dtype=np.float64)
