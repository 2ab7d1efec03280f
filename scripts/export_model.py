"""Turns a training run into a model file: TorchScript with hdrtile.json inside (docs/design.md, "The model contract"). Or a
model file into one with the code of models/ as it is today: the same weights.

  python scripts/export_model.py --run RUN --out models/small.pt [--zero-trunk]
  python scripts/export_model.py --run RUN --from models/small.pt --out small.pt     what RUN has not trained, from a file
  python scripts/export_model.py --run RUN --out models/base.pt --name base --fp16 --device cuda
  python scripts/export_model.py --from models/small.pt --out models/small.pt

Computes what the file states of itself: receptive field, halo (the smallest border at which a tile cut from a photo equals
the whole photo to 60 dB and 1/255, with the trained weights), memory per pixel, and the weights' hash. Checks that the
exported file equals the eager model at sizes it was not exported with.
"""
import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import torch

import checkpoints
import eager_model
import model_facts
import model_file

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'models'))
from contextual import ContextualModel  # noqa: E402

TRAINED_ON = 'HDR panoramas (CC0), rendered rooms (CC0), synthetic texture'


def load_run(run, stages=('tone', 'tile'), start=None):
    """The model that a training run has made, and its architecture. Only these stages have to be there, or in the model file
    `start`."""
    architecture = checkpoints.architecture_of(run)
    model = ContextualModel(architecture).eval()
    missing = [stage for stage in stages if not checkpoints.checkpoint_path(run, stage).exists()]
    taken = checkpoints.load_file(model, start, [checkpoints.PARTS[stage] for stage in missing]) if start and missing else []
    for stage in missing:
        if checkpoints.PARTS[stage] not in taken:
            raise SystemExit(f'{run}: no {stage}.ckpt; train that stage first (scripts/train.py {stage})')
    for stage in checkpoints.PARTS:
        checkpoints.load_part(model, run, stage)
    return model, architecture


@dataclass(frozen=True)
class Mixed:
    """Of a part of the model so much is that of another file."""
    part: str
    file: Path
    share: float

    @classmethod
    def parse(cls, text):
        """PART=MODEL.pt:SHARE"""
        part, _, rest = text.partition('=')
        file, _, share = rest.rpartition(':')
        if part not in checkpoints.PARTS.values() or not file or not 0 <= float(share) <= 1:
            raise ValueError
        return cls(part, Path(file), float(share))


@torch.no_grad()
def mix(model, mixed):
    """Weights between those of a run and of files that it was trained further from, or that were trained from the same
    (Wortsman et al. 2022, arXiv 2203.05482 and 2109.01903): what each gained on its scenes, and less of what it lost on others."""
    own = getattr(model, mixed.part).state_dict()
    theirs = getattr(eager_model.rebuild(*eager_model.load(mixed.file)), mixed.part).state_dict()
    if {k: v.shape for k, v in own.items()} != {k: v.shape for k, v in theirs.items()}:
        raise SystemExit(f'{mixed.file}: its {mixed.part} has another architecture, so that they cannot be mixed')
    for name, value in own.items():
        value.lerp_(theirs[name], mixed.share)


@torch.inference_mode()
def export(args):
    if args.run:
        description = {'name': 'small', 'version': '1', 'trained_on': TRAINED_ON}
        model, architecture = load_run(args.run, ('tone',) if args.zero_trunk else ('tone', 'tile'), args.start)
        for mixed in args.mix:
            mix(model, mixed)
    else:
        scripted, description = eager_model.load(args.start)
        model, architecture = eager_model.rebuild(scripted, description), eager_model.architecture_of(description)
    description |= {key: value for key, value in vars(args).items() if value is not None}
    if args.zero_trunk:
        torch.nn.init.zeros_(model.trunk.output.weight)
    write(model, architecture, args.out, description, args.fp16, args.device)


def write(model, architecture, path, texts, fp16=False, device='cpu'):
    """The model file at `path` and its line in SHA256SUMS. `texts` has name, version and trained_on."""
    if fp16:
        model.half().float()    # what is stated and checked is what the rounded weights do
    description = {'name': texts['name'], 'version': texts['version'], 'licence': 'MIT'}
    description |= model_facts.describe(model.to(device), architecture)
    stored = model.half() if fp16 else model
    description |= {'weights_sha256': model_file.weights_sha256(stored), 'trained_on': texts['trained_on']}
    partial = model_file.save(torch.jit.script(stored), path, description)
    worst = model_file.largest_difference(model.float(), torch.jit.load(str(partial)).float(),
                                          [(1, 3, 64, 96), (1, 3, 200, 328), (1, 3, 512, 512)])
    if not worst <= 1e-5:
        raise SystemExit(f'the exported file differs from the eager model by {worst}')
    partial.rename(path)
    model_file.write_sum(path)
    print(json.dumps(description, indent=1))
    print(f'{path}: {path.stat().st_size / 1e6:.1f} MB')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--run', type=Path, help='folder of checkpoints that scripts/train.py wrote')
    parser.add_argument('--from', dest='start', type=Path, metavar='MODEL.pt',
                        help='a model file: of a run, the stages that it lacks; without one all of it, with what it says of itself')
    parser.add_argument('--mix', type=Mixed.parse, action='append', default=[], metavar='PART=MODEL.pt:SHARE',
                        help='weights between those of the run and of a model file, e.g. painter=small.pt:.25; may be given several times')
    parser.add_argument('--out', required=True, type=Path)
    parser.add_argument('--name', help='default: small')
    parser.add_argument('--version', help='default: 1')
    parser.add_argument('--trained-on', help=f'default: {TRAINED_ON}')
    parser.add_argument('--zero-trunk', action='store_true', help='without the tile pass: the guide alone, to measure what it adds')
    parser.add_argument('--fp16', action='store_true', help='store the weights in FP16; hdrtile makes FP32 of them when it loads')
    parser.add_argument('--device', default='cpu', choices=['cpu', 'cuda'], help='where the halo is searched: minutes for `base` on a CPU')
    args = parser.parse_args()
    if not (args.run or args.start):
        parser.error('--run RUN, --from MODEL.pt or both')
    if args.mix and not args.run:
        parser.error('--mix: what is mixed into a run; give --run')
    export(args)


if __name__ == '__main__':
    sys.exit(main())
