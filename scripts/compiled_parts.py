"""Whether `prepare` and `draft` of a model are worth compiling beside the tile pass: each through TorchScript and through
AOTInductor, in processor seconds on one thread, the least of several runs that take turns.

  .venv/bin/python scripts/compiled_parts.py [models/small.pt] [--only draft|prepare]

Prints seconds of a 7.2 MP photo, seconds to compile, and the largest difference. prepare is compiled for one size of preview:
its exposure fusion has as many levels as the size asks for, so a package would hold it for one format of photo.
"""
import argparse
import tempfile
import time
from pathlib import Path

import torch

import compile_model

PIXELS, SIDE, ROUNDS = 3296 * 2192, 512, 7


class Method(torch.nn.Module):
    """One method of a model as a module, for torch.export."""

    def __init__(self, model, name):
        super().__init__()
        self.model, self.name = model, name

    def forward(self, *inputs):
        return getattr(self.model, self.name)(*inputs)


def draft_sides():
    height, width = (torch.export.Dim(side, min=8, max=1024) for side in ('height', 'width'))
    return (({2: 8 * height, 3: 8 * width}, None, {3: torch.export.Dim.DYNAMIC, 4: torch.export.Dim.DYNAMIC}),)


def parts(scripted):
    """Name to inputs, dynamic sides, and runs a photo of 7.2 MP takes."""
    preview = torch.rand(1, 3, 549, 824)
    guide, _ = scripted.prepare(preview)
    tile = compile_model.tiles(SIDE, SIDE, 'cpu')
    return {'draft': ((tile, compile_model.PLACE, torch.empty_like(guide).copy_(guide)), draft_sides(), PIXELS / SIDE ** 2),
            'prepare': ((preview,), None, 1)}


def compare(model, scripted, name, inputs, sides, runs):
    start = time.monotonic()
    program = torch.export.export(Method(model, name), inputs, dynamic_shapes=sides, strict=False)
    with tempfile.TemporaryDirectory() as folder:
        package = str(Path(folder) / 'part.pt2')
        torch._inductor.aoti_compile_and_package(program, package_path=package, inductor_configs={'cpp.dynamic_threads': True})
        calls = {'TorchScript': getattr(scripted, name), 'compiled': torch._inductor.aoti_load_package(package)}
    compiled = time.monotonic() - start
    torch.set_num_threads(1)
    seconds = {key: [] for key in calls}
    for turn in range(ROUNDS):
        for key, call in calls.items():
            begin = time.process_time()
            call(*inputs)
            if turn >= 2:   # TorchScript optimises while the first two run
                seconds[key].append(time.process_time() - begin)
    results = [result if isinstance(result, (tuple, list)) else (result,) for result in (call(*inputs) for call in calls.values())]
    worst = max(float((a - b).abs().max()) for a, b in zip(*results))
    figures = ', '.join(f'{key} {runs * min(values):.3f} core-s' for key, values in seconds.items())
    print(f'{name}, a photo of 7.2 MP: {figures}; compiled in {compiled:.0f} s, largest difference {worst:.1e}', flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('model', nargs='?', type=Path, default=compile_model.ROOT / 'models/small.pt')
    parser.add_argument('--only', choices=['draft', 'prepare'])
    args = parser.parse_args()
    scripted, description = compile_model.load(args.model)
    model = compile_model.rebuild(scripted, description)
    with torch.no_grad():
        for name, (inputs, sides, runs) in parts(scripted).items():
            if args.only in (None, name):
                compare(model, scripted, name, inputs, sides, runs)


if __name__ == '__main__':
    main()
