"""How near a result comes to its target: PSNR, SSIM, CIEDE2000, highlights recovered, halos at window edges, tone drift."""
from dataclasses import dataclass

import cv2
import numpy as np
from skimage.color import deltaE_ciede2000, rgb2lab
from skimage.metrics import structural_similarity

from look import LUMA, meter

CLIPPED, UNCLIPPED = 250 / 255, 240 / 255   # of the largest channel: JPEG moves clipped values a little
ALIKE = 5               # CIEDE2000 up to which a clipped pixel counts as recovered
LEAST_SHARE = 1e-3      # of the photo: fewer pixels than this tell nothing
EDGE_STOPS = 2          # contrast of a window edge
NEAR, FAR = (4, 16), (28, 48)   # px from the edge in a photo of 1152 px: where halos are, and where they have ended


def psnr(a, b):
    return float(-10 * np.log10(max(np.mean(np.square(a - b), dtype=np.float64), 1e-12)))


def ssim(a, b):
    """Wang et al. 2004, on luma, with their Gaussian window."""
    return float(structural_similarity(a @ LUMA, b @ LUMA, data_range=1, gaussian_weights=True, sigma=1.5,
                                       use_sample_covariance=False))


def delta_e_map(a, b):
    return deltaE_ciede2000(rgb2lab(a), rgb2lab(b))


def lost_highlights(photo, target):
    """Where the photo is clipped and the target is not."""
    return (photo.max(axis=2) >= CLIPPED) & (target.max(axis=2) <= UNCLIPPED)


def recovered(difference, lost):
    """Share of the lost highlights that come within CIEDE2000 5 of the target, and their mean CIEDE2000. `difference` is
    the map of it. None where hardly anything was lost."""
    if lost.mean() < LEAST_SHARE:
        return None, None
    return float((difference[lost] <= ALIKE).mean()), float(difference[lost].mean())


@dataclass(frozen=True)
class WindowEdges:
    windows: np.ndarray     # bool: what a normal exposure would clip
    strong: np.ndarray      # bool: near enough to an edge of two stops or more between both sides


def _distances(windows):
    """Pixels to the edge on either side, in units of a photo of 1152 px: of the windows, of the room."""
    scale = 1152 / windows.shape[1]
    return [np.minimum(cv2.distanceTransform(side.astype(np.uint8), cv2.DIST_L2, 5), 1e6) * scale for side in (windows, ~windows)]


def _local_mean(values, where, radius):
    """Mean of the values at `where` round each pixel, and the share of the box that they fill."""
    size = (2 * radius + 1, 2 * radius + 1)
    share = cv2.boxFilter(where.astype(np.float32), -1, size, borderType=cv2.BORDER_CONSTANT)
    total = cv2.boxFilter(values * where, -1, size, borderType=cv2.BORDER_CONSTANT)
    return total / np.maximum(share, 1e-6), share


def _radius(windows):
    return max(round(FAR[1] * windows.shape[1] / 1152), 1)


def window_edges(radiance):
    """The edges of windows (and lamps) in a scene: metered luminance above 1, without glints."""
    luminance = (radiance @ LUMA) * meter(radiance)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9))
    windows = cv2.morphologyEx((luminance > 1).astype(np.uint8), cv2.MORPH_OPEN, disc) > 0
    stops = np.log2(luminance + 1e-4).astype(np.float32)
    means = [_local_mean(stops, (d > NEAR[0]) & (d <= NEAR[1]), _radius(windows)) for d in _distances(windows)]
    (inside, share_in), (outside, share_out) = means
    return WindowEdges(windows, (inside - outside >= EDGE_STOPS) & (share_in > 0) & (share_out > 0))


def halo(result, target, edges):
    """Mean strength of halos at window edges, in 1/255 of luma, on both sides of them; None without such edges.

    On each side of an edge the error of luma near it is compared with that further off: a tone that is wrong all over one
    side is no halo, one that changes towards the edge, where the target's does not, is."""
    error = ((result - target) @ LUMA).astype(np.float32)
    found = []
    for distance in _distances(edges.windows):
        near = (distance > NEAR[0]) & (distance <= NEAR[1])
        far = (distance > FAR[0]) & (distance <= FAR[1])
        at_edge, _ = _local_mean(error, near, _radius(edges.windows))
        beyond, share = _local_mean(error, far, _radius(edges.windows))
        found.append(np.abs(at_edge - beyond)[near & edges.strong & (share > .02)])
    found = np.concatenate(found)
    return float(255 * found.mean()) if found.size >= LEAST_SHARE * error.size else None


def drift(a, b, a_to_b, block=16):
    """CIEDE2000 between what two views of a turned camera both see, of means over blocks of `block` px: tone, neither noise
    nor resampling. The homography takes pixels of a to pixels of b. None where they share no block."""
    height, width = a.shape[:2]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    warped = cv2.warpPerspective(b, a_to_b, (width, height), flags=flags)
    seen = cv2.warpPerspective(np.ones(b.shape[:2], np.float32), a_to_b, (width, height), flags=flags)
    rows, columns = height // block, width // block

    def means(image):
        return image[:rows * block, :columns * block].reshape(rows, block, columns, block, -1).mean(axis=(1, 3))
    shared = means(seen)[..., 0] > .9999
    return float(delta_e_map(means(a), means(warped))[shared].mean()) if shared.any() else None
