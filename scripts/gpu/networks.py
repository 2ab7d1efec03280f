"""The networks that scripts/gpu_check.sh measures, each as a Python user has it and as a model file of hdrtile. All but `small`
have random weights: a GPU takes as long for them as for trained ones. Needs torch alone."""
import copy
import json
import sys
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / 'models'), str(ROOT / 'scripts')]
import model_file  # noqa: E402
from contextual import ContextualModel  # noqa: E402
from restorer import Restorer  # noqa: E402
from restormer import Restormer  # noqa: E402
from sizes import SIZES, Architecture  # noqa: E402

NAMES = ('small', 'base', 'base-plain')
BASE_FACTS = {'scale': 1, 'multiple': 8, 'halo': 32, 'tile': {'min': 128, 'max': 8192, 'default': 512}, 'bytes_per_pixel': 4096}


class Network:
    """An eager module, its file, and how a photo goes through it tile by tile."""

    def __init__(self, name, folder, device, dtype):
        self.name, self.dtype = name, dtype
        self.contextual = name != 'base-plain'
        self.file = ROOT / 'models/small.pt' if name == 'small' else Path(folder) / f'{name}.pt'
        torch.manual_seed(0)
        full = self._small() if name == 'small' else self._random()
        self.full = full.eval().to(device)
        self.module = copy.deepcopy(self.full)
        # As hdrtile casts: of contextual models the trunk alone, for input and residual stay in FP32.
        (self.module.trunk if self.contextual else self.module).to(dtype=dtype, memory_format=torch.channels_last)

    def _random(self):
        if not self.contextual:
            module = Restorer(Restormer(3, 3, 48, [4, 6, 6, 8], [1, 2, 4, 8], 4, reduce_first=False))     # as published
            facts = BASE_FACTS
        else:
            module = ContextualModel(SIZES[self.name])
            facts = BASE_FACTS | {'context_px': SIZES[self.name].painter.context_px}
        torch.nn.init.normal_(module.trunk.output.weight, std=.01)
        facts = {'name': self.name, 'parameters': sum(p.numel() for p in module.parameters())} | facts
        model_file.save(torch.jit.script(module.eval()), self.file, facts).rename(self.file)
        return module

    def _small(self):
        extra = {'hdrtile.json': ''}
        weights = torch.jit.load(str(self.file), _extra_files=extra).float().state_dict()
        module = ContextualModel(Architecture.from_json(json.loads(extra['hdrtile.json'])['architecture']))
        module.load_state_dict(weights)
        return module

    def on(self, photo):
        """A call of (tile, top, left) for the tiles of this photo [1, 3, h, w]."""
        if not self.contextual:
            return lambda tile, top, left: self.module(tile.to(self.dtype)).float()
        height, width = photo.shape[2:]
        scale = SIZES[self.name].painter.context_px / max(height, width)
        preview = torch.nn.functional.adaptive_avg_pool2d(photo, [max(round(height * scale), 1), max(round(width * scale), 1)])
        guide, mix = self.full.prepare(preview)

        def run(tile, top, left):
            h, w = tile.shape[2:]
            place = torch.tensor([[left / width, top / height, (left + w) / width, (top + h) / height]], device=tile.device)
            return self.module(tile, place, guide, mix)
        return run

    def flops_per_pixel(self):
        """Of the tile pass: convolutions and matrix products, a multiplication and an addition counted as two."""
        from torch.utils.flop_counter import FlopCounterMode
        side = 256
        device = next(self.module.parameters()).device
        photo = torch.rand(1, 3, side, side, device=device)
        run = self.on(photo)
        with FlopCounterMode(display=False) as counter:
            run(photo, 0, 0)
        return counter.get_total_flops() / side ** 2
