"""A trunk of ConvNeXt blocks (Liu et al., CVPR 2022, arXiv 2201.03545) in a U-shaped encoder-decoder: convolution only, so
tiles agree without anything from the preview. It is called as a Restormer is, and its mixing matrices are empty."""
from typing import List, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from attention import LayerNorm
from convolution import Conv2d


class Block(nn.Module):
    def __init__(self, dim: int):
        super().__init__()
        self.dwconv = Conv2d(dim, dim, 7, padding=3, groups=dim)
        self.norm = LayerNorm(dim)
        self.project_in = Conv2d(dim, 4 * dim, 1)
        self.project_out = Conv2d(4 * dim, dim, 1)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.project_out(F.gelu(self.project_in(self.norm(self.dwconv(x)))))


def stage(dim: int, blocks: int) -> nn.Sequential:
    return nn.Sequential(*[Block(dim) for _ in range(blocks)])


class ConvNext(nn.Module):
    """dims[i] and blocks[i] belong to level i, the last is the latent; decoders have their encoders' numbers of blocks. The
    last convolution starts at zero, as the Restormer's does."""

    def __init__(self, in_channels: int, out_channels: int, dims: List[int], blocks: List[int], unshuffle: int):
        super().__init__()
        levels = len(dims)
        self.multiple = unshuffle * 2 ** (levels - 1)
        self.unshuffle = unshuffle
        self.embed = Conv2d(in_channels * unshuffle ** 2, dims[0], 3, padding=1)
        self.encoders = nn.ModuleList([stage(dims[i], blocks[i]) for i in range(levels - 1)])
        self.downs = nn.ModuleList([Conv2d(dims[i], dims[i + 1], 2, stride=2) for i in range(levels - 1)])
        self.latent = stage(dims[-1], blocks[-1])
        deepest_first = range(levels - 2, -1, -1)
        self.ups = nn.ModuleList([nn.Sequential(Conv2d(dims[i + 1], 4 * dims[i], 1), nn.PixelShuffle(2)) for i in deepest_first])
        self.decoders = nn.ModuleList([stage(dims[i], blocks[i]) for i in deepest_first])
        self.output = Conv2d(dims[0], out_channels * unshuffle ** 2, 3, padding=1, bias=False)
        nn.init.zeros_(self.output.weight)

    def forward(self, x: Tensor, mixes: Optional[Tensor] = None) -> Tuple[Tensor, Tensor]:
        """[B, in, H, W] -> [B, out, H, W] and no mixing matrices, [B, 0]."""
        skips: List[Tensor] = []
        x = self.embed(F.pixel_unshuffle(x, self.unshuffle))
        for encoder, down in zip(self.encoders, self.downs):
            x = encoder(x)
            skips.append(x)
            x = down(x)
        x = self.latent(x)
        for up, decoder in zip(self.ups, self.decoders):
            x = decoder(up(x) + skips.pop())
        return F.pixel_shuffle(self.output(x), self.unshuffle), torch.zeros([x.shape[0], 0], device=x.device)
