"""scripts/relight.py in tensors, for a batch: other light on the same views, and windows onto other scenes.

Every random number is drawn on the device, so nothing waits for the processor."""
import torch
import torch.nn.functional as F

from tone import luma


def uniform(like, low, high):
    """[N, 1, 1, 1]"""
    return low + (high - low) * torch.rand(len(like), 1, 1, 1, device=like.device)


def normal(like, channels=1):
    """[N, channels, 1, 1]"""
    return torch.randn(len(like), channels, 1, 1, device=like.device)


def smooth_field(like, cells):
    """Smooth noise [N, 1, H, W], standard normal at its nodes."""
    nodes = torch.randn(len(like), 1, cells[1], cells[0], device=like.device)
    return F.interpolate(nodes, like.shape[2:], mode='bicubic', align_corners=False)


def axes(like):
    """Pixel centres: x [1, 1, 1, W] and y [1, 1, H, 1]."""
    height, width = like.shape[2:]
    x, y = torch.arange(width, device=like.device) + .5, torch.arange(height, device=like.device) + .5
    return x.view(1, 1, 1, -1), y.view(1, 1, -1, 1)


def windows(like):
    """Masks of one to four upright openings in a row, some with a frame's bar, edges a pixel or two soft."""
    height, width = like.shape[2:]
    x, y = axes(like)
    count = uniform(like, 1, 5).floor()
    wide = (.06 + (.7 / count - .06) * uniform(like, 0, 1)) * width
    tall = uniform(like, .15, .6) * height
    pitch = wide * uniform(like, 1.1, 1.6)
    left = uniform(like, 0, 1) * (width - pitch * count).clamp(min=1)
    top = uniform(like, .02, .95) * (height - tall)
    soft = uniform(like, .3, .7)
    inside = lambda at, start, length: ((at - start) / soft).sigmoid() * ((start + length - at) / soft).sigmoid()  # noqa: E731
    across = torch.zeros_like(x)
    for i in range(4):
        start = left + i * pitch
        bar = inside(x, start + wide / 2 - 3, 6.) * (uniform(like, 0, 1) < .6)
        across = torch.maximum(across, inside(x, start, wide) * (1 - bar) * (i < count))
    return across * inside(y, top, tall)


def hues_turned(views, angles):
    """Colours turned by so many radians [N, 1, 1, 1] about the axis of greys, which stay as they are."""
    along, across = (1 - angles.cos()) / 3 * views.sum(dim=1, keepdim=True), angles.sin() / 3 ** .5
    return (angles.cos() * views + along + across * (views.roll(1, dims=1) - views.roll(-1, dims=1))).clamp(min=0)


def vary(views, partners):
    """Views in other light. Both are metered linear radiance [N, 3, H, W]; `partners` lend their parts."""
    gradual = (uniform(views, 2, 8) * smooth_field(views, (3, 2))).sigmoid()
    mask = torch.where(uniform(views, 0, 1) < .7, windows(views), gradual) * (uniform(views, 0, 1) < .6)
    views = hues_turned(views + mask * (partners * uniform(views, -1, 5).exp2() - views), .25 * normal(views))
    light = luma(views).clamp(min=1e-6)
    views = (light + (views - light) * uniform(views, .5, 1.4)).clamp(min=0)                    # saturation
    light = luma(views).clamp(min=1e-6)
    gain = .18 * (light / .18) ** uniform(views, .8, 1.3) / light                               # contrast
    gain = gain * (uniform(views, 0, 1) * smooth_field(views, (4, 3))).exp2()
    field = smooth_field(views, (3, 2))
    tint = (.1 * normal(views, 3) * (field - field.mean(dim=(2, 3), keepdim=True))).exp()       # of some of the light, not of all
    return (views * gain * tint).clamp(max=6e4)
