"""What a result does to what is finer than about two pixels: the noise it leaves, and the detail it keeps."""
import cv2
import numpy as np

from look import LUMA

BLOCK = 32      # px: detail is compared block by block, so that a few strong edges do not stand for all
TEXTURED = (60, 95)     # percentiles of blocks by fine contrast: below is flat, above are outlines


def fine(image):
    """What is finer than 2 px, in grey."""
    return bands(image)[0]


def bands(image):
    """Grey, finer than 2 px, and between 4 and 16."""
    grey = image @ LUMA
    smooth = [cv2.GaussianBlur(grey, (0, 0), sigma) for sigma in (2, 4, 16)]
    return grey - smooth[0], smooth[1] - smooth[2]


def noise(result, target):
    """Standard deviation of what is finer than 2 px and not in the target, over the flat half of the picture, in 1/255."""
    ours, wanted = fine(result), fine(target)
    contrast = cv2.GaussianBlur(np.abs(wanted), (0, 0), 4)
    return float(255 * (ours - wanted)[contrast <= np.median(contrast)].std())


def detail(result, target):
    """Share of the target's fine texture that the result shows: 1 all of it, 0 none.

    In each textured block the result's fine band is projected onto the target's. Noise is at right angles to the target
    and counts for nothing, so a blur that hides noise loses here and a noisy picture does not gain. Contrast is tone, not
    detail: what a coarser band of these blocks is scaled by is divided out."""
    ours, ours_coarse = bands(result)
    wanted, wanted_coarse = bands(target)
    energy = block_means(wanted * wanted)
    low, high = np.percentile(energy, TEXTURED)
    textured = (energy >= low) & (energy <= high) & (energy > 0)
    contrast = block_means(ours_coarse * wanted_coarse)[textured].sum()
    if not contrast > 0:    # nothing there, or nothing like it
        return 0. if textured.any() else None
    contrast /= block_means(wanted_coarse * wanted_coarse)[textured].sum()
    return float((block_means(ours * wanted)[textured] / energy[textured]).mean() / contrast)


def block_means(image):
    """Means over blocks of BLOCK x BLOCK pixels; of the whole, where it holds none."""
    rows, columns = (side // BLOCK for side in image.shape)
    if not rows or not columns:
        return np.array([[image.mean(dtype=np.float64)]])
    cut = image[:rows * BLOCK, :columns * BLOCK].reshape(rows, BLOCK, columns, BLOCK)
    return cut.mean(axis=(1, 3), dtype=np.float64)
