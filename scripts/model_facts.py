"""What a file of our own model states of itself, measured: how far its tile pass sees, the halo it needs, the memory it
takes."""
import dataclasses
import sys
from pathlib import Path

import torch

import model_file

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'models'))
from contextual import ContextualModel  # noqa: E402

WHOLE = torch.tensor([[0., 0., 1., 1.]])


def receptive_field(architecture):
    """Pixels seen to each side by the tile pass. The narrowest network of that depth serves."""
    narrow = dataclasses.replace(architecture, trunk=dataclasses.replace(architecture.trunk, width_mult=1 / 12))
    model = ContextualModel(narrow).eval()
    guide, mix = model.prepare(torch.rand(1, 3, 128, 192))
    multiple = model.trunk.multiple
    field, side = None, 128
    while field is None:
        side *= 2
        field = model_file.reach(lambda x: model(x, WHOLE, guide, mix), side, multiple, rows=4 * multiple)
    return field


def smallest_halo(model, field):
    """The smallest multiple of 8 at which what lies inside a tile's halo equals the whole photo. The photo goes on past the
    tile for as far as the network sees."""
    margin = max(128, -(-field // 64) * 64)
    tile_side = 2 * margin
    side = tile_side + 2 * margin
    photo = model_file.picture(side).to(next(model.parameters()).device)
    guide, mix = model.prepare(photo)
    inside = slice(margin, margin + tile_side)
    whole = model(photo, WHOLE.to(photo.device), guide, mix)[:, :, inside, inside]
    rect = torch.tensor([[inside.start / side, inside.start / side, inside.stop / side, inside.stop / side]], device=photo.device)
    halo = model_file.smallest_halo(model(photo[:, :, inside, inside], rect, guide, mix), whole, range(8, margin, 8))
    if halo is None:
        raise SystemExit(f'no halo below {margin} px gives 60 dB')
    return halo


def tile_sides(halo):
    """The smallest tile holds two halos and a ramp between, and some more, so that not most of it is computed twice."""
    smallest = max(64, -(-(2 * halo + 32) // 64) * 64)
    return {'min': smallest, 'max': 8192, 'default': max(512, 2 * smallest)}


def bytes_per_pixel(model, side=512):
    """Of the tile pass in FP32 on a CPU."""
    photo = model_file.picture(side)
    guide, mix = model.prepare(photo)
    return model_file.bytes_per_pixel(lambda: model(photo, WHOLE, guide, mix), side * side)


def describe(model, architecture):
    """The measured part of hdrtile.json. `model` is in FP32."""
    field = receptive_field(architecture)
    halo = smallest_halo(model, field)
    return {'scale': 1, 'multiple': max(8, model.trunk.multiple), 'halo': halo, 'context_px': architecture.painter.context_px,
            'receptive_field': field, 'tile': tile_sides(halo), 'statistics': 'preview',
            'parameters': sum(p.numel() for p in model.parameters()),
            'bytes_per_pixel': bytes_per_pixel(model.cpu()), 'architecture': architecture.to_json()}
