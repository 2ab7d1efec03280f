"""Turns a training run into a model file: TorchScript with hdrtile.json inside (docs/design.md, "The model contract").

  python scripts/export_model.py --run RUN --out models/small.pt [--zero-trunk]

Computes what the file states of itself: receptive field (one pixel is changed, the reach of the change measured), halo
(the smallest border at which a tile cut from a photo equals the whole photo to 60 dB and 1/255, with the trained weights), memory per
pixel, and the weights' hash. Checks that the exported file equals the eager model at sizes it was not exported with.
"""
import argparse
import hashlib
import json
import sys
from pathlib import Path

import torch

import train
from contextual import ContextualModel

SIDE, CENTRE = 512, 256
WHOLE = torch.tensor([[0., 0., 1., 1.]])


def weights_sha256(model):
    digest = hashlib.sha256()
    for name, value in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(value.contiguous().numpy().tobytes())
    return digest.hexdigest()


def receptive_field():
    """Pixels seen to each side by the tile pass: random weights, so that nothing hides; the largest over the phases of
    one pixel within the downsampled grid."""
    model = ContextualModel().eval()
    torch.manual_seed(0)
    torch.nn.init.normal_(model.trunk.output.weight)
    x = torch.rand(1, 3, 256, 256)
    guide, mix = model.prepare(x[:, :, :128, :192])
    before = model(x, WHOLE, guide, mix)
    reach = 0
    for phase in range(model.trunk.multiple):
        changed = x.clone()
        changed[:, :, 128 + phase, 128 + phase] += 10
        rows = (model(changed, WHOLE, guide, mix) - before).abs().amax(dim=(0, 1, 3)).nonzero()
        reach = max(reach, 128 + phase - int(rows.min()), int(rows.max()) - 128 - phase)
    return reach


def picture():
    """A synthetic photo with edges, gradients, texture and noise: what borders get wrong must show."""
    torch.manual_seed(1)
    y, x = torch.meshgrid(torch.linspace(0, 1, SIDE), torch.linspace(0, 1, SIDE), indexing='ij')
    base = torch.stack([.1 + .5 * x, .2 + .3 * y, .3 * (1 - x)])
    base += .15 * ((x * 23).floor() + (y * 17).floor()).remainder(2)
    return (base + .03 * torch.randn(3, SIDE, SIDE)).clamp(0, 1)[None]


def smallest_halo(model):
    """The smallest multiple of 8 at which what lies inside a tile's halo equals the whole photo to 60 dB, and no value is
    off by more than 1/255."""
    photo = picture()
    guide, mix = model.prepare(photo)
    whole = model(photo, WHOLE, guide, mix)
    first, last = CENTRE - 128, CENTRE + 128
    rect = torch.tensor([[first / SIDE, first / SIDE, last / SIDE, last / SIDE]])
    tile = model(photo[:, :, first:last, first:last], rect, guide, mix)
    for halo in range(8, 129, 8):
        difference = (tile - whole[:, :, first:last, first:last])[:, :, halo:-halo, halo:-halo]
        psnr = float(-10 * difference.square().mean().clamp(min=1e-20).log10())
        largest = float(difference.abs().max())
        print(f'halo {halo}: {psnr:.1f} dB against the whole, largest difference {largest:.5f}')
        if psnr >= 60 and largest <= 1 / 255:
            return halo
    raise SystemExit('no halo up to 128 px gives 60 dB')


def bytes_per_pixel(model):
    """Peak of the tile pass's allocations over a tile's pixels, from the profiler's record of every allocation."""
    photo = picture()
    guide, mix = model.prepare(photo)
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU], profile_memory=True) as profile:
        model(photo, WHOLE, guide, mix)
    held = peak = 0
    for event in profile.profiler.kineto_results.events():
        if event.name() == '[memory]':
            held += event.nbytes()
            peak = max(peak, held)
    return peak / (SIDE * SIDE)


@torch.inference_mode()
def export(args):
    model = ContextualModel().eval()
    for stage in train.HALVES:
        if not train.checkpoint_path(args.run, stage).exists():
            raise SystemExit(f'{args.run}: no {stage}.ckpt; train that stage first (scripts/train.py {stage})')
        train.load_half(model, args.run, stage)
    if args.zero_trunk:
        torch.nn.init.zeros_(model.trunk.output.weight)
    scripted = torch.jit.script(model)
    description = {
        'name': args.name, 'version': args.version, 'licence': 'MIT', 'scale': 1, 'multiple': 8,
        'halo': smallest_halo(model), 'context_px': ContextualModel.context_px, 'receptive_field': receptive_field(),
        'tile': {'min': 64, 'max': 8192, 'default': 512}, 'statistics': 'preview',
        'parameters': sum(p.numel() for p in model.parameters()),
        'bytes_per_pixel': round(bytes_per_pixel(model)), 'weights_sha256': weights_sha256(model),
        'trained_on': args.trained_on,
    }
    partial = args.out.with_suffix('.tmp')
    torch.jit.save(scripted, str(partial), _extra_files={'hdrtile.json': json.dumps(description, indent=1)})
    check(model, torch.jit.load(str(partial)))
    partial.rename(args.out)
    write_sum(args.out)
    print(json.dumps(description, indent=1))
    print(f'{args.out}: {args.out.stat().st_size / 1e6:.1f} MB')


def write_sum(path):
    """The line of a model in SHA256SUMS beside it, which hdrtile checks models that are named by; as sha256sum writes it."""
    sums = path.parent / 'SHA256SUMS'
    lines = [line for line in sums.read_text().splitlines() if line[66:] != path.name] if sums.exists() else []
    lines.append(f'{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.name}')
    partial = sums.with_suffix('.tmp')
    partial.write_text('\n'.join(sorted(lines, key=lambda line: line[66:])) + '\n')
    partial.rename(sums)


def check(model, loaded):
    for height, width in ((64, 96), (200, 328), (512, 512)):
        photo = torch.rand(1, 3, height, width)
        preview = torch.rand(1, 3, 101, 192)
        results = [m(photo, WHOLE, *m.prepare(preview)) for m in (model, loaded)]
        worst = float((results[0] - results[1]).abs().max())
        if not worst <= 1e-5:
            raise SystemExit(f'the exported file differs from the eager model by {worst} at {width} x {height}')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--run', required=True, type=Path, help='folder of checkpoints that scripts/train.py wrote')
    parser.add_argument('--out', required=True, type=Path)
    parser.add_argument('--name', default='small')
    parser.add_argument('--version', default='1')
    parser.add_argument('--trained-on', default='HDR panoramas (CC0), rendered rooms (CC0), synthetic texture')
    parser.add_argument('--zero-trunk', action='store_true', help='without the tile pass: the guide alone, to measure what it adds')
    export(parser.parse_args())


if __name__ == '__main__':
    sys.exit(main())
