"""What the file of a model of models/contextual.py states of itself, measured."""
import sys
from pathlib import Path

import torch

import model_file

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'models'))
from contextual import ContextualModel  # noqa: E402

WHOLE = torch.tensor([[0., 0., 1., 1.]])


def receptive_field(architecture):
    """Pixels seen to each side by the tile pass."""
    model = ContextualModel(architecture.narrow()).eval()
    guide, mix = model.prepare(torch.rand(1, 3, 128, 192))
    field, side = None, 128
    while field is None:
        side *= 2
        field = model_file.reach(lambda x: model(x, WHOLE, guide, mix), side, model.trunk.multiple, rows=4 * model.trunk.multiple)
    return field


def halo_of(model, field):
    """The smallest multiple of 8 that keeps what lies inside it, in a tile cut from a photo, equal to the whole photo. The
    photo goes on past the tile for as far as the network sees."""
    margin = max(128, -(-field // 64) * 64)
    side = 4 * margin
    photo = model_file.picture(side).to(next(model.parameters()).device)
    guide, mix = model.prepare(photo)
    inside = slice(margin, side - margin)
    rect = torch.tensor([[.25, .25, .75, .75]], device=photo.device)
    halo = model_file.smallest_halo(model(photo[:, :, inside, inside], rect, guide, mix),
                                    model(photo, WHOLE.to(photo.device), guide, mix)[:, :, inside, inside], range(8, margin, 8))
    if halo is None:
        raise SystemExit(f'no halo below {margin} px gives 60 dB')
    return halo


def tile_sides(halo):
    """The smallest tile holds two halos and a ramp between, and some more, so that not most of it is computed twice. Of 7.2 MP tiles
    of 512 compute 19 % twice, those of 1024 10 %."""
    smallest = max(64, -(-(2 * halo + 32) // 64) * 64)
    return {'min': smallest, 'max': 8192, 'default': max(1024, 2 * smallest)}


def bytes_per_pixel(model):
    """In FP32 on a CPU."""
    photo = model_file.picture(512)
    guide, mix = model.prepare(photo)
    return model_file.bytes_per_pixel(lambda: model(photo, WHOLE, guide, mix), photo[0, 0].numel())


def describe(model, architecture):
    """The measured part of hdrtile.json. `model` is in FP32 and comes back on the CPU."""
    field = receptive_field(architecture)
    halo = halo_of(model, field)
    return {'scale': 1, 'multiple': max(8, model.trunk.multiple), 'halo': halo, 'context_px': architecture.painter.context_px,
            'receptive_field': field, 'tile': tile_sides(halo), 'statistics': 'preview',
            'parameters': sum(p.numel() for p in model.parameters()),
            'bytes_per_pixel': bytes_per_pixel(model.cpu()), 'architecture': architecture.to_json()}
