"""What JPEG leaves of a photo, in tensors: the loss of libjpeg's baseline encoder, without the file."""
import math

import torch
import torch.nn.functional as F

# ITU-T T.81, Annex K: luminance, chrominance; rows are vertical frequencies.
_LUMINANCE = '''16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 14 17 22 29 51 87 80 62
                18 22 37 56 68 109 103 77 24 35 55 64 81 104 113 92 49 64 78 87 103 121 120 101 72 92 95 98 112 100 103 99'''
_CHROMINANCE = '''17 18 24 47 99 99 99 99 18 21 26 66 99 99 99 99 24 26 56 99 99 99 99 99 47 66 99 99 99 99 99 99
                  99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99 99'''
_TABLES = torch.tensor([[float(v) for v in t.split()] for t in (_LUMINANCE, _CHROMINANCE)]).view(2, 8, 8)
_TO_YCC = torch.tensor([[.299, .587, .114], [-.168736, -.331264, .5], [.5, -.418688, -.081312]])


def _basis(like):
    k = torch.arange(8, dtype=torch.float32)
    basis = .5 * torch.cos(math.pi / 16 * (2 * k[None] + 1) * k[:, None])
    basis[0] *= math.sqrt(.5)
    return basis.to(like.device)


def dct(x):
    """[N, C, 8 h, 8 w] to its blocks' orthonormal DCT, [N, C, 8 (vertical frequency), 8, h, w]."""
    count, channels, height, width = x.shape
    blocks = x.reshape(count, channels, height // 8, 8, width // 8, 8)
    basis = _basis(x)
    return torch.einsum('ui,ncyixj,vj->ncuvyx', basis, blocks, basis)


def inverse_dct(coefficients):
    count, channels, _, _, height, width = coefficients.shape
    basis = _basis(coefficients)
    return torch.einsum('ui,ncuvyx,vj->ncyixj', basis, coefficients, basis).reshape(count, channels, 8 * height, 8 * width)


def tables(quality):
    """libjpeg's quantisation tables of these qualities [N] (1 to 100): [N, 2, 8, 8], luminance and chrominance."""
    quality = quality.float()
    scale = torch.where(quality < 50, (5000 / quality).floor(), 200 - 2 * quality).view(-1, 1, 1, 1)
    return ((_TABLES.to(quality.device) * scale + 50) / 100).floor().clamp(1, 255)


def _quantised(plane, table):
    """A plane of bytes, after coding: table [N, 8, 8]."""
    table = table[:, None, :, :, None, None]
    return (inverse_dct((dct(plane - 128) / table).round() * table) + 128).round().clamp(0, 255)


def _upsampled(plane):
    """libjpeg's "fancy" upsampling: each new pixel is 3/4 of the nearer and 1/4 of the further one."""
    return F.interpolate(plane, scale_factor=2., mode='bilinear', align_corners=False)


def jpeg(photos, quality, halved):
    """Photos [N, 3, H, W], sRGB in [0, 1], as JPEGs of these qualities [N] give them, with chroma at half resolution (4:2:0)
    where `halved` [N] says so."""
    height, width = photos.shape[2:]
    pixels = F.pad((photos.clamp(0, 1) * 255).round(), [0, -width % 16, 0, -height % 16], mode='replicate')
    ycc = torch.einsum('ij,njhw->nihw', _TO_YCC.to(photos.device), pixels)
    luminance, chrominance = ycc[:, :1].round(), ycc[:, 1:] + 128
    table = tables(quality)
    full = _quantised(chrominance.round().clamp(0, 255), table[:, 1])
    half = _upsampled(_quantised(F.avg_pool2d(chrominance, 2).round().clamp(0, 255), table[:, 1]))
    chrominance = torch.where(halved.view(-1, 1, 1, 1), half, full) - 128
    ycc = torch.cat([_quantised(luminance, table[:, 0]), chrominance], dim=1)
    rgb = torch.einsum('ij,njhw->nihw', torch.linalg.inv(_TO_YCC).to(photos.device), ycc)
    return rgb[:, :, :height, :width].round().clamp(0, 255) / 255
