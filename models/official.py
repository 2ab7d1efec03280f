"""Checkpoints of the published Restormer (github.com/swz30/Restormer) as networks of models/restormer.py: width, depth,
heads, expansion, norm and biases are read off the names and shapes of the weights."""
import re
import torch

from attention import BiasFreeNorm, LayerNorm
from recognised import Weights, expansion_of
from restormer import Restormer


def is_restormer(weights: Weights) -> bool:
    return 'patch_embed.proj.weight' in weights and 'encoder_level1.0.attn.temperature' in weights


def from_official(weights: Weights) -> Restormer:
    """The network, its residual without the input that is added to it. Raises ValueError that says what does not fit."""
    channels = weights['patch_embed.proj.weight'].shape[1]
    if 'skip_conv.weight' in weights or channels == 6:
        raise ValueError('is made for dual-pixel photos (6 channels): hdrtile runs networks from RGB to RGB')
    if channels != 3:
        raise ValueError(f'takes {channels} channel{"s"[:channels > 1]}: hdrtile runs networks from RGB to RGB')
    levels = 1 + len({name.split('.')[0] for name in weights if name.startswith('encoder_level')})
    stages = [f'encoder_level{i}' for i in range(1, levels)] + ['latent']
    try:
        net = Restormer(
            3, weights['output.weight'].shape[0], dim=weights['patch_embed.proj.weight'].shape[0],
            blocks=[_length(weights, stage) for stage in stages],
            heads=[weights[f'{stage}.0.attn.temperature'].shape[0] for stage in stages],
            refinement=_length(weights, 'refinement'), expansion=expansion_of(weights, [f'{stage}.0.' for stage in stages]),
            norm=LayerNorm if 'latent.0.norm1.body.bias' in weights else BiasFreeNorm,
            bias='latent.0.attn.qkv.bias' in weights, reduce_first=False)
        ours = _renamed(weights, levels)
    except KeyError as error:
        raise ValueError(f'is a Restormer that lacks {error.args[0]}') from None
    expected = {name: value.shape for name, value in net.state_dict().items()}
    for name in sorted({*expected, *ours}):
        if name not in ours or name not in expected:
            raise ValueError(f'is no published Restormer: {name} {"is missing" if name in expected else "is unknown"}')
        if ours[name].shape != expected[name]:
            raise ValueError(f'is no published Restormer: {name} is {[*ours[name].shape]}, expected {[*expected[name]]}')
    net.load_state_dict(ours)
    return net.eval()


def _length(weights: Weights, stage: str) -> int:
    return len({name.split('.')[1] for name in weights if name.startswith(f'{stage}.')})


def _renamed(weights: Weights, levels: int) -> Weights:
    """The weights under our names. Queries and keys have a convolution of their own: a tile pass whose mixing matrices are
    given needs the values alone."""
    rules = [
        (r'^patch_embed\.proj\.', lambda match: 'embed.'),
        (r'^encoder_level(\d)\.', lambda match: f'encoders.{int(match[1]) - 1}.blocks.'),
        (r'^decoder_level(\d)\.', lambda match: f'decoders.{levels - 1 - int(match[1])}.blocks.'),
        (r'^(latent|refinement)\.', lambda match: f'{match[1]}.blocks.'),
        (r'^down(\d)_\d\.', lambda match: f'downs.{int(match[1]) - 1}.'),
        (r'^up\d_(\d)\.', lambda match: f'ups.{levels - 1 - int(match[1])}.'),
        (r'^reduce_chan_level(\d)\.', lambda match: f'reduces.{levels - 1 - int(match[1])}.'),
        (r'\.body\.', lambda match: '.'),
        (r'\.project_out\.bias$', lambda match: match[0] if '.ffn.' in match.string else '.project_bias'),
    ]
    result = {}
    for name, value in weights.items():
        for pattern, replacement in rules:
            name = re.sub(pattern, replacement, name)
        if '.attn.qkv' in name:
            q, k, v = value.float().chunk(3)
            result[name.replace('.qkv', '.qk')] = torch.cat([q, k])
            result[name.replace('.qkv', '.v')] = v
        elif name.endswith('.attn.project_out.weight'):
            result[name.removesuffix('.weight')] = value.float().flatten(1)
        else:
            result[name] = value.float()
    return result
