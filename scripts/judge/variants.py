"""A model file taken apart, to measure what its parts are worth: files that hdrtile runs like any other."""
import json

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class GuideAlone(nn.Module):
    """The model without its tile pass."""

    def __init__(self, model):
        super().__init__()
        self.model = model

    @torch.jit.export
    def prepare(self, preview: Tensor) -> tuple[Tensor, Tensor]:
        return self.model.prepare(preview)

    def forward(self, tiles: Tensor, rect: Tensor, guide: Tensor, mix: Tensor) -> Tensor:
        return self.model.draft(tiles, rect, guide)


class PerTile(nn.Module):
    """The model as a plain one: each tile is taken for a photo of its own, statistics, tone and all."""

    def __init__(self, model, context_px: int):
        super().__init__()
        self.model = model
        self.context_px = context_px

    def forward(self, tiles: Tensor) -> Tensor:
        scale = self.context_px / max(tiles.shape[2], tiles.shape[3])
        size = [max(int(round(side * scale)), 1) for side in tiles.shape[2:]]
        whole = torch.tensor([[0., 0., 1., 1.]], device=tiles.device)
        results = []
        for i in range(tiles.shape[0]):
            tile = tiles[i:i + 1]
            preview = F.interpolate(tile, size, mode='bilinear', align_corners=False, antialias=True)
            guide, mix = self.model.prepare(preview)
            results.append(self.model(tile, whole, guide, mix))
        return torch.cat(results)


class Identity(nn.Module):
    def forward(self, tiles: Tensor) -> Tensor:
        return tiles


def save(module, path, description):
    torch.jit.save(torch.jit.script(module.eval()), str(path), _extra_files={'hdrtile.json': json.dumps(description)})
    return path


def write_identity(folder):
    """A model that changes nothing: the program as a converter of photos."""
    return save(Identity(), folder / 'identity.pt', {'name': 'identity', 'scale': 1, 'multiple': 8, 'halo': 0})


def write(path, folder):
    """Writes the variants that the model file allows; {name: (path, further flags for enhance)}."""
    extra = {'hdrtile.json': ''}
    model = torch.jit.load(str(path), map_location='cpu', _extra_files=extra)
    if not hasattr(model, 'prepare'):
        return {}
    described = json.loads(extra['hdrtile.json'])
    described.pop('weights_sha256', None)     # names of weights differ in a wrapper
    plain = {key: value for key, value in described.items() if key not in ('context_px', 'statistics')}
    variants = {'per-tile statistics': (PerTile(model, described['context_px']), plain, ['--precision', 'fp32'])}
    if hasattr(model, 'draft'):
        variants['guide alone'] = (GuideAlone(model), described, [])
    written = {}
    for name, (module, description, flags) in variants.items():
        written[name] = save(module, folder / f'{name.replace(" ", "_")}.pt', description | {'name': name}), flags
    return written
