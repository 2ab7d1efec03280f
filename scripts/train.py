"""Trains hdrtile's default model on what scripts/prepare_data.py has cut. Resumable; CPU or GPU.

Two stages share one file of weights, and may run beside each other (each writes its own half):
  tone   the painter: the whole photo, small, to its wanted picture. Views are exposed anew at every step.
  tile   the trunk: crops of whole photos, toned by the painter's guide, to the clean target.

  python scripts/train.py tone --data prepared --out run --steps 3000
  python scripts/train.py tile --data prepared --out run --steps 3000
  python scripts/train.py tone --data prepared --out run --steps 3000 --resume
"""
import argparse
import math
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'models'))
import tone  # noqa: E402
from contextual import ContextualModel  # noqa: E402
from training_data import Sources, expose, flip, to_tensor  # noqa: E402

HALVES = {'tone': 'painter', 'tile': 'trunk'}


class ToneTask:
    """Three quarters of a batch are exposed anew, the rest are previews of whole photos as the camera's JPEGs gave them."""

    def __init__(self, model, args):
        self.model, self.args = model, args
        self.views = Sources(args.data, ['radiance', 'target'])
        self.photos = Sources(args.data, ['photo', 'photo_target'])

    def refresh(self):
        self.views.refresh()
        self.photos.refresh()

    def loss(self, rng):
        whole = self.args.batch // 4
        small = self.model.working
        radiance, target = (to_tensor(np.stack(x)).to(self.args.device) for x in self.views.get(self.views.pick(self.args.batch - whole, rng)))
        photo, photo_target = (torch.cat([small(to_tensor(p[None]).to(self.args.device)) for p in photos])     # of any 3:2 size
                               for photos in self.photos.get(self.photos.pick(whole, rng)))
        x = torch.cat([small(expose(radiance, target, rng)), photo])
        y = torch.cat([small(target), photo_target])   # not flipped: the target's pyramid starts at the left
        with torch.autocast(self.args.device, torch.bfloat16, enabled=self.args.bf16):
            painted = self.model.painter(x)
        difference = painted.float() - y
        # Photos are judged one by one in decibels, so each counts by the logarithm of its own error, too.
        return difference.abs().mean() + .01 * (difference.square().mean(dim=(1, 2, 3)) + 1e-4).log().mean()


class TileTask:
    """`batch` crops, four of each photo: what the preview gives is the dearer part, and is used by all four."""
    crops = 4

    def __init__(self, model, args):
        self.model, self.args = model, args
        self.photos = Sources(args.data, ['photo', 'photo_target'])
        self.painter_time = None

    def refresh(self):
        self.photos.refresh()
        path = checkpoint_path(self.args.out, 'tone')
        written = path.stat().st_mtime if path.exists() else None
        if written is None or written != self.painter_time:
            load_half(self.model, self.args.out, 'tone')
            self.painter_time, self.contexts = written, {}

    def context(self, pick):
        """Preview, painted preview and guide of a photo, kept for as long as the painter is the same."""
        if pick not in self.contexts:
            preview = self.model.working(to_tensor(self.photos.get([pick])[0][0][None]).to(self.args.device))
            with torch.no_grad(), torch.autocast(self.args.device, torch.bfloat16, enabled=self.args.bf16):
                painted = self.model.painter(preview).float()
            self.contexts[pick] = preview, painted, tone.fit_guide(preview, painted)
        return self.contexts[pick]

    def loss(self, rng):
        size, device = self.args.crop, self.args.device
        picks = self.photos.pick(max(self.args.batch // self.crops, 1), rng)
        previews, paintings, crops, targets, toned = [], [], [], [], []
        for pick, photo, target in zip(picks, *self.photos.get(picks)):
            preview, painted, guide = self.context(pick)
            previews.append(preview)
            paintings.append(painted)
            height, width = photo.shape[:2]
            for _ in range(self.crops):
                y, x = rng.integers(height - size + 1), rng.integers(width - size + 1)
                crop, wanted = (to_tensor(p[None, y:y + size, x:x + size]).to(device) for p in (photo, target))
                rect = torch.tensor([[x / width, y / height, (x + size) / width, (y + size) / height]],
                                    dtype=torch.float32, device=device)
                crops.append(crop)
                targets.append(wanted)
                toned.append(tone.apply_guide(crop, rect, guide))
        x, y, toned, previews, painted = flip([torch.cat(t) for t in (crops, targets, toned, previews, paintings)], rng)
        with torch.autocast(device, torch.bfloat16, enabled=self.args.bf16):
            mix = self.model.mixes_of(previews, painted).repeat_interleave(self.crops, dim=0)
            out = self.model.clean(x, toned, mix)
        # Tone is the painter's, and where it errs, the sign of a pixel's error says nothing of its noise: what counts here is
        # the error less its neighbourhood's mean.
        error = out - y
        local = error - F.avg_pool2d(error, 15, stride=1, padding=7, count_include_pad=False)
        edges = sum(torch.diff(error, dim=d).abs().mean() for d in (2, 3))
        return .25 * error.abs().mean() + local.abs().mean() + .5 * edges


def checkpoint_path(out, stage):
    return Path(out) / f'{stage}.ckpt'


def load_half(model, out, stage):
    """The averaged weights of the other stage, if it has written any."""
    path = checkpoint_path(out, stage)
    if path.exists():
        getattr(model, HALVES[stage]).load_state_dict(torch.load(path, map_location='cpu')['average'])


def save(path, state):
    partial = path.with_suffix('.tmp')
    torch.save(state, partial)
    partial.rename(path)


def train(args):
    torch.set_num_threads(args.threads)
    torch.manual_seed(args.seed)
    args.out.mkdir(parents=True, exist_ok=True)
    model = ContextualModel().to(args.device).to(memory_format=torch.channels_last)
    half = getattr(model, HALVES[args.stage])
    average = {k: v.clone() for k, v in half.state_dict().items()}
    optimiser = torch.optim.AdamW(half.parameters(), lr=args.lr, weight_decay=1e-4, betas=(.9, .99))
    first, path = 0, checkpoint_path(args.out, args.stage)
    if args.resume and path.exists():
        state = torch.load(path, map_location=args.device)
        half.load_state_dict(state['weights'])
        optimiser.load_state_dict(state['optimiser'])
        average, first = state['average'], state['step']
        print(f'resumed at step {first}', flush=True)
    task = (ToneTask if args.stage == 'tone' else TileTask)(model, args)
    rng = np.random.default_rng([args.seed, first])
    mean, since = 0.0, time.time()
    for step in range(first, args.steps):
        if step % args.save_every == 0:
            task.refresh()
        rate = args.lr * min(1, (step + 1) / 100) * (.02 + .98 * .5 * (1 + math.cos(math.pi * step / args.steps)))
        for group in optimiser.param_groups:
            group['lr'] = rate
        loss = task.loss(rng)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(half.parameters(), .1)
        optimiser.step()
        decay = min(.998, (step + 1) / (step + 20))
        for key, value in half.state_dict().items():
            average[key].lerp_(value, 1 - decay)
        mean += loss.item()
        if (step + 1) % args.log_every == 0:
            print(f'{args.stage} step {step + 1}/{args.steps} loss {mean / args.log_every:.5f} lr {rate:.1e} '
                  f'{(time.time() - since) / args.log_every:.2f} s a step', flush=True)
            mean, since = 0.0, time.time()
        if (step + 1) % args.save_every == 0 or step + 1 == args.steps:
            save(path, {'weights': half.state_dict(), 'average': average, 'optimiser': optimiser.state_dict(), 'step': step + 1})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('stage', choices=HALVES)
    parser.add_argument('--data', required=True, help='folder that scripts/prepare_data.py wrote')
    parser.add_argument('--out', required=True, type=Path, help='folder of checkpoints')
    parser.add_argument('--steps', type=int, default=3000)
    parser.add_argument('--batch', type=int, default=8)
    parser.add_argument('--crop', type=int, default=128, help='side of the tile stage\'s crops')
    parser.add_argument('--lr', type=float, default=1e-3)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--device', default='cpu', choices=['cpu', 'cuda'])
    parser.add_argument('--threads', type=int, default=1)
    parser.add_argument('--bf16', action='store_true', help='mixed precision')
    parser.add_argument('--save-every', type=int, default=100)
    parser.add_argument('--log-every', type=int, default=20)
    parser.add_argument('--resume', action='store_true')
    train(parser.parse_args())


if __name__ == '__main__':
    main()
