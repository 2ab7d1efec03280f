"""How finished a photo is: one share for all of it, 1 where it should come back as it is, 0 where it should be painted.

Scriptable, FP32, N x 3 x H x W."""
from typing import List

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import tone


class Gate(nn.Module):
    """Judges by the tone curve that would be applied: for each step of the photo's luma, how much of the photo has it, how far the
    painted picture is from it there, and how differently; by what is clipped or black, which a fusion has hardly any of; and by
    contrast from fine to coarse, as a fusion has much of the one and little of the other. Starts at next to 0."""
    shut = -4.      # before the sigmoid: untrained, a photo's own share is 0.02

    def __init__(self, width: int):
        super().__init__()
        self.steps, self.octaves = 16, 6
        self.bright, self.dark = [.9, .95, .98, .995], [.01, .03, .06, .1]
        self.ranks = [.002, .02, .1, .3, .5, .7, .9, .98, .998]
        count = 6 * self.steps + 2 * self.octaves + len(self.bright) + len(self.dark) + len(self.ranks) + 2
        self.register_buffer('middle', torch.zeros(count))      # of the statistics over photos, and how far they lie apart
        self.register_buffer('spread', torch.ones(count))
        self.hidden = nn.Linear(count, width)
        self.share = nn.Linear(width, 1)
        nn.init.zeros_(self.share.weight)
        nn.init.constant_(self.share.bias, self.shut)

    def statistics(self, x: Tensor, painted: Tensor) -> Tensor:
        """[N, count]"""
        z = (tone.luma(x) * self.steps - .5).clamp(0., self.steps - 1.)
        near = (1 - (z - torch.arange(self.steps, device=x.device).view(1, -1, 1, 1)).abs()).clamp(min=0.)
        change = painted - x
        values = torch.cat([torch.ones_like(z), change, change.square().mean(dim=1, keepdim=True)], dim=1)
        moments = near.flatten(2) @ values.flatten(2).transpose(1, 2) / (x.shape[2] * x.shape[3])     # [N, steps, 5]
        shares = moments[:, :, :1]
        means = moments[:, :, 1:] / (shares + .01)
        varied = (means[:, :, 3:] - means[:, :, :3].square().mean(dim=2, keepdim=True)).clamp(min=0.)
        curve = torch.cat([(shares + 1e-3).log(), means[:, :, :3], (means[:, :, 3:] + 1e-6).sqrt(), (varied + 1e-6).log()], dim=2)
        return torch.cat([curve.flatten(1), self.contrasts(x), self.contrasts(painted), self.extremes(x)], dim=1)

    def extremes(self, x: Tensor) -> Tensor:
        """How much is clipped or black, ranks of luma, colourfulness, brightness."""
        luma, largest = tone.luma(x).flatten(1), x.amax(dim=1).flatten(1)
        found: List[Tensor] = []
        for bound in self.bright:
            found.append(((largest >= bound).float().mean(dim=1) + 1e-4).log())
        for bound in self.dark:
            found.append(((luma <= bound).float().mean(dim=1) + 1e-4).log())
        for rank in self.ranks:     # one by one takes less time than to sort all
            found.append(luma.kthvalue(int(rank * (luma.shape[1] - 1) + .5) + 1, dim=1)[0])
        found.append((largest - x.amin(dim=1).flatten(1)).mean(dim=1))
        found.append(tone.meter(tone.to_linear(x)).flatten().log())
        return torch.stack(found, dim=1)

    def contrasts(self, x: Tensor) -> Tensor:
        """[N, octaves]: deviations of luma between blocks of 1, 2, 4 ... pixels and of twice that, and of the last blocks, on a
        logarithmic scale."""
        blocks = tone.luma(x)
        found: List[Tensor] = []
        for i in range(self.octaves):
            coarser = F.adaptive_avg_pool2d(blocks, [(blocks.shape[2] + 1) // 2, (blocks.shape[3] + 1) // 2]
                                            if i < self.octaves - 1 else [1, 1])
            apart = blocks.square().mean(dim=(1, 2, 3)) - coarser.square().mean(dim=(1, 2, 3))
            found.append((apart.clamp(min=0) + 1e-6).log() / 4 + 1.5)
            blocks = coarser
        return torch.stack(found, dim=1)

    def standardise(self, statistics: Tensor) -> None:
        """Brings what is trained on to one scale."""
        self.middle.copy_(statistics.mean(dim=0))
        self.spread.copy_(2 * statistics.std(dim=0).clamp(min=1e-3))

    def judge(self, statistics: Tensor, lean: float = 0.) -> Tensor:
        """[N, 1]; `lean` is added before the sigmoid."""
        return (self.share(F.gelu(self.hidden((statistics - self.middle) / self.spread))) + lean).sigmoid()

    def forward(self, x: Tensor, painted: Tensor) -> Tensor:
        """[N, 1, 1, 1]"""
        return self.judge(self.statistics(x, painted))[:, :, None, None]


class Open(nn.Module):
    """In the place of a gate in models without one: everything is painted."""

    def forward(self, x: Tensor, painted: Tensor) -> Tensor:
        return torch.zeros_like(x[:, :1, :1, :1])
