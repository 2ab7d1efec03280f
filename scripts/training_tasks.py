"""What the two stages of scripts/train.py minimise. A task draws a batch from its data and gives the loss."""
import sys
from pathlib import Path

import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'models'))
import tone  # noqa: E402
from training_data import flip  # noqa: E402


def local_loss(out, target):
    """Tone is the painter's, and where it errs, the sign of a pixel's error says nothing of its noise: what counts here is
    the error less its neighbourhood's mean, and differences of neighbours."""
    error = out - target
    local = error - F.avg_pool2d(error, 15, stride=1, padding=7, count_include_pad=False)
    edges = sum(torch.diff(error, dim=d).abs().mean() for d in (2, 3))
    return .25 * error.abs().mean() + local.abs().mean() + .5 * edges


class Task:
    def __init__(self, model, data, args):
        self.model, self.data, self.args = model, data, args
        self.extra = torch.nn.Module()      # what is trained beside the model and is no part of it


class ToneTask(Task):

    def loss(self, rng):
        x, y = self.data.tone_batch(self.args.batch, rng)   # not flipped: the target's pyramid starts at the left
        with torch.autocast(self.args.device, torch.bfloat16, enabled=self.args.bf16):
            painted = self.model.painter(x)
        difference = painted.float() - y
        # Photos are judged one by one in decibels, so each counts by the logarithm of its own error, too.
        return difference.abs().mean() + .01 * (difference.square().mean(dim=(1, 2, 3)) + 1e-4).log().mean()


class TileTask(Task):
    """`batch` crops, some of each photo: what the preview gives is the dearer part, and is used by all of them."""
    kept = 256      # painted previews

    def __init__(self, model, data, args):
        super().__init__(model, data, args)
        self.crops = min(args.crops_per_photo, args.batch)
        self.forget()

    def forget(self):
        """To be called when the painter has changed."""
        self.contexts = {}

    def contexts_of(self, names, previews):
        """Painted previews and guides of photos. What is new is painted in one go."""
        new = [i for i, name in enumerate(names) if name is None or name not in self.contexts]
        fresh = {}
        if new:
            with torch.no_grad(), torch.autocast(self.args.device, torch.bfloat16, enabled=self.args.bf16):
                painted = self.model.painter(previews[new]).float()
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
        return local_loss(self.clean(x, toned, previews, painted), y)
