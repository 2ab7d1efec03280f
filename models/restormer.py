"""Restormer (Zamir et al., CVPR 2022, arXiv 2111.09881): MDTA and GDFN (or another feed-forward network) in a U-shaped
encoder-decoder, any width and depth.

One definition serves two forms. With its own statistics (`mixes` is None) it is the published network: MDTA's channel
attention is taken over all pixels it is given. In the contextual form the mixing matrices (per block: output projection
times attention) come from elsewhere, here from a preview of the whole photo, and the pass is convolution only: every
tile of a photo is treated alike.

Everything is scriptable, takes N x C x H x W tensors, and computes statistics in FP32.
"""
from functools import partial
from typing import Callable, List, Optional, Tuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import feed_forward
from attention import MDTA, LayerNorm
from convolution import Conv2d


class Block(nn.Module):
    def __init__(self, dim: int, heads: int, expansion: float, kind: str, norm: Callable[[int], nn.Module], bias: bool):
        super().__init__()
        self.dim = dim
        self.norm1 = norm(dim)
        self.attn = MDTA(dim, heads, bias)
        self.norm2 = norm(dim)
        self.ffn = feed_forward.KINDS[kind](dim, expansion, bias)

    def forward(self, x: Tensor, mixes: Optional[Tensor], offset: int) -> Tuple[Tensor, Tensor]:
        """The block's output and the mixing matrix used, [B, C * C]; given ones start at `offset` of mixes [B, M]."""
        normed = self.norm1(x)
        if mixes is None:
            mix = self.attn.mixing(normed)
        else:
            mix = mixes[:, offset:offset + self.dim * self.dim].view(-1, self.dim, self.dim)
        x = x + self.attn(normed, mix)
        return x + self.ffn(self.norm2(x)), mix.flatten(1)


class Stage(nn.Module):
    def __init__(self, dim: int, heads: int, blocks: int, block: Callable[[int, int], nn.Module]):
        super().__init__()
        self.blocks = nn.ModuleList([block(dim, heads) for _ in range(blocks)])

    def forward(self, x: Tensor, mixes: Optional[Tensor], offset: int, used: List[Tensor]) -> Tuple[Tensor, int]:
        for block in self.blocks:
            x, mix = block(x, mixes, offset)
            used.append(mix)
            offset += mix.shape[1]
        return x, offset


class Restormer(nn.Module):
    """dim doubles per level; blocks[i] and heads[i] belong to level i, the last is the latent. `unshuffle` 2 works on
    half the resolution (a quarter of the cost). Input sides are multiples of `multiple`. The last convolution starts at
    zero: an untrained network returns nothing, which as a residual changes nothing. `kind` names the feed-forward network.
    The published network has no `reduce_first`: what is decoded at level 0 keeps the skip's channels beside its own. `norm`
    (of a width) and `bias` (of the blocks' convolutions) are for its variants. The norms divide brightness and contrast away
    alike; with `embed_bias` there is a constant beside them that tells one from the other, and so noise from texture."""

    def __init__(self, in_channels: int, out_channels: int, dim: int, blocks: List[int], heads: List[int],
                 refinement: int = 0, expansion: float = 2.66, unshuffle: int = 1, kind: str = 'gdfn',
                 norm: Callable[[int], nn.Module] = LayerNorm, bias: bool = False, reduce_first: bool = True,
                 embed_bias: bool = False):
        super().__init__()
        levels = len(blocks)
        dims = [dim * 2 ** i for i in range(levels)]
        decoded = dims if reduce_first or levels == 1 else [2 * dim, *dims[1:]]
        block = partial(Block, expansion=expansion, kind=kind, norm=norm, bias=bias)
        self.multiple = unshuffle * 2 ** (levels - 1)
        self.unshuffle = unshuffle
        self.embed = Conv2d(in_channels * unshuffle ** 2, dim, 3, padding=1, bias=embed_bias)
        self.encoders = nn.ModuleList([Stage(dims[i], heads[i], blocks[i], block) for i in range(levels - 1)])
        self.downs = nn.ModuleList([nn.Sequential(Conv2d(d, d // 2, 3, padding=1, bias=False), nn.PixelUnshuffle(2))
                                    for d in dims[:-1]])
        self.latent = Stage(dims[-1], heads[-1], blocks[-1], block)
        self.ups = nn.ModuleList([nn.Sequential(Conv2d(2 * d, 4 * d, 3, padding=1, bias=False), nn.PixelShuffle(2))
                                  for d in dims[-2::-1]])
        self.reduces = nn.ModuleList([Conv2d(2 * dims[i], dims[i], 1, bias=bias) if decoded[i] == dims[i]
                                      else nn.Identity() for i in range(levels - 2, -1, -1)])
        self.decoders = nn.ModuleList([Stage(decoded[i], heads[i], blocks[i], block) for i in range(levels - 2, -1, -1)])
        self.refinement = Stage(decoded[0], heads[0], refinement, block)
        self.output = Conv2d(decoded[0], out_channels * unshuffle ** 2, 3, padding=1, bias=bias)
        for parameter in self.output.parameters():
            nn.init.zeros_(parameter)

    def forward(self, x: Tensor, mixes: Optional[Tensor] = None) -> Tuple[Tensor, Tensor]:
        """[B, in, H, W] -> [B, out, H, W] and the mixing matrices used, [B, M]."""
        used: List[Tensor] = []
        skips: List[Tensor] = []
        offset = 0
        x = self.embed(F.pixel_unshuffle(x, self.unshuffle))
        for encoder, down in zip(self.encoders, self.downs):
            x, offset = encoder(x, mixes, offset, used)
            skips.append(x)
            x = down(x)
        x, offset = self.latent(x, mixes, offset, used)
        for up, reduce, decoder in zip(self.ups, self.reduces, self.decoders):
            x = reduce(torch.cat([up(x), skips.pop()], dim=1))
            x, offset = decoder(x, mixes, offset, used)
        x, offset = self.refinement(x, mixes, offset, used)
        return F.pixel_shuffle(self.output(x), self.unshuffle), torch.cat(used, dim=1)
