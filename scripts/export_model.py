"""Turns a training run into a model file: TorchScript with hdrtile.json inside (docs/design.md, "The model contract").

  python scripts/export_model.py --run RUN --out models/small.pt [--zero-trunk]

Computes what the file states of itself: receptive field (one pixel is changed, the reach of the change measured), halo
(the smallest border at which a tile cut from a photo equals the whole photo to 60 dB and 1/255, with the trained weights), memory per
pixel, and the weights' hash. Checks that the exported file equals the eager model at sizes it was not exported with.
"""
import argparse
import json
import sys
from pathlib import Path

import torch

import model_file
import train
from contextual import ContextualModel

SIDE, CENTRE = 512, 256
WHOLE = torch.tensor([[0., 0., 1., 1.]])


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


def halo_of(model):
    """The smallest multiple of 8 that keeps what lies inside it, in a tile cut from a photo, equal to the whole photo."""
    photo = model_file.picture(SIDE)
    guide, mix = model.prepare(photo)
    whole = model(photo, WHOLE, guide, mix)
    first, last = CENTRE - 128, CENTRE + 128
    rect = torch.tensor([[first / SIDE, first / SIDE, last / SIDE, last / SIDE]])
    tile = model(photo[:, :, first:last, first:last], rect, guide, mix)
    halo = model_file.smallest_halo(tile, whole[:, :, first:last, first:last], range(8, 121, 8))
    if halo is None:
        raise SystemExit('no halo up to 120 px gives 60 dB')
    return halo


def bytes_per_pixel(model):
    photo = model_file.picture(SIDE)
    guide, mix = model.prepare(photo)
    return model_file.bytes_per_pixel(lambda: model(photo, WHOLE, guide, mix), SIDE * SIDE)


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
        'halo': halo_of(model), 'context_px': ContextualModel.context_px, 'receptive_field': receptive_field(),
        'tile': {'min': 64, 'max': 8192, 'default': 512}, 'statistics': 'preview',
        'parameters': sum(p.numel() for p in model.parameters()),
        'bytes_per_pixel': bytes_per_pixel(model), 'weights_sha256': model_file.weights_sha256(model),
        'trained_on': args.trained_on,
    }
    partial = model_file.save(scripted, args.out, description)
    worst = model_file.largest_difference(model, torch.jit.load(str(partial)), [(1, 3, 64, 96), (1, 3, 200, 328), (1, 3, 512, 512)])
    if not worst <= 1e-5:
        raise SystemExit(f'the exported file differs from the eager model by {worst}')
    partial.rename(args.out)
    model_file.write_sum(args.out)
    print(json.dumps(description, indent=1))
    print(f'{args.out}: {args.out.stat().st_size / 1e6:.1f} MB')


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
