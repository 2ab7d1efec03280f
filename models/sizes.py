"""The sizes of hdrtile's model: one definition, its trunk scaled in width and depth together (compound scaling, Tan & Le,
"EfficientNet", 2019, arXiv 1905.11946).

The trunk that is scaled is the Restormer of the paper: dim 48, four levels of 4, 6, 6 and 8 blocks with 1, 2, 4 and 8
heads, and 4 blocks of refinement. A size multiplies dim by `width_mult`, rounded to a multiple of 4, and the numbers of
blocks by `depth_mult`, rounded up. A CPU's budget asks for two cuts that no multiplier gives: fewer levels (the deeper ones
reach far, and so need a large halo), and a stem of pixel-unshuffle, which works at half the resolution.

The painter is not scaled: it sees 206 x 137 pixels of a 3:2 photo, whatever the size, and one is trained for all. Nor is
the gate behind it, which leaves a finished photo as it is.

  draft  the painter's guide alone: the `draft` method of `small`, no file of its own
  small  the default: width 1/3, depth 1/4, two levels at half resolution, no refinement (dim 16, 1/2 blocks)
  base   for GPUs: width 1, depth 1 (dim 48, 4/6/6/8 + 4 blocks)

Beside them stands `student`, a trunk of another kind for scripts/distill.py: six ConvNeXt blocks of 32 to 192 channels.
"""
import math
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Tuple, Union

PUBLISHED_DIM, PUBLISHED_BLOCKS, PUBLISHED_REFINEMENT = 48, (4, 6, 6, 8), 4
FEED_FORWARD = ('gdfn', 'fire', 'inverted_residual')


class Wrong(ValueError):
    """An architecture that cannot be built; the text names the option."""


@dataclass(frozen=True)
class PainterConfig:
    dim: int = 28
    blocks: Tuple[int, ...] = (1, 2, 3)
    heads: Tuple[int, ...] = (1, 2, 4)
    metered: bool = True        # sees a copy of the photo brought to one brightness, too
    fused: bool = True          # and the exposure fusion of that copy
    short_side: int = 137       # of the working size, in pixels
    guide_depth: int = 12       # steps of luma of the bilateral grid; 1 makes it a map

    def __post_init__(self):
        require(len(self.blocks) == len(self.heads) >= 1, 'painter.heads', self.heads, 'as many as painter.blocks')
        require(self.short_side >= 8, 'painter.short_side', self.short_side, 'at least 8')
        require(self.guide_depth >= 1, 'painter.guide_depth', self.guide_depth, 'at least 1')

    @property
    def context_px(self):
        """Long side of the preview: four times the working size of a 3:2 photo, so that other formats shrink cleanly, too."""
        return 8 * math.ceil(6 * self.short_side / 8)


@dataclass(frozen=True)
class GateConfig:
    width: int = 0      # of its hidden layer; 0 for no gate: every photo is painted

    def __post_init__(self):
        require(self.width >= 0, 'gate.width', self.width, 'at least 0')


@dataclass(frozen=True)
class TrunkConfig:
    width_mult: float = 1.
    depth_mult: float = 1.
    levels: int = 4
    refinement: bool = True
    unshuffle: int = 1
    feed_forward: str = 'gdfn'
    embed_bias: bool = False    # of the first convolution: what the norms' divisions leave of brightness and contrast

    def __post_init__(self):
        require(self.dim >= 4, 'trunk.width_mult', self.width_mult, f'at least {4 / PUBLISHED_DIM:.3f}')
        require(self.depth_mult > 0, 'trunk.depth_mult', self.depth_mult, 'above 0')
        require(1 <= self.levels <= len(PUBLISHED_BLOCKS), 'trunk.levels', self.levels, f'1 to {len(PUBLISHED_BLOCKS)}')
        require(self.unshuffle in (1, 2), 'trunk.unshuffle', self.unshuffle, '1 or 2')
        require(self.feed_forward in FEED_FORWARD, 'trunk.feed_forward', self.feed_forward, 'one of ' + ', '.join(FEED_FORWARD))

    @property
    def dim(self):
        return 4 * math.floor(PUBLISHED_DIM * self.width_mult / 4 + .5)

    @property
    def blocks(self):
        return [math.ceil(count * self.depth_mult) for count in PUBLISHED_BLOCKS[:self.levels]]

    @property
    def heads(self):
        return [2 ** level for level in range(self.levels)]

    @property
    def refinement_blocks(self):
        return math.ceil(PUBLISHED_REFINEMENT * self.depth_mult) if self.refinement else 0


@dataclass(frozen=True)
class ConvNextConfig:
    dims: Tuple[int, ...] = (32, 96, 192)
    blocks: Tuple[int, ...] = (1, 1, 2)     # of encoder levels and latent; decoders have as many as their encoders
    unshuffle: int = 2

    def __post_init__(self):
        require(len(self.dims) == len(self.blocks) >= 1, 'trunk.blocks', self.blocks, 'as many as trunk.dims')
        require(self.unshuffle in (1, 2), 'trunk.unshuffle', self.unshuffle, '1 or 2')


FAMILIES = {'restormer': TrunkConfig, 'convnext': ConvNextConfig}


@dataclass(frozen=True)
class Architecture:
    painter: PainterConfig = field(default_factory=PainterConfig)
    trunk: Union[TrunkConfig, ConvNextConfig] = field(default_factory=TrunkConfig)
    gate: GateConfig = field(default_factory=GateConfig)

    def to_json(self):
        family = next(name for name, config in FAMILIES.items() if type(self.trunk) is config)
        return {'painter': asdict(self.painter), 'gate': asdict(self.gate), 'trunk': {'family': family} | asdict(self.trunk)}

    @classmethod
    def from_json(cls, parts):
        """Of all parts, or of some: painter and trunk are those of the default then, and there is no gate."""
        trunk = dict(parts.get('trunk', {}))
        family = trunk.pop('family', 'restormer')
        require(family in FAMILIES, 'trunk.family', family, 'one of ' + ', '.join(FAMILIES))
        options = {'painter': parts.get('painter', {}), 'gate': parts.get('gate', {}), 'trunk': trunk}
        settings = {f'{part}.{key}': value for part in options for key, value in options[part].items()}
        return cls(trunk=FAMILIES[family]()).with_settings(settings)

    def narrow(self):
        """A network with the same depth and reach and the fewest channels, to measure reach with."""
        if isinstance(self.trunk, TrunkConfig):
            return self.with_settings({'trunk.width_mult': 4 / PUBLISHED_DIM})
        return self.with_settings({'trunk.dims': [4] * len(self.trunk.dims)})

    def with_settings(self, settings):
        """This architecture with {'trunk.levels': 3, ...} changed."""
        changes = {part.name: {} for part in fields(self)}
        for name, value in settings.items():
            part, _, key = name.partition('.')
            options = getattr(self, part) if part in changes else None
            kinds = {f.name: type(getattr(options, f.name)) for f in fields(options)} if options else {}
            require(key in kinds, 'the option', name, 'painter.X, gate.X or trunk.X with X as in models/sizes.py')
            value = tuple(value) if isinstance(value, list) else value
            value = float(value) if kinds[key] is float and type(value) is int else value
            require(type(value) is kinds[key], name, value, f'of type {kinds[key].__name__}')
            changes[part][key] = value
        return Architecture(**{part: replace(getattr(self, part), **changed) for part, changed in changes.items()})


def require(right, name, value, wanted):
    if not right:
        raise Wrong(f'{name} is {value!r}, expected {wanted}')


GATE = GateConfig(width=24)
SIZES = {'small': Architecture(trunk=TrunkConfig(width_mult=1 / 3, depth_mult=.25, levels=2, refinement=False, unshuffle=2), gate=GATE),
         'base': Architecture(gate=GATE),
         'student': Architecture(trunk=ConvNextConfig(), gate=GATE)}
