"""MDTA with statistics of local windows (test-time local converter: Chu et al., ECCV 2022, arXiv 2112.04491).

A network trained on patches meets statistics of patches again: attention between channels is taken over windows of N x N
pixels of the picture, half a window apart, and where windows overlap, that is everywhere, their results are averaged. The
windows lie on a fixed grid, so tiles whose origins are multiples of half a window have the same ones, wherever they were
cut; windows that overhang the border of what is seen make do with the part inside.

As attention is linear in what it mixes, the average of four windows' results is the result of their average: one mixing
matrix for each cell of half a window. Sums over windows are sums over four cells, so any overlap costs no more than none.
"""
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from attention import MDTA
from restormer import Restormer


def _four(cells: Tensor) -> Tensor:
    """[B, rows, columns, ...]: sums over the four cells (i - 1..i, j - 1..j), those outside being zero: one row and one
    column more than there are cells."""
    zeros_down = torch.zeros_like(cells[:, :1])
    rows = torch.cat([cells, zeros_down], dim=1) + torch.cat([zeros_down, cells], dim=1)
    zeros_right = torch.zeros_like(rows[:, :, :1])
    return torch.cat([rows, zeros_right], dim=2) + torch.cat([zeros_right, rows], dim=2)


class WindowedMDTA(MDTA):
    """`cell`: half the window, in pixels that this level works on. Sides of what it takes are multiples of it."""

    def __init__(self, dim: int, heads: int, bias: bool, cell: int):
        super().__init__(dim, heads, bias)
        self.cell = cell

    def cells_of(self, x: Tensor) -> Tensor:
        """[B, rows, columns, heads, C / heads, cell * cell]"""
        batch, dim, height, width = x.shape
        parts = x.reshape(batch, self.heads, dim // self.heads, height // self.cell, self.cell, width // self.cell,
                          self.cell)
        return parts.permute(0, 3, 5, 1, 2, 4, 6).flatten(5)

    def mixing(self, x: Tensor) -> Tensor:
        """[B, rows, columns, heads, C / heads, C / heads]: the attention of each cell, not yet projected, which would make
        it `heads` times as large."""
        q, k = self.qk_dwconv(self.qk(x)).float().chunk(2, dim=1)
        q, k = self.cells_of(q), self.cells_of(k)
        products = _four(q @ k.transpose(-2, -1))
        of_q = _four(q.square().sum(dim=-1)).sqrt().clamp(min=1e-12)
        of_k = _four(k.square().sum(dim=-1)).sqrt().clamp(min=1e-12)
        attention = (products / of_q[..., :, None] / of_k[..., None, :] * self.temperature.float()).softmax(dim=-1)
        return (attention[:, :-1, :-1] + attention[:, :-1, 1:] + attention[:, 1:, :-1] + attention[:, 1:, 1:]) / 4

    def forward(self, x: Tensor, mix: Tensor) -> Tensor:
        v = self.v_dwconv(self.v(x))
        batch, rows, columns, heads = mix.shape[0], mix.shape[1], mix.shape[2], mix.shape[3]
        mixed = mix.to(v.dtype) @ self.cells_of(v)
        mixed = mixed.view(batch, rows, columns, heads, -1, self.cell, self.cell).permute(0, 3, 4, 1, 5, 2, 6)
        return F.conv2d(mixed.reshape(v.shape), self.project_out[:, :, None, None], self.project_bias)


def localise(net: Restormer, window: int) -> None:
    """Gives every MDTA of `net` the statistics of windows of `window` pixels of its input, a multiple of twice
    net.multiple. Input sides must be multiples of window / 2 then."""
    levels = len(net.encoders) + 1
    stages = [(stage, level) for level, stage in enumerate(net.encoders)] + [(net.latent, levels - 1)]
    stages += [(stage, levels - 2 - i) for i, stage in enumerate(net.decoders)] + [(net.refinement, 0)]
    for stage, level in stages:
        for block in stage.blocks:
            old = block.attn
            block.attn = WindowedMDTA(old.project_out.shape[0], old.heads, old.project_bias is not None,
                                      window // 2 // net.unshuffle // 2 ** level)
            block.attn.load_state_dict(old.state_dict())
