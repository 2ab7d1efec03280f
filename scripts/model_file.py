"""What scripts that write model files share: what a file states of itself (docs/design.md, "The model contract") is measured
here, on the network with its weights."""
import hashlib
import json

import torch

TOLERANCE = 1e-4    # between an imported file and what PyTorch gives


def reason(error):
    """Of an exception, in a line."""
    return next((line for line in str(error).splitlines() if line.strip()), type(error).__name__)


def weights_sha256(module):
    """Of names and bytes of all weights and buffers, by name: as hdrtile computes it (src/infer/model_file.cpp)."""
    weights = dict(module.named_parameters(remove_duplicate=False)) | dict(module.named_buffers(remove_duplicate=False))
    digest = hashlib.sha256()
    for name, value in sorted(weights.items()):
        digest.update(name.encode())
        digest.update(value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()


def picture(side):
    """A synthetic photo with edges, gradients, texture and noise: what borders get wrong must show."""
    torch.manual_seed(1)
    y, x = torch.meshgrid(torch.linspace(0, 1, side), torch.linspace(0, 1, side), indexing='ij')
    base = torch.stack([.1 + .5 * x, .2 + .3 * y, .3 * (1 - x)])
    base += .15 * ((x * 23).floor() + (y * 17).floor()).remainder(2)
    return (base + .03 * torch.randn(3, side, side)).clamp(0, 1)[None]


def reach(call, side, multiple, scale=1, rows=None):
    """Pixels seen to each side: a pixel is made NaN, which spreads to all that is computed from it, however faintly. None
    where that touches the border of a picture of `side`. It depends on the pixel's place within `multiple`, in levels of
    several resolutions in no simple way. With `rows` the picture is a strip of so many, enough where all kernels are square,
    and all places are tried; without, the first and the last."""
    furthest = 0
    for place in range(multiple) if rows else {0, multiple - 1}:
        place += side // 2
        x = torch.full((1, 3, rows or side, side), .5)
        x[:, :, rows // 2 if rows else place, place] = torch.nan
        hit = call(x).isnan().any(dim=1)[0]
        for spread in (hit.any(dim=0).nonzero().flatten(), *([] if rows else [hit.any(dim=1).nonzero().flatten()])):
            first, last = int(spread.min()) // scale, int(spread.max()) // scale
            if first == 0 or last == side - 1:
                return None
            furthest = max(furthest, place - first, last - place)
    return furthest


def smallest_halo(tile, whole, halos, scale=1):
    """The first of `halos` inside which a tile's result equals the same part of the whole photo's to 60 dB, and no value is
    off by more than 1/255; None where none does."""
    for halo in halos:
        border = halo * scale
        difference = (tile - whole)[:, :, border:-border, border:-border]
        psnr = float(-10 * difference.square().mean().clamp(min=1e-20).log10())
        largest = float(difference.abs().max())
        print(f'halo {halo}: {psnr:.1f} dB against the whole, largest difference {largest:.5f}', flush=True)
        if psnr >= 60 and largest <= 1 / 255:
            return halo
    return None


def bytes_per_pixel(call, pixels):
    """Peak of what `call` allocates over the pixels of the tile that it runs on, from the profiler's record of every
    allocation."""
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profile:
        call()
    held = peak = 0
    for event in profile.profiler.kineto_results.events():
        if event.name() == '[memory]':
            held += event.nbytes()
            peak = max(peak, held)
    return round(peak / pixels)


def largest_difference(model, other, shapes):
    """Between the results of two modules of the contract for tiles of these shapes; infinite where one is not finite, or of
    another size."""
    worst = 0.
    for shape in shapes:
        tiles, preview = torch.rand(shape), torch.rand(1, 3, 101, 192)
        ours, theirs = (run(module, tiles, preview) for module in (model, other))
        if ours.shape != theirs.shape or not (ours - theirs).isfinite().all():
            return torch.inf
        worst = max(worst, float((ours - theirs).abs().max()))
    return worst


def run(module, tiles, preview):
    """A plain module, or a contextual one whose photo `preview` shows. Tiles all stand for the whole photo."""
    if hasattr(module, 'prepare'):
        return module(tiles, torch.tensor([[0., 0., 1., 1.]]).expand(tiles.shape[0], -1), *module.prepare(preview))
    return module(tiles)


def save(module, path, description):
    """A TorchScript module with its description, beside `path`: for checks, before it gets that name."""
    partial = path.with_suffix('.tmp')
    torch.jit.save(module, str(partial), _extra_files={'hdrtile.json': json.dumps(description, indent=1)})
    return partial


def write_sum(path):
    """The line of a model in SHA256SUMS beside it, which hdrtile checks models that are named by; as sha256sum writes it."""
    sums = path.parent / 'SHA256SUMS'
    lines = [line for line in sums.read_text().splitlines() if line[66:] != path.name] if sums.exists() else []
    lines.append(f'{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}')
    partial = sums.with_suffix('.tmp')
    partial.write_text('\n'.join(sorted(lines, key=lambda line: line[66:])) + '\n')
    partial.rename(sums)
