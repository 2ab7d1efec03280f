"""Trains hdrtile's default model on what scripts/prepare_data.py has cut or scripts/pack_data.py packed. Resumable; CPU or GPU.

Three stages share one folder, and may run beside each other (each writes its own part):
  tone   the painter: the whole photo, small, to its wanted picture. Views are exposed anew at every step.
  gate   the gate behind the painter as it is: which photos are finished already.
  tile   the trunk: crops of whole photos, toned by the painter's guide, to the clean target.

  python scripts/train.py tone --data prepared --out run --steps 3000
  python scripts/train.py gate --data prepared --out run --steps 1000
  python scripts/train.py tile --data prepared --out run --steps 3000
  python scripts/train.py tone --data prepared --out run --steps 3000 --resume
  python scripts/train.py tile --data prepared --out run --size base --device cuda --bf16 --from models/small.pt

`--size draft` has no tile stage: it is the guide of `small`. `--set` changes an option of the size (models/sizes.py).
"""
import argparse
import json
import math
import sys
import time
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'models'))
import sizes  # noqa: E402
from checkpoints import PARTS, checkpoint_path, load_file, load_part, load_weights, save  # noqa: E402
from contextual import ContextualModel  # noqa: E402
from live import codec  # noqa: E402
from live.data import LiveData  # noqa: E402
from training_batches import PreparedData  # noqa: E402
from training_tasks import GateTask, TileTask, ToneTask  # noqa: E402
from utilisation import Load, TimedData  # noqa: E402

TASKS = {'tone': ToneTask, 'gate': GateTask, 'tile': TileTask}


class EarlierStages:
    """Gives a stage the weights of those before it, which may run beside it, whenever they are new."""

    def __init__(self, model, task, run, stage):
        self.model, self.task, self.run, self.seen = model, task, run, {}
        self.stages = list(TASKS)[:list(TASKS).index(stage)]

    def refresh(self):
        for stage in self.stages:
            path = checkpoint_path(self.run, stage)
            written = path.stat().st_mtime if path.exists() else None
            if written != self.seen.get(stage):
                load_part(self.model, self.run, stage)
                self.task.forget()
                self.seen[stage] = written


def train(args, model, task):
    """Steps of one stage; the checkpoint in args.out is the result."""
    part = getattr(model, PARTS[args.stage])
    if args.compile:
        part.compile()
    data = task.data = TimedData(task.data, args.device)
    earlier = EarlierStages(model, task, args.out, args.stage)
    path = checkpoint_path(args.out, args.stage)
    state = torch.load(path, map_location=args.device) if args.resume and path.exists() else None
    if state:
        load_weights(part, state['weights'], path)
    earlier.refresh()
    if args.steps > 0:      # no photo has to hold a crop, else
        task.begin(np.random.default_rng(args.seed))
    trained = [p for p in part.parameters() if task.whitened is None or p is not task.whitened.weight[0]]
    trained += [*task.extra.parameters(), *(task.whitened.parameters() if task.whitened else [])]
    optimiser = torch.optim.AdamW(trained, lr=args.lr, weight_decay=1e-4, betas=(.9, .99))
    average, first, spent = {k: v.clone() for k, v in part.state_dict().items()}, 0, 0.
    if state:
        task.extra.load_state_dict(state['extra'])
        if task.whitened:
            task.whitened.load_state_dict(state['whitened'])
            task.whitened.give()
        optimiser.load_state_dict(state['optimiser'])
        average, first, spent = state['average'], state['step'], state.get('seconds', 0.)
        print(f'resumed at step {first}', flush=True)
    rng = np.random.default_rng([args.seed, first])
    warm_up = max(1, min(100, args.steps // 10))
    total, since, load = 0., time.time(), Load(args.device)
    begun, limit = since - spent, 60 * args.minutes
    for step in range(first, args.steps):
        if step % args.save_every == 0 or step == first:
            data.refresh()
            earlier.refresh()
        progress = max(step / args.steps, min(1, (time.time() - begun) / limit))
        rate = args.lr * min(1, (step + 1) / warm_up) * (.02 + .98 * .5 * (1 + math.cos(math.pi * progress)))
        for group in optimiser.param_groups:
            group['lr'] = rate
        loss = task.loss(rng)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        if task.whitened:
            task.whitened.take_gradient()
        torch.nn.utils.clip_grad_norm_(trained, .1)
        optimiser.step()
        if task.whitened:
            task.whitened.give()
        decay = min(.998, (step + 1) / (step + 20))
        torch._foreach_lerp_(list(average.values()), list(part.state_dict().values()), 1 - decay)
        total += loss.detach()
        if (step + 1) % args.log_every == 0:    # a GPU is waited for here and nowhere else
            mean, making, seconds = float(total) / args.log_every, data.clock.total(), time.time() - since
            print(f'{args.stage} step {step + 1}/{args.steps} loss {mean:.5f} lr {rate:.1e} {seconds / args.log_every:.2f} s a step, '
                  f'{100 * making / seconds:.0f} % of it data; {args.batch * args.log_every / seconds:.1f} images/s, {load()}', flush=True)
            total, since = 0., time.time()
        over = time.time() - begun >= limit
        if (step + 1) % args.save_every == 0 or step + 1 == args.steps or over:
            save(path, {'weights': part.state_dict(), 'average': average, 'optimiser': optimiser.state_dict(), 'step': step + 1,
                        'seconds': time.time() - begun, 'extra': task.extra.state_dict(),
                        'whitened': task.whitened.state_dict() if task.whitened else None, 'architecture': args.architecture.to_json()[PARTS[args.stage]]})
        if over:
            print(f'{args.minutes:g} minutes are over at step {step + 1}', flush=True)
            break


def set_up(args):
    """The model asked for, on its device."""
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    if args.device == 'cuda' and not torch.cuda.is_available():
        raise SystemExit('no CUDA device here: --device cpu')
    model = ContextualModel(args.architecture)
    if args.start:
        # What a gate has learned of another painter, or of few photos, stays with it: it is trained from nothing.
        load_file(model, args.start, [part for part in PARTS.values() if not part == args.stage == 'gate'])
    return model.to(args.device).to(memory_format=torch.channels_last)


def arguments(parser=None):
    """The options of training, for scripts that train."""
    parser = parser or argparse.ArgumentParser()
    parser.add_argument('--data', required=True, help='folder that scripts/prepare_data.py or scripts/pack_data.py wrote')
    parser.add_argument('--out', required=True, type=Path, help='folder of checkpoints')
    parser.add_argument('--steps', type=int, default=3000)
    parser.add_argument('--minutes', type=float, default=math.inf, help='of training, over all resumes: it ends, the rate having '
                        'come down, when steps or minutes are used up')
    parser.add_argument('--batch', type=int, default=8)
    parser.add_argument('--crop', type=int, default=128, help='side of the tile stage\'s crops')
    parser.add_argument('--crops-per-photo', type=int, default=4)
    parser.add_argument('--lr', type=float, default=1e-3)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--device', default='cpu', choices=['cpu', 'cuda'])
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--bf16', action='store_true', help='mixed precision')
    parser.add_argument('--compile', action='store_true', help='by torch.compile, on a GPU: minutes at the start, faster from then on')
    parser.add_argument('--save-every', type=int, default=100)
    parser.add_argument('--log-every', type=int, default=20)
    return parser


def open_data(args, model):
    """Packed scenes make a batch's views when they are wanted, prepared ones were made before."""
    packed = any(Path(args.data).glob(f'*{codec.SUFFIX}'))
    return (LiveData if packed else PreparedData)(args.data, model.working, args.device)


def settings(texts):
    """['trunk.levels=3'] to {'trunk.levels': 3}; what is no JSON is a text."""
    parsed = {}
    for text in texts:
        name, _, value = text.partition('=')
        try:
            parsed[name] = json.loads(value)
        except json.JSONDecodeError:
            parsed[name] = value
    return parsed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('stage', choices=TASKS)
    arguments(parser)
    parser.add_argument('--size', choices=['draft', *sizes.SIZES], default='small')
    parser.add_argument('--set', action='append', default=[], metavar='OPTION=VALUE', help='e.g. trunk.levels=3')
    parser.add_argument('--from', dest='start', type=Path, metavar='MODEL.pt',
                        help='start from the weights of a model file (a gate always starts anew)')
    parser.add_argument('--resume', action='store_true')
    args = parser.parse_args()
    if args.size == 'draft' and args.stage == 'tile':
        raise SystemExit('draft is the guide alone: it has no tile stage')
    try:
        args.architecture = sizes.SIZES['small' if args.size == 'draft' else args.size].with_settings(settings(args.set))
    except sizes.Wrong as wrong:
        raise SystemExit(f'--set: {wrong}') from None
    model = set_up(args)
    train(args, model, TASKS[args.stage](model, open_data(args, model), args))


if __name__ == '__main__':
    main()
