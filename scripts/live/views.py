"""Views of packed scenes in tensors: scripts/panorama.py's pinhole camera, and crops of rooms and photos."""
import math

import torch
import torch.nn.functional as F

MARGIN = 2


def with_margin(panorama):
    """A panorama [3, H, W] continued past its left and right edge, and at its poles, for `view`."""
    wide = torch.cat([panorama[:, :, -MARGIN:], panorama, panorama[:, :, :MARGIN]], dim=2)
    return torch.cat([wide[:, :MARGIN].flip(1), wide, wide[:, -MARGIN:].flip(1)], dim=1)


def view(wrapped, width, height, fov_deg, yaw, pitch):
    """panorama.view of a panorama with its margin: [3, height, width]."""
    device = wrapped.device
    focal = .5 * width / math.tan(math.radians(fov_deg) / 2)
    x = (torch.arange(width, device=device) + .5 - width / 2)[None]
    y = (torch.arange(height, device=device) + .5 - height / 2)[:, None]
    ray_y = y * math.cos(pitch) - focal * math.sin(pitch)
    ray_z = y * math.sin(pitch) + focal * math.cos(pitch)
    longitude = torch.atan2(x, ray_z) + yaw
    latitude = torch.atan2(ray_y, torch.hypot(x, ray_z))
    rows, columns = wrapped.shape[1] - 2 * MARGIN, wrapped.shape[2] - 2 * MARGIN
    u = (longitude / (2 * math.pi) + .5).remainder(1) * columns - .5 + MARGIN
    v = (latitude / math.pi + .5) * rows - .5 + MARGIN
    place = torch.stack([2 * u / (wrapped.shape[2] - 1) - 1, 2 * v / (wrapped.shape[1] - 1) - 1], dim=-1)
    return F.grid_sample(wrapped[None], place[None], mode='bilinear', padding_mode='border', align_corners=True)[0]


def random_view(wrapped, width, height, rng):
    """As panorama.random_view draws it."""
    return view(wrapped, width, height, rng.uniform(65, 100), rng.uniform(-math.pi, math.pi), rng.normal(0, .06))


def random_crop(source, width, height, rng):
    """A part of a picture [3, H, W], brought to this size; a share that needs no enlarging where the picture is large enough."""
    rows, columns = source.shape[1:]
    largest = min(rows / height, columns / width)
    scale = rng.uniform(min(max(1., .7 * largest), largest), largest)
    tall, wide = min(round(height * scale), rows), min(round(width * scale), columns)
    top, left = rng.integers(rows - tall + 1), rng.integers(columns - wide + 1)
    crop = source[:, top:top + tall, left:left + wide]
    if (tall, wide) != (height, width):
        crop = F.interpolate(crop[None], (height, width), mode='bicubic', antialias=True, align_corners=False)[0].clamp(min=0)
    return crop
