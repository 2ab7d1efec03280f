"""How finished a photo is: one share for all of it, 1 where it should come back as it is, 0 where it should be painted.

Scriptable, FP32, N x 3 x H x W."""
from typing import List

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import tone


class Gate(nn.Module):
    """Judges by the tone curve that would be applied: for each step of the photo's luma, how much of the photo has it, and how
    far the painted picture is from it there; and by contrast from fine to coarse, as a fusion has much of the one and little of
    the other. Starts at next to 0."""
    shut = -4.      # before the sigmoid: untrained, a photo's own share is 0.02

    def __init__(self, width: int):
        super().__init__()
        self.steps, self.octaves = 16, 6
        self.hidden = nn.Linear(5 * self.steps + 2 * self.octaves, width)
        self.share = nn.Linear(width, 1)
        nn.init.zeros_(self.share.weight)
        nn.init.constant_(self.share.bias, self.shut)

    def statistics(self, x: Tensor, painted: Tensor) -> Tensor:
        """[N, 5 * steps + 2 * octaves]: shares of the steps of luma, mean changes of R, G, B in each and their root mean square;
        contrasts of both pictures."""
        z = (tone.luma(x) * self.steps - .5).clamp(0., self.steps - 1.)
        near = (1 - (z - torch.arange(self.steps, device=x.device).view(1, -1, 1, 1)).abs()).clamp(min=0.)
        change = painted - x
        values = torch.cat([torch.ones_like(z), change, change.square().mean(dim=1, keepdim=True)], dim=1)
        moments = near.flatten(2) @ values.flatten(2).transpose(1, 2) / (x.shape[2] * x.shape[3])     # [N, steps, 5]
        shares = moments[:, :, :1]
        means = moments[:, :, 1:] / (shares + .01)
        curve = torch.cat([4 * shares, 8 * means[:, :, :3], 8 * (means[:, :, 3:] + 1e-6).sqrt()], dim=2).flatten(1)
        return torch.cat([curve, self.contrasts(x), self.contrasts(painted)], dim=1)

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

    def judge(self, statistics: Tensor) -> Tensor:
        """[N, 1]"""
        return self.share(F.gelu(self.hidden(statistics))).sigmoid()

    def forward(self, x: Tensor, painted: Tensor) -> Tensor:
        """[N, 1, 1, 1]"""
        return self.judge(self.statistics(x, painted))[:, :, None, None]


class Open(nn.Module):
    """In the place of a gate in models without one: everything is painted."""

    def forward(self, x: Tensor, painted: Tensor) -> Tensor:
        return torch.zeros_like(x[:, :1, :1, :1])
