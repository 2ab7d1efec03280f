"""Restormer's attention between channels (MDTA) and its norm (Zamir et al., CVPR 2022, arXiv 2111.09881).

Scriptable, N x C x H x W tensors, statistics in FP32."""
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from convolution import Conv2d


class LayerNorm(nn.Module):
    """Over channels, at each pixel. In channels_last memory the permutes are views."""

    def __init__(self, dim: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))
        self.bias = nn.Parameter(torch.zeros(dim))
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        return F.layer_norm(x.permute(0, 2, 3, 1), (self.dim,), self.weight, self.bias, 1e-5).permute(0, 3, 1, 2)


class BiasFreeNorm(nn.Module):
    """Over channels, at each pixel: divided by their deviation alone. What has a mean keeps it, as denoisers want it."""

    def __init__(self, dim: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))

    def forward(self, x: Tensor) -> Tensor:
        scale = torch.rsqrt(x.float().var(dim=1, unbiased=False, keepdim=True) + 1e-5)
        return x * scale.to(x.dtype) * self.weight[:, None, None]


class MDTA(nn.Module):
    """Multi-Dconv head transposed attention: attention between channels, in two halves that can be run apart."""

    def __init__(self, dim: int, heads: int, bias: bool = False):
        super().__init__()
        self.heads = heads
        self.temperature = nn.Parameter(torch.ones(heads, 1, 1))
        self.qk = Conv2d(dim, 2 * dim, 1, bias=bias)
        self.qk_dwconv = Conv2d(2 * dim, 2 * dim, 3, padding=1, groups=2 * dim, bias=bias)
        self.v = Conv2d(dim, dim, 1, bias=bias)
        self.v_dwconv = Conv2d(dim, dim, 3, padding=1, groups=dim, bias=bias)
        self.project_out = nn.Parameter(torch.randn(dim, dim) / dim ** .5)
        self.project_bias = nn.Parameter(torch.zeros(dim)) if bias else None

    def mixing(self, x: Tensor) -> Tensor:
        """[B, C, C]: output projection times attention, from the statistics of x."""
        batch, dim = x.shape[0], x.shape[1]
        q, k = self.qk_dwconv(self.qk(x)).flatten(2).float().chunk(2, dim=1)
        q = F.normalize(q, dim=-1).view(batch, self.heads, dim // self.heads, -1)
        k = F.normalize(k, dim=-1).view(batch, self.heads, dim // self.heads, -1)
        attention = (q @ k.transpose(-2, -1) * self.temperature.float()).softmax(dim=-1)
        projection = self.project_out.float().view(dim, self.heads, dim // self.heads)
        return torch.einsum('ohi,bhij->bohj', projection, attention).reshape(batch, dim, dim)

    def forward(self, x: Tensor, mix: Tensor) -> Tensor:
        v = self.v_dwconv(self.v(x))
        if mix.shape[0] == 1:  # all tiles of one photo: a 1 x 1 convolution
            return F.conv2d(v, mix[0].to(v.dtype)[:, :, None, None], self.project_bias)
        mixed = (mix.to(v.dtype) @ v.flatten(2)).view_as(v)
        if self.project_bias is not None:
            mixed = mixed + self.project_bias[:, None, None]
        return mixed
