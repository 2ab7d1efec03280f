"""torch's convolution, as a class that TorchScript can share."""
from typing import List, Optional, Tuple

import torch.nn.functional as F
from torch import Tensor, nn


class Conv2d(nn.Conv2d):
    """TorchScript takes what torch's own lists as constants into a class, so that each shape becomes a class of its own,
    and each network that has them, too: reading these is most of the time that loading a model takes. Here they are
    attributes."""
    __constants__: List[str] = []
    stride: Tuple[int, int]
    padding: Tuple[int, int]
    dilation: Tuple[int, int]
    output_padding: Tuple[int, int]
    kernel_size: Tuple[int, int]
    groups: int
    in_channels: int
    out_channels: int
    padding_mode: str
    transposed: bool
    bias: Optional[Tensor]
    _reversed_padding_repeated_twice: List[int]

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)
