"""Knowledge distillation: trains students of the tile pass with and without a teacher, at equal steps, seed and batches,
and writes a table (Markdown and JSON).

  python scripts/distill.py --teacher models/base.pt --data prepared --panoramas PANORAMAS --out distilled --students small,student

Students have the teacher's painter, and so its guide; what they learn is the trunk. With --alpha A the loss is
  A * MSE(teacher's result) + (1 - A) * L1(wanted picture) + --features * the distance of intermediate features,
without the teacher it is L1 alone. Features of one size of map are compared: the student's last, through a 1 x 1 projection
that is learned with it, against the teacher's last, relative to their variance. A broken-off run goes on. Each student
becomes a model file by `scripts/export_model.py --run OUT/NAME`.
"""
import argparse
import sys
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

import ablation_judge
import checkpoints
import compile_model
import train
from row_table import RowTable
from training_tasks import TileTask

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'models'))
import sizes  # noqa: E402


class Features:
    """The last map of each size that the stages of a trunk gave in its latest pass, by sides."""

    def __init__(self, trunk):
        self.maps = {}
        for stage in (*trunk.encoders, trunk.latent, *trunk.decoders):
            stage.register_forward_hook(self.take)

    def take(self, module, inputs, result):
        features = result[0] if isinstance(result, tuple) else result
        self.maps[tuple(features.shape[2:])] = features


class PlainTask(TileTask):
    """The student by itself."""

    def loss(self, rng):
        x, toned, y, previews, painted = self.batch(rng)
        return F.l1_loss(self.clean(x, toned, previews, painted), y)


class TaughtTask(TileTask):
    def __init__(self, model, data, args, teacher):
        super().__init__(model, data, args)
        self.teacher = TileTask(teacher, data, args)
        self.maps, self.teachers_maps = Features(model.trunk), Features(teacher.trunk)
        self.extra = self.projections()

    def projections(self):
        """A pass over nothing tells which sizes both have, and their channels."""
        with torch.no_grad():
            nothing = torch.zeros(1, 6, 64, 64, device=self.args.device)
            self.model.trunk(nothing)
            self.teacher.model.trunk(nothing)
        pairs = {str(64 // size[0]): (features.shape[1], self.teachers_maps.maps[size].shape[1])
                 for size, features in self.maps.maps.items() if size in self.teachers_maps.maps}
        return nn.ModuleDict({share: nn.Conv2d(*channels, 1) for share, channels in pairs.items()}).to(self.args.device)

    def features_apart(self, size):
        """Of the latest passes over tiles of `size`."""
        apart = []
        for share, project in self.extra.items():
            place = (size[0] // int(share), size[1] // int(share))
            theirs = self.teachers_maps.maps[place].float()
            apart.append((project(self.maps.maps[place].float()) - theirs).square().mean() / theirs.var().clamp(min=1e-6))
        return torch.stack(apart).mean() if apart else torch.zeros((), device=self.args.device)

    def loss(self, rng):
        x, toned, y, previews, painted = self.batch(rng)
        with torch.no_grad():
            taught = self.teacher.clean(x, toned, previews, painted)
        out = self.clean(x, toned, previews, painted)
        result = self.args.alpha * F.mse_loss(out, taught) + (1 - self.args.alpha) * F.l1_loss(out, y)
        return result + self.args.features * self.features_apart(x.shape[2:])


def train_student(name, teacher, painter, taught, args):
    """The student, trained, judged by its averaged weights; painter: the teacher's configuration of it."""
    options = argparse.Namespace(**vars(args))
    options.out = args.out / f'{name}-{"taught" if taught else "alone"}'
    options.stage, options.start, options.resume = 'tile', None, True
    options.architecture = sizes.Architecture(painter, sizes.SIZES[name].trunk)
    model = train.set_up(options)
    model.painter.load_state_dict(teacher.painter.state_dict())
    checkpoints.save(checkpoints.checkpoint_path(options.out, 'tone'),
                     {'average': teacher.painter.state_dict(), 'architecture': options.architecture.to_json()['painter']})
    data = train.open_data(options, model)
    train.train(options, model, TaughtTask(model, data, options, teacher) if taught else PlainTask(model, data, options))
    checkpoints.load_part(model, options.out, 'tile')
    return model.cpu().eval()


def main():
    parser = train.arguments(argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter))
    parser.set_defaults(batch=16)
    parser.add_argument('--teacher', required=True, type=Path, help='a model file of scripts/export_model.py')
    parser.add_argument('--students', default='small,student', help='sizes of models/sizes.py')
    ablation_judge.arguments(parser)
    parser.add_argument('--alpha', type=float, default=.7, help='the teacher\'s share')
    parser.add_argument('--features', type=float, default=.01, help='weight of the distance of intermediate features')
    args = parser.parse_args()
    students = args.students.split(',')
    if not 0 <= args.alpha <= 1:
        raise SystemExit(f'--alpha {args.alpha}: a share from 0 to 1')
    for name in students:
        if name not in sizes.SIZES:
            raise SystemExit(f'--students: no size {name!r}; there are {", ".join(sizes.SIZES)}')
    scripted, description = compile_model.load(args.teacher)
    teacher = compile_model.rebuild(scripted, description).to(args.device)
    painter = sizes.Architecture.from_json(description.get('architecture', {})).painter
    args.out.mkdir(parents=True, exist_ok=True)
    table = RowTable(args.out / 'distillation.json')
    views = ablation_judge.views(args.panoramas, args.rooms, args.views)
    order = ['teacher', *[f'{name}, {how}' for name in students for how in ('alone', 'taught')]]
    for row in order:
        if row in table:
            continue
        print(row, flush=True)
        name, _, how = row.partition(', ')
        model = train_student(name, teacher, painter, how == 'taught', args) if how else teacher.cpu()
        table.add(row, f'{args.steps} of {args.batch}' if how else 'as shipped', ablation_judge.judge(model, 'preview', views))
        teacher.to(args.device)
    text = table.markdown(order)
    (args.out / 'distillation.md').write_text(text)
    print(text)


if __name__ == '__main__':
    main()
