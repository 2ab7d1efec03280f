"""A restoring Restormer, whose output is added to its input, as the module of a model file (docs/design.md, "The model
contract"): plain, or contextual with its statistics from the preview of the whole photo."""
from typing import Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restormer import Restormer


class Restorer(nn.Module):
    """Statistics of each tile, or, where the network was given windows (models/windowed.py), of these."""

    def __init__(self, trunk: Restormer):
        super().__init__()
        self.trunk = trunk

    def forward(self, tiles: Tensor) -> Tensor:
        return tiles + self.trunk(tiles)[0]


class ContextualRestorer(nn.Module):
    """Mixing matrices of the whole photo, so the tile pass is convolution only and tiles agree. There is no guide: what
    stands for it is empty. Input and sum stay in FP32, the trunk runs in its weights' precision."""

    def __init__(self, trunk: Restormer):
        super().__init__()
        self.trunk = trunk

    @torch.jit.export
    def prepare(self, preview: Tensor) -> Tuple[Tensor, Tensor]:
        multiple = self.trunk.multiple
        padded = F.pad(preview, [0, -preview.shape[3] % multiple, 0, -preview.shape[2] % multiple], mode='replicate')
        return torch.zeros_like(preview[:, 0, 0, :1]), self.trunk(padded.to(self.trunk.embed.weight.dtype))[1].float()

    def forward(self, tiles: Tensor, rect: Tensor, guide: Tensor, mix: Tensor) -> Tensor:
        return tiles + self.trunk(tiles.to(self.trunk.embed.weight.dtype), mix)[0].float()
