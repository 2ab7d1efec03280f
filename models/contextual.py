"""hdrtile's default model: a contextual Restormer (docs/design.md, "The model contract").

`prepare` sees the whole photo once, small. There a Restormer with its own statistics paints the wanted picture as local
affine changes of a classical exposure fusion; a gate tells finished photos, which are wanted as they are; and the guide, a
bilateral grid, is fitted to it. The trunk, a shallow
Restormer run with mixing matrices taken from the same preview, then cleans each tile: noise, JPEG artefacts, edges.
"""
from typing import List, Optional, Tuple, Union

import torch
import torch.nn.functional as F
from torch import Tensor, nn

import tone
import wavelet
from convnext import ConvNext
from gate import Gate, Open
from restormer import Restormer
from sizes import SIZES, Architecture, ConvNextConfig, PainterConfig, TrunkConfig


class Painter(nn.Module):
    """The wanted picture of a small whole photo: the network gives maps of half its size, as tone is smooth."""

    def __init__(self, config: PainterConfig):
        super().__init__()
        self.metered, self.fused = config.metered, config.fused
        pictures = 1 + config.metered + config.fused
        self.net = Restormer(3 * pictures * 4, 3 * pictures + 3, config.dim, list(config.blocks), list(config.heads))
        self.multiple = 2 * self.net.multiple

    def light(self, x: Tensor) -> Tensor:
        """The metered copy's, linear."""
        lin = tone.to_linear(x)
        return lin * tone.meter(lin)

    def pictures(self, x: Tensor, light: Tensor, fused: Tensor) -> Tensor:
        """[N, 3 * pictures, H, W]: the photo, its metered copy, the fusion of that; as many of them as it takes."""
        pictures: List[Tensor] = [x]
        if self.metered:
            pictures.append(tone.to_srgb(light))
        if self.fused:
            pictures.append(fused)
        return torch.cat(pictures, dim=1)

    def padded(self, pictures: Tensor) -> Tensor:
        """To sides that the network takes."""
        return F.pad(pictures, [0, -pictures.shape[3] % self.multiple, 0, -pictures.shape[2] % self.multiple], mode='replicate')

    def mixed(self, pictures: Tensor, maps: Tensor) -> Tensor:
        """The wanted picture from the maps that the network made of the padded pictures."""
        height, width = pictures.shape[2], pictures.shape[3]
        maps = F.interpolate(maps, scale_factor=2., mode='bilinear', align_corners=False)[:, :, :height, :width]
        painted = pictures[:, -3:] + maps[:, -3:]
        for i in range(pictures.shape[1] // 3):     # from the last: what comes nearest to the wanted picture has the first map
            first = pictures.shape[1] - 3 * (i + 1)
            painted = painted + pictures[:, first:first + 3] * maps[:, 3 * i:3 * i + 3]
        return painted

    def forward(self, x: Tensor) -> Tensor:
        light = self.light(x)
        pictures = self.pictures(x, light, tone.fuse(light) if self.fused else light)
        return self.mixed(pictures, self.net(F.pixel_unshuffle(self.padded(pictures), 2))[0])


def make_trunk(config: Union[TrunkConfig, ConvNextConfig]) -> nn.Module:
    """Tile and toned tile in; the residual and the bands' gains out."""
    if isinstance(config, ConvNextConfig):
        return ConvNext(6, 3 + wavelet.CHANNELS, list(config.dims), list(config.blocks), config.unshuffle)
    return Restormer(6, 3 + wavelet.CHANNELS, config.dim, config.blocks, config.heads, config.refinement_blocks,
                     unshuffle=config.unshuffle, kind=config.feed_forward, embed_bias=config.embed_bias)


class ContextualModel(nn.Module):
    def __init__(self, architecture: Architecture = SIZES['small']):
        super().__init__()
        self.short_side, self.long_side = architecture.painter.short_side, architecture.painter.context_px // 2
        self.guide_depth = architecture.painter.guide_depth
        self.painter = Painter(architecture.painter)
        self.gate = Gate(architecture.gate.width) if architecture.gate.width else Open()
        self.trunk = make_trunk(architecture.trunk)

    def working(self, preview: Tensor) -> Tensor:
        """The size that the whole photo is painted at: by default short side 137, long side at most 412. 137 lies as little
        above a power of two as the 2192, 2160 and 1080 of common photos, so the fusion's pyramid ends as theirs does; where
        it ends moves the brightness by some percent."""
        height, width = preview.shape[2], preview.shape[3]
        scale = min(1., self.short_side / min(height, width), self.long_side / max(height, width))
        return F.adaptive_avg_pool2d(preview, [max(int(round(height * scale)), 1), max(int(round(width * scale)), 1)])

    def paint(self, preview: Tensor) -> Tensor:
        return self.gated(preview, self.painter(preview))

    def gated(self, preview: Tensor, painted: Tensor) -> Tensor:
        """The wanted picture: what the painter makes of the photo, or, the more finished it is, the photo itself."""
        return painted + self.gate(preview, painted) * (preview - painted)

    def guide_of(self, preview: Tensor) -> Tuple[Tensor, Tensor]:
        """The painted preview and the guide fitted to it."""
        painted = self.paint(preview)
        return painted, tone.fit_guide(preview, painted, depth=self.guide_depth)

    def mixes_of(self, preview: Tensor, painted: Tensor) -> Tensor:
        """[N, M]: the trunk's mixing matrices from its own statistics on the preview."""
        return self.trunk(self.judged(preview, painted).to(self.trunk.embed.weight.dtype))[1].float()

    def judged(self, preview: Tensor, painted: Tensor) -> Tensor:
        """What the trunk takes its statistics of."""
        x = torch.cat([preview, painted], dim=1)
        pad = [0, -x.shape[3] % self.trunk.multiple, 0, -x.shape[2] % self.trunk.multiple]
        return F.pad(x, pad, mode='replicate')

    def clean(self, x: Tensor, toned: Tensor, mix: Optional[Tensor]) -> Tensor:
        """Toned tiles, their wavelet bands shrunk as the trunk says, plus its residual. The residual mends what is fine and
        weak; the gains hold for noise of any strength, which a network that normalises its features has no measure of.
        Input and sums stay in FP32, the trunk runs in its weights' precision. Without `mix` each tile's own statistics are
        taken, as a Restormer does by itself: for comparison."""
        inputs = torch.cat([x, toned], dim=1).to(self.trunk.embed.weight.dtype)
        out = self.trunk(inputs, mix)[0].float()
        return wavelet.shrink(toned, out[:, 3:].tanh()) + out[:, :3]

    @torch.jit.export
    def prepare(self, preview: Tensor) -> Tuple[Tensor, Tensor]:
        small = self.working(preview)
        painted, guide = self.guide_of(small)
        return guide, self.mixes_of(small, painted)

    # prepare() in parts, for an engine that has faster code for what lies between them (src/infer/fused_prepare.h): the two
    # networks, painter.net and the trunk's statistics, and tone.fuse() and tone.fit_guide().

    @torch.jit.export
    def prepare_light(self, preview: Tensor) -> Tuple[Tensor, Tensor]:
        """The small photo, and the linear light of its metered copy, for tone.fuse()."""
        small = self.working(preview)
        return small, self.painter.light(small)

    @torch.jit.export
    def prepare_pictures(self, small: Tensor, light: Tensor, fused: Tensor) -> Tuple[Tensor, Tensor]:
        """The pictures, and those padded for painter.net, which takes them in 2 x 2 blocks."""
        pictures = self.painter.pictures(small, light, fused)
        return pictures, self.painter.padded(pictures)

    @torch.jit.export
    def prepare_painted(self, pictures: Tensor, maps: Tensor) -> Tuple[Tensor, Tensor]:
        """From the maps that painter.net made: the painted picture, for tone.fit_guide(), and what trunk takes its statistics of."""
        small = pictures[:, :3]
        painted = self.gated(small, self.painter.mixed(pictures, maps))
        return painted, self.judged(small, painted)

    @torch.jit.export
    def draft(self, tiles: Tensor, rect: Tensor, guide: Tensor) -> Tensor:
        return tone.apply_guide(tiles, rect, guide)

    def forward(self, tiles: Tensor, rect: Tensor, guide: Tensor, mix: Tensor) -> Tensor:
        return self.clean(tiles, tone.apply_guide(tiles, rect, guide), mix)
