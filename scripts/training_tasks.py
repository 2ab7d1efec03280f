"""What the stages of scripts/train.py minimise. A task draws a batch from its data and gives the loss."""
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'models'))
from gate import Gate  # noqa: E402
import tone  # noqa: E402
import whitening  # noqa: E402
from shots import FINISHED  # noqa: E402
from training_data import flip  # noqa: E402


def means(count, side, like):
    """[count, count]: takes each of so many values to the mean of the `side` around it, or of as many as there are."""
    places = torch.arange(count, device=like.device)
    near = ((places[:, None] - places).abs() <= side // 2).to(like.dtype)
    return near / near.sum(dim=1, keepdim=True)


def of_neighbourhood(x, side=15):
    """Means of `side` x `side` pixels. By products with matrices: pooling takes half of a training step's time on a CPU."""
    return means(x.shape[2], side, x) @ x @ means(x.shape[3], side, x).t()


def local_loss(out, target, toned):
    """Tone is the painter's, and where it errs, the sign of a pixel's error says nothing of its noise: what counts here is
    the error less its neighbourhood's mean. The mean itself is to stay that of the toned crop:
    a trunk that mended the painter's errors learned those of the scenes it was trained on, and darkened others. Each crop
    counts by the logarithm of its own error, too: the noisiest ones would else decide, and teach to smooth what a clean photo
    has of fine texture. Errors count mostly by their squares, as decibels do: by their size alone a texture that noise half
    hides is best taken away. The factor makes both alike where they are two steps of 255."""
    error = out - target
    local, moved = error - of_neighbourhood(error), of_neighbourhood(out - toned)
    squares = local.square().mean(dim=(1, 2, 3))
    crops = 60 * squares + .25 * local.abs().mean(dim=(1, 2, 3)) + .5 * moved.abs().mean(dim=(1, 2, 3))
    return crops.mean() + .004 * (squares + 1e-5).log().mean() + .005 * texture_lost(out, target, toned)


def texture_lost(out, target, toned):
    """The share of the target's fine texture that is not in the result, over blocks of 16 pixels that have some: projected as
    judge/fine.py does. Least absolute errors take half-hidden texture away with the noise; for the eye blur is worse. It counts
    as far as it stands out of the toned crop's noise: else much noise is left for the little texture in it."""
    fine, wanted, seen = (grey - of_neighbourhood(grey, 7) for grey in map(tone.luma, (out, target, toned)))
    energy, kept, noise = (F.avg_pool2d(product, 16) for product in (wanted.square(), fine * wanted, (seen - wanted).square()))
    return ((energy - kept).clamp(min=0) / (energy + noise + 1.5e-5)).mean()     # 1 / 255, squared


class Task:
    def __init__(self, model, data, args):
        self.model, self.data, self.args = model, data, args
        self.extra = torch.nn.Module()      # what is trained beside the model and is no part of it
        self.whitened = None                # what is trained in the place of a weight of the model's
        self.forget()

    def begin(self, rng):
        """Before the first step, when earlier stages' weights are in place."""

    def forget(self):
        """To be called when an earlier stage's part of the model has changed."""


class ToneTask(Task):

    def loss(self, rng):
        # Not flipped: the target's pyramid starts at the left.
        x, y = self.data.tone_batch(self.args.batch, rng, 0 if self.has_gate() else FINISHED)
        with torch.autocast(self.args.device, torch.bfloat16, enabled=self.args.bf16):
            painted = self.model.painter(x)
        difference = painted.float() - y
        # Photos are judged one by one in decibels, so each counts by the logarithm of its own error, too.
        photos = difference.abs().mean(dim=(1, 2, 3)) + .01 * (difference.square().mean(dim=(1, 2, 3)) + 1e-4).log()
        ours = self.to_be_painted(x, y)
        return (ours * photos).sum() / ours.sum().clamp(min=1)

    def to_be_painted(self, x, y):
        """1 or 0 a photo. Finished ones, within 30 dB of what is wanted, are the gate's, where there is one."""
        apart = (x - y).square().mean(dim=(1, 2, 3))
        return (apart >= 1e-3).float() if self.has_gate() else torch.ones_like(apart)

    def has_gate(self):
        return isinstance(self.model.gate, Gate)


class GateTask(Task):
    """The painter as it is. Finished photos are a fifth of the batch already; an eighth more are what the painter made of
    another photo, which should not be painted over.

    Of the gate's share the squared error of a mixed picture is a polynomial of degree two: its three coefficients and the gate's
    statistics stand for a photo. Painting takes a hundred times as long as a step with these, so a batch is painted at every
    eighth step, and `counted` of those that have been painted count at every one. From few photos a gate learns the scenes by
    heart."""
    painted_again, every, kept, counted = 8, 8, 32768, 2048
    lean = 9.       # trained with it, used without: to leave a photo unpainted by mistake costs more than the other error
    jitter = .25    # of the statistics, in their spreads: the scenes are few, and learned by heart otherwise

    def forget(self):
        self.photos, self.steps = None, 0

    def paint(self, x):
        with torch.autocast(self.args.device, torch.bfloat16, enabled=self.args.bf16):
            return self.model.painter(x).float()

    @torch.no_grad()
    def fresh(self, rng):
        """Statistics and coefficients of a batch."""
        x, y = self.data.tone_batch(self.args.batch, rng)
        painted, again = self.paint(x), len(x) // self.painted_again
        if again:
            finished = painted[:again].clamp(0, 1)
            x, y = (torch.cat([finished, rest[again:]]) for rest in (x, y))
            painted = torch.cat([self.paint(finished), painted[again:]])
        error, change = painted - y, x - painted
        coefficients = [part.mean(dim=(1, 2, 3)) for part in (error.square(), 2 * error * change, change.square())]
        return self.model.gate.statistics(x, painted), torch.stack(coefficients, dim=1)

    def begin(self, rng, batches=8):
        self.photos = [torch.cat(part) for part in zip(*(self.fresh(rng) for _ in range(batches)))]
        gate = self.model.gate
        if not gate.middle.any():       # a new one
            gate.standardise(self.photos[0])

    def loss(self, rng):
        if self.steps % self.every == 0:
            fresh = self.fresh(rng)
            self.photos = [torch.cat([new, old])[:self.kept] for new, old in zip(fresh, self.photos)] if self.photos else fresh
        self.steps += 1
        picks = torch.from_numpy(rng.integers(len(self.photos[0]), size=self.counted)).to(self.photos[0].device)
        statistics, (constant, linear, square) = self.photos[0][picks], self.photos[1][picks].t()
        gate = self.model.gate
        share = gate.judge(statistics + self.jitter * gate.spread * torch.randn_like(statistics), self.lean)[:, 0]
        decibels = lambda share: ((constant + share * (linear + share * square)).clamp(min=0) + 1e-4).log()  # noqa: E731  one by one, up to 40
        loss = decibels(share)
        spoilt = (loss - decibels(0 * share)).clamp(min=0)      # by not being painted: that is the worse of the two errors
        return (loss + 2 * spoilt).mean()


class TileTask(Task):
    """`batch` crops, some of each photo: what the preview gives is the dearer part, and is used by all of them."""
    kept = 256      # painted previews

    def __init__(self, model, data, args):
        super().__init__(model, data, args)
        self.crops = min(args.crops_per_photo, args.batch)

    def forget(self):
        self.contexts = {}

    def begin(self, rng, batches=8):
        """The first convolution is trained in whitened coordinates (whitening.py)."""
        trunk, found = self.model.trunk, []
        for _ in range(batches):
            x, toned, *_ = self.batch(rng)
            found.append(whitening.moments(torch.cat([x, toned], dim=1), trunk.unshuffle))
        untrained = not trunk.output.weight.any()
        self.whitened = whitening.Whitened(trunk.embed.weight, torch.stack(found).mean(dim=0), untrained).to(self.args.device)

    def contexts_of(self, names, previews):
        """Painted previews and guides of photos. What is new is painted in one go."""
        new = [i for i, name in enumerate(names) if name is None or name not in self.contexts]
        fresh = {}
        if new:
            with torch.no_grad(), torch.autocast(self.args.device, torch.bfloat16, enabled=self.args.bf16):
                painted = self.model.paint(previews[new]).float()
            guides = tone.fit_guide(previews[new], painted, depth=self.model.guide_depth)
            fresh = dict(zip(new, zip(painted, guides)))
        found = [fresh[i] if i in fresh else self.contexts[name] for i, name in enumerate(names)]
        for i in new:
            if names[i] is not None and len(self.contexts) < self.kept:
                self.contexts[names[i]] = fresh[i]
        return [torch.stack(part) for part in zip(*found)]

    def batch(self, rng):
        """Crops, the same toned, wanted; previews and paintings of their photos, of which the mixing matrices come."""
        b = self.data.tile_batch(max(self.args.batch // self.crops, 1), self.crops, self.args.crop, rng)
        painted, guides = self.contexts_of(b.names, b.previews)
        toned = tone.apply_guide(b.crops, b.rects, guides.repeat_interleave(self.crops, dim=0))
        return flip([b.crops, toned, b.targets, b.previews, painted], rng)

    def clean(self, x, toned, previews, painted):
        with torch.autocast(self.args.device, torch.bfloat16, enabled=self.args.bf16):
            mix = self.model.mixes_of(previews, painted).repeat_interleave(self.crops, dim=0)
            return self.model.clean(x, toned, mix)

    def loss(self, rng):
        x, toned, y, previews, painted = self.batch(rng)
        return local_loss(self.clean(x, toned, previews, painted), y, toned)
