"""Global tone in tensors: exposure fusion of one metered photo, and the guide, a bilateral grid of local affine tone.

Scriptable, FP32, N x 3 x H x W; photos are sRGB-encoded in [0, 1].
"""
from typing import List

import torch
import torch.nn.functional as F
from torch import Tensor


def luma(x: Tensor) -> Tensor:
    return .2126 * x[:, 0:1] + .7152 * x[:, 1:2] + .0722 * x[:, 2:3]


def to_srgb(x: Tensor) -> Tensor:
    x = x.clamp(0., 1.)
    return torch.where(x <= .0031308, 12.92 * x, 1.055 * x.clamp(min=1e-8) ** (1 / 2.4) - .055)


def to_linear(x: Tensor) -> Tensor:
    return torch.where(x <= .04045, x / 12.92, ((x + .055) / 1.055) ** 2.4)


def meter(lin: Tensor) -> Tensor:
    """[N, 1, 1, 1]: the gain that brings the log-mean luminance to 0.18."""
    lum = luma(lin)
    mean = lum.mean(dim=(1, 2, 3), keepdim=True)
    return .18 / (lum + 1e-4 * mean + 1e-8).log().mean(dim=(1, 2, 3), keepdim=True).exp().clamp(min=1e-8)


def _mirror(x: Tensor, dim: int, pad: int) -> Tensor:
    """Mirrored past both ends, without the end itself; any size, a single pixel too."""
    last = x.shape[dim] - 1
    index = torch.arange(-pad, last + 1 + pad, device=x.device).abs()
    index = last - (last - index % (2 * last)).abs() if last > 0 else torch.zeros_like(index)
    return x.index_select(dim, index)


def _shrink(x: Tensor) -> Tensor:
    """One pyramid step down: a 5 x 5 binomial filter, every other pixel."""
    for dim in (2, 3):
        count = x.shape[dim]
        padded = _mirror(x, dim, 2)
        taps = [padded.narrow(dim, k, count) for k in range(5)]
        wide = (taps[0] + taps[4] + 4 * (taps[1] + taps[3]) + 6 * taps[2]) / 16
        x = wide.index_select(dim, torch.arange(0, count, 2, device=x.device))
    return x


def _grow(x: Tensor, like: Tensor) -> Tensor:
    """One pyramid step up, to the size of `like`: the same filter on pixels spread with zeros between."""
    for dim in (2, 3):
        count = x.shape[dim]
        before = x.narrow(dim, min(1, count - 1), 1)
        padded = torch.cat([before, x, x.narrow(dim, count - 1, 1)], dim=dim)
        previous, following = padded.narrow(dim, 0, count), padded.narrow(dim, 2, count)
        even, odd = (previous + 6 * x + following) / 8, (x + following) / 2
        x = torch.stack([even, odd], dim=dim + 1).flatten(dim, dim + 1).narrow(dim, 0, like.shape[dim])
    return x


def fuse(lin: Tensor) -> Tensor:
    """Exposure fusion (Mertens et al. 2007) of the bracket (-4, -2.5, -1, +0.5, +2 EV) made from linear light, as OpenCV
    computes it from 8-bit pictures, down to its order of channels in the grey that contrast is taken of."""
    stops = torch.tensor([-4., -2.5, -1., .5, 2.], device=lin.device)
    count = lin.shape[0]
    images = (to_srgb((lin * (2. ** stops).view(-1, 1, 1, 1, 1)).flatten(0, 1)) * 255).floor() / 255   # [5 * N, 3, H, W]
    grey = .114 * images[:, 0:1] + .587 * images[:, 1:2] + .299 * images[:, 2:3]
    grey = _mirror(_mirror(grey, 2, 1), 3, 1)
    contrast = (grey[:, :, :-2, 1:-1] + grey[:, :, 2:, 1:-1] + grey[:, :, 1:-1, :-2] + grey[:, :, 1:-1, 2:]
                - 4 * grey[:, :, 1:-1, 1:-1]).abs()
    saturation = (images - images.mean(dim=1, keepdim=True)).square().sum(dim=1, keepdim=True).sqrt()
    exposedness = torch.exp(-((images - .5) ** 2).sum(dim=1, keepdim=True) / .08)
    weights = (contrast * saturation * exposedness + 1e-12).unflatten(0, [-1, count])
    weights = (weights / weights.sum(dim=0)).flatten(0, 1)
    bands: List[Tensor] = []  # the blended Laplacian pyramid, finest first
    side = min(lin.shape[2], lin.shape[3])
    while side > 1:           # as many levels as OpenCV has, log2 of the short side rounded down; sizes round up
        small = _shrink(images)
        bands.append(((images - _grow(small, images)) * weights).unflatten(0, [-1, count]).sum(dim=0))
        images, weights = small, _shrink(weights)
        side = side // 2
    out = (images * weights).unflatten(0, [-1, count]).sum(dim=0)
    for i in range(len(bands)):
        out = _grow(out, bands[-1 - i]) + bands[-1 - i]
    return out.clamp(0., 1.)


def _tent(count: int, cells: int, like: Tensor) -> Tensor:
    """[cells, count]: linear interpolation weights of `count` samples in `cells` cells (cell centres, borders clamped)."""
    position = ((torch.arange(count, device=like.device) + .5) * cells / count - .5).clamp(0., cells - 1.)
    return (1 - (position[None, :] - torch.arange(cells, device=like.device)[:, None]).abs()).clamp(min=0.)


def _mean_of(x: Tensor, dim: int, count: int) -> Tensor:
    """Of so many neighbours; PyTorch's pooling takes ten times as long on a CPU."""
    total = x.narrow(dim, 0, x.shape[dim] - count + 1)
    for k in range(1, count):
        total = total + x.narrow(dim, k, x.shape[dim] - count + 1)
    return total / count


def fit_guide(x: Tensor, y: Tensor, cell: int = 6, depth: int = 12) -> Tensor:
    """[N, 6, depth, h, w], a cell being `cell` x `cell` pixels and a step of luma: per cell and channel the slope and offset that turn x into y best (least squares), after
    bilateral guided upsampling (Chen et al. 2016). x and y are a photo and its wanted picture, both small.

    Where a cell has few pixels its neighbours' count too (moments are blurred and joined with those of the whole photo),
    and slopes that the data leaves open tend to the local gain."""
    height, width = x.shape[2], x.shape[3]
    rows = _tent(height, (height + cell - 1) // cell, x)
    columns = _tent(width, (width + cell - 1) // cell, x)
    z = (luma(x) * depth - .5).clamp(0., depth - 1.)
    bins = torch.arange(depth, device=x.device).view(1, depth, 1, 1)
    share = (1 - (z - bins).abs()).clamp(min=0.)                                      # [N, D, H, W]
    values = torch.cat([torch.ones_like(z), x, y, x * x, x * y], dim=1)               # [N, 13, H, W]
    moments = rows @ (values[:, :, None] * share[:, None]) @ columns.t()              # [N, 13, D, h, w]
    wide = _mean_of(_mean_of(_mean_of(F.pad(moments, [2, 2, 2, 2, 1, 1], mode='replicate'), 4, 5), 3, 5), 2, 3)
    whole = moments.mean(dim=(3, 4), keepdim=True)
    whole = .98 * whole + .02 * whole.mean(dim=2, keepdim=True)
    moments = moments + .1 * wide + 1e-3 * whole
    moments = moments / moments[:, 0:1].clamp(min=1e-12)
    mean_x, mean_y, mean_xx, mean_xy = moments[:, 1:].chunk(4, dim=1)
    gain = (mean_y / mean_x.clamp(min=1e-3)).clamp(0., 8.)
    slope = (mean_xy - mean_x * mean_y + 1e-4 * gain) / ((mean_xx - mean_x * mean_x).clamp(min=0.) + 1e-4)
    return torch.cat([slope, mean_y - slope * mean_x], dim=1)


def apply_guide(x: Tensor, rect: Tensor, guide: Tensor) -> Tensor:
    """Tiles [N, 3, h, w] at their places rect [N, 4] (x0, y0, x1, y1 in the photo, [0, 1]) with the guide's tone.
    Pointwise: each pixel reads the guide at its place in the photo and its luma."""
    height, width = x.shape[2], x.shape[3]
    columns = (torch.arange(width, device=x.device) + .5) / width
    rows = (torch.arange(height, device=x.device) + .5) / height
    u = rect[:, 0:1] + columns[None] * (rect[:, 2:3] - rect[:, 0:1])                  # [N, w]
    v = rect[:, 1:2] + rows[None] * (rect[:, 3:4] - rect[:, 1:2])                     # [N, h]
    place = torch.stack([u[:, None, :].expand(-1, height, -1), v[:, :, None].expand(-1, -1, width), luma(x)[:, 0]], dim=-1)
    grid = guide.expand(x.shape[0], -1, -1, -1, -1)
    affine = F.grid_sample(grid, (2 * place - 1)[:, None], mode='bilinear', padding_mode='border', align_corners=False)[:, :, 0]
    return affine[:, :3] * x + affine[:, 3:]
