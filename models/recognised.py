"""The network that weights belong to: width, depth, heads, expansion, norm and biases are read off their names and shapes."""
from typing import Dict

from torch import Tensor

from attention import BiasFreeNorm, LayerNorm
from restormer import Restormer

Weights = Dict[str, Tensor]


def restormer_of(weights: Weights) -> Restormer:
    """The Restormer (its feed-forward networks GDFN) with these weights, by the names of models/restormer.py. Raises KeyError
    or RuntimeError where they are no such network's."""
    levels = 1 + _count(weights, 'encoders.')
    stages = [*(f'encoders.{i}.' for i in range(levels - 1)), 'latent.']
    unshuffle = round((weights['embed.weight'].shape[1] // 3) ** .5)
    net = Restormer(
        weights['embed.weight'].shape[1] // unshuffle ** 2, weights['output.weight'].shape[0] // unshuffle ** 2,
        dim=weights['embed.weight'].shape[0], blocks=[_count(weights, f'{stage}blocks.') for stage in stages],
        heads=[weights[f'{stage}blocks.0.attn.temperature'].shape[0] for stage in stages],
        refinement=_count(weights, 'refinement.blocks.'), expansion=expansion_of(weights, [f'{stage}blocks.0.' for stage in stages]),
        unshuffle=unshuffle, norm=LayerNorm if 'latent.blocks.0.norm1.bias' in weights else BiasFreeNorm,
        bias='latent.blocks.0.attn.qk.bias' in weights, reduce_first=levels == 1 or f'reduces.{levels - 2}.weight' in weights,
        embed_bias='embed.bias' in weights)
    net.load_state_dict(weights)
    return net.eval()


def expansion_of(weights: Weights, blocks) -> float:
    """Hidden widths are int(width * expansion): the middle of what all levels allow. `blocks`: the start of the names of one
    block a level."""
    shapes = [weights[f'{block}ffn.project_out.weight'].shape for block in blocks]
    return (max(hidden / dim for dim, hidden, *_ in shapes) + min((hidden + 1) / dim for dim, hidden, *_ in shapes)) / 2


def _count(weights: Weights, prefix: str) -> int:
    """How many modules are listed under a name."""
    return len({name.removeprefix(prefix).split('.')[0] for name in weights if name.startswith(prefix)})
