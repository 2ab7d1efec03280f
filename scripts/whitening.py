"""Whitened coordinates for the trunk's first convolution, while it is trained.

Its inputs are pixel values: brightness is a hundred times as strong as fine texture and noise, in the features that come
out and in the gradients that come back. Trained as it stands it hardly leaves the random weights it began with, and what follows
is next to blind to what it is to clean. So what is trained is W' with W = W' M, M being the inverse root of the patches'
second moments: all that differs between patches is equally strong then. The model has W alone, and no more to compute."""
import torch
import torch.nn.functional as F
from torch import nn

FLOOR = 4 / 255     # what is weaker than this is not brought up to the rest


class Whitened(nn.Module):
    """Trained in the place of `weight`, a convolution's of 3 x 3 on pixel-unshuffled pictures; `moments` [K, K] are those of
    its flattened patches."""

    def __init__(self, weight, moments, untrained):
        """`untrained` weights are taken for W', others for W."""
        super().__init__()
        values, vectors = torch.linalg.eigh(moments.double())
        gains = (values.clamp(min=0) + FLOOR ** 2).rsqrt()
        self.register_buffer('matrix', (vectors * gains @ vectors.t()).float())
        inverse = (vectors / gains @ vectors.t()).float()
        flat = weight.detach().flatten(1)
        self.values = nn.Parameter(flat.clone() if untrained else flat @ inverse)
        self.weight = [weight]      # in a list: it is the model's parameter, not one of this module's
        self.give()

    @torch.no_grad()
    def give(self):
        """Sets the model's weight. After a step."""
        self.weight[0].copy_((self.values @ self.matrix).view_as(self.weight[0]))

    @torch.no_grad()
    def take_gradient(self):
        """From the model's weight, which itself is none to be stepped. Before a step."""
        self.values.grad = self.weight[0].grad.flatten(1) @ self.matrix.t()
        self.weight[0].grad = None


@torch.no_grad()
def moments(pictures, unshuffle):
    """[K, K]: second moments of the patches that a 3 x 3 convolution sees of pixel-unshuffled pictures [B, C, H, W]."""
    patches = F.unfold(F.pixel_unshuffle(pictures.float(), unshuffle), 3)      # [B, K, L]
    return (patches @ patches.transpose(1, 2)).mean(dim=0) / patches.shape[2]
