"""What follows attention in each block of a Restormer: a feed-forward network, of one of three kinds. Scriptable,
N x C x H x W to the same; the block adds its input to the result.

Squeeze-and-excite, which MobileNetV3 has in some of its blocks, is left out: it scales channels by their mean over all the
pixels given, so neighbouring tiles would get different scales."""
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from convolution import Conv2d


class GDFN(nn.Module):
    """Restormer's gated-Dconv feed-forward network."""

    def __init__(self, dim: int, expansion: float, bias: bool = False):
        super().__init__()
        hidden = int(dim * expansion)
        self.project_in = Conv2d(dim, 2 * hidden, 1, bias=bias)
        self.dwconv = Conv2d(2 * hidden, 2 * hidden, 3, padding=1, groups=2 * hidden, bias=bias)
        self.project_out = Conv2d(hidden, dim, 1, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        gate, value = self.dwconv(self.project_in(x)).chunk(2, dim=1)
        return self.project_out(F.gelu(gate) * value)


class Fire(nn.Module):
    """SqueezeNet's Fire module (Iandola et al. 2016, arXiv 1602.07360): a few channels, then half of the result by 1 x 1 and
    half by 3 x 3 convolution. Squeezed to 0.75 of an expanded half, beyond which the paper finds no gain; without the last
    ReLU, for the sum of block and input must be able to fall."""

    def __init__(self, dim: int, expansion: float, bias: bool = False):
        super().__init__()
        squeezed = 3 * dim // 4
        self.squeeze = Conv2d(dim, squeezed, 1, bias=bias)
        self.expand1x1 = Conv2d(squeezed, dim // 2, 1, bias=bias)
        self.expand3x3 = Conv2d(squeezed, dim - dim // 2, 3, padding=1, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.squeeze(x))
        return torch.cat([self.expand1x1(x), self.expand3x3(x)], dim=1)


class InvertedResidual(nn.Module):
    """MobileNetV3's inverted residual (Howard et al. 2019, arXiv 1905.02244) without batch norm, as the block has a norm
    before it: widened, filtered per channel, narrowed, with h-swish. One and a half times GDFN's hidden width, which makes
    as many weights."""

    def __init__(self, dim: int, expansion: float, bias: bool = False):
        super().__init__()
        hidden = int(1.5 * dim * expansion)
        self.project_in = Conv2d(dim, hidden, 1, bias=bias)
        self.dwconv = Conv2d(hidden, hidden, 3, padding=1, groups=hidden, bias=bias)
        self.project_out = Conv2d(hidden, dim, 1, bias=bias)

    def forward(self, x: Tensor) -> Tensor:
        x = F.hardswish(self.dwconv(F.hardswish(self.project_in(x))))
        return self.project_out(x)


KINDS = {'gdfn': GDFN, 'fire': Fire, 'inverted_residual': InvertedResidual}
