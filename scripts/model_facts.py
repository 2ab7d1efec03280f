"""What a model file states of itself, measured: how far its tile pass sees, the halo it needs, the memory it takes."""
import hashlib
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'models'))
import sizes  # noqa: E402
from contextual import ContextualModel  # noqa: E402

WHOLE = torch.tensor([[0., 0., 1., 1.]])


def weights_sha256(model):
    """Names and bytes of all weights, by name: as hdrtile computes it when it loads the file (src/infer/model_file.cpp)."""
    weights = dict(model.named_parameters(remove_duplicate=False)) | dict(model.named_buffers(remove_duplicate=False))
    digest = hashlib.sha256()
    for name, value in sorted(weights.items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def receptive_field(architecture):
    """Pixels seen to each side by the tile pass: one pixel becomes NaN, which no weight hides, and what it spreads to is
    counted; the largest over the pixel's phases within the downsampled grid."""
    model = ContextualModel(architecture.narrow()).eval()
    guide, mix = model.prepare(torch.rand(1, 3, 128, 192))
    side = 128
    while True:
        side *= 2
        reach = max(reach_of_a_pixel(model, guide, mix, side, side // 2 + phase) for phase in range(model.trunk.multiple))
        if reach + model.trunk.multiple < side // 2:
            return reach


def reach_of_a_pixel(model, guide, mix, side, place):
    """Along a strip: what holds across a photo holds down it, as all kernels are square."""
    x = torch.rand(1, 3, 4 * model.trunk.multiple, side)
    x[:, :, 2 * model.trunk.multiple, place] = float('nan')
    columns = model(x, WHOLE, guide, mix).isnan().any(dim=1)[0].any(dim=0).nonzero()
    return max(place - int(columns.min()), int(columns.max()) - place)


def picture(side):
    """A synthetic photo with edges, gradients, texture and noise: what borders get wrong must show."""
    torch.manual_seed(1)
    y, x = torch.meshgrid(torch.linspace(0, 1, side), torch.linspace(0, 1, side), indexing='ij')
    base = torch.stack([.1 + .5 * x, .2 + .3 * y, .3 * (1 - x)])
    base += .15 * ((x * 23).floor() + (y * 17).floor()).remainder(2)
    return (base + .03 * torch.randn(3, side, side)).clamp(0, 1)[None]


def smallest_halo(model, field):
    """The smallest multiple of 8 at which what lies inside a tile's halo equals the whole photo to 60 dB, and no value is
    off by more than 1/255. The photo goes on past the tile for as far as the network sees."""
    margin = max(128, -(-field // 64) * 64)
    tile_side = 2 * margin
    side = tile_side + 2 * margin
    photo = picture(side).to(next(model.parameters()).device)
    guide, mix = model.prepare(photo)
    inside = slice(margin, margin + tile_side)
    whole = model(photo, WHOLE.to(photo.device), guide, mix)[:, :, inside, inside]
    rect = torch.tensor([[inside.start / side, inside.start / side, inside.stop / side, inside.stop / side]], device=photo.device)
    tile = model(photo[:, :, inside, inside], rect, guide, mix)
    for halo in range(8, margin, 8):
        difference = (tile - whole)[:, :, halo:-halo, halo:-halo]
        psnr = float(-10 * difference.square().mean().clamp(min=1e-20).log10())
        largest = float(difference.abs().max())
        print(f'halo {halo}: {psnr:.1f} dB against the whole, largest difference {largest:.5f}')
        if psnr >= 60 and largest <= 1 / 255:
            return halo
    raise SystemExit(f'no halo below {margin} px gives 60 dB')


def tile_sides(halo):
    """The smallest tile holds two halos and a ramp between, and some more, so that not most of it is computed twice."""
    smallest = max(64, -(-(2 * halo + 32) // 64) * 64)
    return {'min': smallest, 'max': 8192, 'default': max(512, 2 * smallest)}


def bytes_per_pixel(model):
    """Peak of the tile pass's allocations over a tile's pixels, in FP32 on a CPU, from the profiler's record of all."""
    side = 512
    photo = picture(side)
    guide, mix = model.prepare(photo)
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profile:
        model(photo, WHOLE, guide, mix)
    held = peak = 0
    for event in profile.profiler.kineto_results.events():
        if event.name() == '[memory]':
            held += event.nbytes()
            peak = max(peak, held)
    return peak / (side * side)


def describe(model, architecture):
    """The measured part of hdrtile.json. `model` is in FP32; its weights' hash is that of the weights as they are."""
    field = receptive_field(architecture)
    halo = smallest_halo(model, field)
    return {'scale': 1, 'multiple': max(8, model.trunk.multiple), 'halo': halo, 'context_px': architecture.painter.context_px,
            'receptive_field': field, 'tile': tile_sides(halo), 'statistics': 'preview',
            'parameters': sum(p.numel() for p in model.parameters()),
            'bytes_per_pixel': round(bytes_per_pixel(model.cpu())), 'architecture': architecture.to_json()}
