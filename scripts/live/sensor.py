"""What full-size photos have and averaged ones do not, in tensors: slight blur, and the noise of camera.py, correlated."""
import math

import torch
import torch.nn.functional as F

from training_data import column

# Bilinear demosaicing of an RGGB mosaic, as camera.demosaic.
_GREEN = torch.tensor([[0., 1., 0.], [1., 4., 1.], [0., 1., 0.]]) / 4
_RED_BLUE = torch.tensor([[1., 2., 1.], [2., 4., 2.], [1., 2., 1.]]) / 4


def blur(x, sigma, dim, most):
    """Gaussian blur along one dimension, 2 or 3, of a batch; sigma [N, 1, 1, 1] is 0 for none and `most` at most."""
    reach = min(math.ceil(3 * most), x.shape[dim] - 1)
    taps = torch.arange(-reach, reach + 1, device=x.device)
    kernel = (-.5 * (taps / sigma.clamp(min=1e-3)) ** 2).exp()
    kernel = (kernel / kernel.sum(dim=3, keepdim=True)).transpose(3, dim).repeat_interleave(x.shape[1], dim=0)
    padded = F.pad(x, [reach, reach, 0, 0] if dim == 3 else [0, 0, reach, reach], mode='reflect')
    return F.conv2d(padded.flatten(0, 1)[None], kernel, groups=x.shape[0] * x.shape[1]).view_as(x)


def sites(like):
    """[3, H, W]: 1 where an RGGB mosaic samples red, green, blue."""
    height, width = like.shape[2:]
    odd_y, odd_x = torch.arange(height, device=like.device)[:, None] % 2, torch.arange(width, device=like.device)[None] % 2
    return torch.stack([(1 - odd_y) * (1 - odd_x), (odd_y + odd_x) % 2, odd_y * odd_x]).float()


def noise(signal, shots):
    """camera.noise for a batch: of a demosaiced mosaic where the shot has one, else blurred."""
    clipped = signal.clamp(0, 1)
    shot, read = column(shots, signal, lambda s: s.shot_noise), column(shots, signal, lambda s: s.read_noise)
    plain = torch.randn_like(signal)
    sigma = column(shots, signal, lambda s: s.noise_blur)
    blurred = blur(blur(plain, sigma, 2, .7), sigma, 3, .7)
    plain = blurred / blurred.std(dim=(1, 2, 3), keepdim=True) * (shot * clipped + read ** 2).sqrt()
    gains = column(shots, signal, lambda s: s.raw_gains or (1., 1., 1.))
    mosaic = sites(signal)
    raw = (clipped / gains * mosaic).sum(dim=1, keepdim=True)
    sampled = torch.randn_like(raw) * (shot * raw + read ** 2).sqrt() * mosaic
    kernels = torch.stack([_RED_BLUE, _GREEN, _RED_BLUE])[:, None].to(signal.device)
    demosaiced = F.conv2d(F.pad(sampled, [1, 1, 1, 1], mode='reflect'), kernels, groups=3) * gains
    return torch.where(column(shots, signal, lambda s: s.raw_gains is None).bool(), plain, demosaiced)
