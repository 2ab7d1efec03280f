"""scripts/texture.py in tensors, for a batch: reflectance that is sharp, so that the tile pass learns to keep what is."""
import math

import torch

from live.relight import axes, normal, uniform
from live.sensor import blur


def _log_uniform(like, low, high):
    return uniform(like, math.log(low), math.log(high)).exp()


def _turned(like):
    """Pixel coordinates, turned by a random angle."""
    x, y = axes(like)
    angle = uniform(like, 0, math.pi)
    return x * angle.cos() + y * angle.sin(), y * angle.cos() - x * angle.sin()


def grain(like):
    """Noise of one scale and direction: plaster, wood, brushed metal."""
    field = torch.randn(len(like), 1, *like.shape[2:], device=like.device)
    field = blur(blur(field, _log_uniform(like, .6, 12), 3, 12), _log_uniform(like, .5, 1.5), 2, 1.5)
    return field / field.std(dim=(2, 3), keepdim=True)


def weave(like):
    """One grating, or two that cross: fabric, tiles, blinds."""
    u, v = _turned(like)
    period, sharp = _log_uniform(like, 3, 40), uniform(like, 1, 8)
    field = (sharp * (2 * math.pi * u / period).sin()).tanh()
    crossing = (sharp * (2 * math.pi * v / (period * uniform(like, .5, 3))).sin()).tanh()
    return torch.where(uniform(like, 0, 1) < .5, field * crossing, field)


def shapes(like):
    """Flat shapes over flat shapes, one in each cell of turned grids: books, pictures, foliage, labels."""
    field = torch.zeros_like(like[:, :1])
    for _ in range(3):
        u, v = _turned(like)
        period = _log_uniform(like, 6, 90)
        u, v = u / period + 1000, v / period + 1000         # positive
        cell = (u.floor().long() * 73 + v.floor().long() * 131) % 1024
        drawn = lambda: torch.rand(len(like), 1024, device=like.device).gather(1, cell.flatten(1)).view_as(u)  # noqa: E731
        u, v = (u % 1 - .5).abs(), (v % 1 - .5).abs()
        half_u, half_v = .1 + .35 * drawn(), .05 + .4 * drawn()
        box = torch.minimum(half_u - u, half_v - v)
        ellipse = (1 - (u / half_u).square() - (v / half_v).square()) * torch.minimum(half_u, half_v) / 2
        inside = (torch.where(drawn() < .6, box, ellipse) * period + .5).clamp(0, 1) * (drawn() < .7)
        field = field + inside * (2 * (drawn() - .5) * math.sqrt(3) - field)
    return field


def region(like):
    """A convex polygon, or everything."""
    x, y = axes(like)
    height, width = like.shape[2:]
    centre_x, centre_y = uniform(like, 0, width), uniform(like, 0, height)
    inside = torch.ones_like(like[:, :1], dtype=torch.bool)
    for _ in range(5):
        angle = uniform(like, 0, 2 * math.pi)
        inside &= (x - centre_x) * angle.cos() + (y - centre_y) * angle.sin() < uniform(like, .1, .6) * width
    return inside | (uniform(like, 0, 1) < .3)


def apply(radiance):
    """Radiance [N, 3, H, W] with up to three textures, each in a region of its own."""
    log_reflectance = torch.zeros_like(radiance[:, :1])
    for field in (grain, weave, shapes):
        amount = uniform(radiance, .03, .4) * (uniform(radiance, 0, 1) < .65)
        log_reflectance = log_reflectance + amount * field(radiance) * region(radiance)
    tint = 1 + .15 * normal(radiance, 3)
    return radiance * (log_reflectance * tint).clamp(-2.5, 1).exp()
