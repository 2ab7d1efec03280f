"""What each part of the model is worth: trains every row from scratch at equal steps and seed, judges all on the same
held-out views, and writes a table (Markdown and JSON).

  python scripts/ablate.py --data prepared --panoramas PANORAMAS [--rooms ROOMS] --out ablation [--rows 'trunk *'] [--bf16]

Rows that are there already are kept, so a run that was broken off goes on; with other steps, give another --out. Steps are
few: differences are those of early training. Three kinds of rows:
  pass     the model file as it is, its tile pass left out or run with other statistics: nothing is trained
  trunk    an option of the trunk, trained on the model file's painter
  painter  an option of the painter, trained from scratch and judged by the guide alone
"""
import argparse
import fnmatch
import re
import sys
from dataclasses import dataclass, field
from pathlib import Path

import torch

import ablation_judge
import checkpoints
import train
from row_table import RowTable
from training_batches import PreparedData
from training_tasks import TileTask

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'models'))
import sizes  # noqa: E402
from contextual import ContextualModel  # noqa: E402


@dataclass(frozen=True)
class Row:
    name: str
    settings: dict = field(default_factory=dict)
    judged: str = 'preview'     # of what ablation_judge.enhance can do
    own_statistics: bool = False
    photos_only: bool = False

    @property
    def kind(self):
        return self.name.split()[0]


ROWS = [
    Row('pass: guide alone', judged='guide'),
    Row('pass: mixing matrices from the preview (small)'),
    Row('pass: per-tile statistics', judged='tile'),
    Row('pass: TLC windows of 8 px', judged='window:8'),
    Row('pass: TLC windows of 64 px', judged='window:64'),
    Row('pass: TLC windows of 384 px', judged='window:384'),
    Row('pass: guide alone, as a map', {'painter.guide_depth': 1}, judged='guide'),
    Row('pass: guide as a map', {'painter.guide_depth': 1}),
    Row('trunk: GDFN (small)'),
    Row('trunk: Fire module', {'trunk.feed_forward': 'fire'}),
    Row('trunk: inverted residual', {'trunk.feed_forward': 'inverted_residual'}),
    Row('trunk: dim 24', {'trunk.width_mult': .5}),
    Row('trunk: trained with per-tile statistics', judged='tile', own_statistics=True),
    Row('trunk: depth 3', {'trunk.levels': 3}),
    Row('trunk: depth 4', {'trunk.levels': 4}),
    Row('trunk: no pixel-unshuffle', {'trunk.unshuffle': 1}),
    Row('painter: metered and fused copy (small)', judged='guide'),
    Row('painter: without the fused copy', {'painter.fused': False}, judged='guide'),
    Row('painter: without the metered copy', {'painter.metered': False}, judged='guide'),
    Row('painter: without both', {'painter.metered': False, 'painter.fused': False}, judged='guide'),
    Row('painter: preview of 192 px', {'painter.short_side': 128}, judged='guide', photos_only=True),
    Row('painter: preview of 384 px', {'painter.short_side': 256}, judged='guide', photos_only=True),
    Row('painter: preview of 768 px', {'painter.short_side': 512}, judged='guide', photos_only=True),
]


class OwnStatistics(TileTask):
    def clean(self, x, toned, previews, painted):
        with torch.autocast(self.args.device, torch.bfloat16, enabled=self.args.bf16):
            return self.model.clean(x, toned, None)


class WholePhotos(PreparedData):
    """Tone batches of whole photos alone, as large previews need them: the views are kept small."""

    def tone_batch(self, count, rng, finished=None):    # those that are finished were prepared so
        return tuple(map(self.small, self.photos.get(self.photos.pick(count, rng))))


def training_of(row, args):
    """Options of scripts/train.py for a row."""
    steps, batch = {'trunk:': (args.trunk_steps, 16), 'painter:': (args.painter_steps, 8)}[row.kind]
    if row.photos_only:
        steps, batch = args.preview_steps, 2
    slug = re.sub(r'[^a-z0-9]+', '-', row.name.lower()).strip('-')
    texts = ['--data', str(args.data), '--out', str(args.out / slug), '--steps', str(steps), '--batch', str(batch),
             '--seed', str(args.seed), '--device', args.device, '--threads', str(args.threads)] + ['--bf16'] * args.bf16
    options = train.arguments().parse_args(texts)
    options.stage, options.resume = 'tile' if row.kind == 'trunk:' else 'tone', True
    options.start = None
    return options


def trained(row, args):
    """The row's model, and how it was trained."""
    architecture = sizes.SIZES['small'].with_settings(row.settings)
    if row.kind == 'pass:':
        model = ContextualModel(architecture)
        checkpoints.load_file(model, args.model)
        return model.eval(), 'as shipped'
    options = training_of(row, args)
    options.architecture = architecture
    model = train.set_up(options)
    if row.kind == 'trunk:':
        checkpoints.load_file(model, args.model, ['painter'])
    data = WholePhotos(options.data, model.working, options.device) if row.photos_only else train.open_data(options, model)
    task = OwnStatistics if row.own_statistics else train.TASKS[options.stage]
    train.train(options, model, task(model, data, options))
    checkpoints.load_part(model, options.out, options.stage)    # the averaged weights
    return model.cpu().eval(), f'{options.steps} of {options.batch}'


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--data', required=True, type=Path, help='folder that scripts/prepare_data.py wrote')
    ablation_judge.arguments(parser)
    parser.add_argument('--out', required=True, type=Path)
    parser.add_argument('--model', type=Path, default=Path(__file__).resolve().parent.parent / 'models/small.pt')
    parser.add_argument('--rows', default='*', help='pattern of names of rows')
    parser.add_argument('--trunk-steps', type=int, default=120)
    parser.add_argument('--painter-steps', type=int, default=100)
    parser.add_argument('--preview-steps', type=int, default=60)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--device', default='cpu', choices=['cpu', 'cuda'])
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--bf16', action='store_true', help='train in mixed precision; judged in FP32')
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    chosen = [row for row in ROWS if fnmatch.fnmatch(row.name, args.rows)]
    if not chosen:
        raise SystemExit(f'--rows {args.rows}: no such row; there are ' + ', '.join(row.name for row in ROWS))
    table = RowTable(args.out / 'ablation.json')
    views = ablation_judge.views(args.panoramas, args.rooms, args.views)
    for row in chosen:
        if row.name not in table:
            print(row.name, flush=True)
            model, training = trained(row, args)
            table.add(row.name, training, ablation_judge.judge(model, row.judged, views))
    text = table.markdown([row.name for row in ROWS])
    (args.out / 'ablation.md').write_text(text)
    print(text)


if __name__ == '__main__':
    main()
