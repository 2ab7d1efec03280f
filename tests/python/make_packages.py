"""Writes a tiny contextual model and tiny Restormers, plain ones and others, and compiles them for this machine in FP32; the first,
where torchao is there, in INT8, too: make_packages.py FOLDER. Takes some minutes, once."""
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import torch
from program import BINARY, scene

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'models'))
from contextual import ContextualModel  # noqa: E402
from restorer import ContextualRestorer, Restorer  # noqa: E402
from restormer import Restormer  # noqa: E402
from sizes import Architecture, PainterConfig, TrunkConfig  # noqa: E402
from windowed import localise  # noqa: E402

TINY = Architecture(PainterConfig(dim=8, blocks=(1,), heads=(1,)),
                    TrunkConfig(width_mult=1 / 6, depth_mult=.25, levels=1, refinement=False, unshuffle=2))


def tiny():
    """The default model's kind, of one level and block. Its last convolutions do something."""
    torch.manual_seed(0)
    model = ContextualModel(TINY).eval()
    for net in (model.painter.net, model.trunk):
        torch.nn.init.normal_(net.output.weight, std=.02)
    return model


def restormer():
    """As scripts/import_restormer.py makes them of published checkpoints. All of its weights do something."""
    torch.manual_seed(0)
    net = Restormer(3, 3, 8, [1, 1], [1, 2], refinement=1, reduce_first=False).eval()
    torch.nn.init.normal_(net.output.weight, std=.05)
    for parameter in net.parameters():
        if parameter.dim() == 1:
            torch.nn.init.uniform_(parameter, .5, 1.5)
    return net


def make_restormers(folder):
    """By statistics: plain.pt, windows.pt, preview.pt."""
    windowed = restormer()
    localise(windowed, 64)
    for name, module, facts in (('plain', Restorer(restormer()), {'statistics': 'tile', 'multiple': 8}),
                                ('windows', Restorer(windowed), {'statistics': 'window:64', 'multiple': 32}),
                                ('preview', ContextualRestorer(restormer()), {'statistics': 'preview', 'multiple': 8, 'context_px': 96})):
        description = {'name': name, 'scale': 1, 'halo': 16, 'tile': {'min': 64, 'max': 1024, 'default': 512}, **facts}
        torch.jit.save(torch.jit.script(module.eval()), str(folder / f'{name}.pt'), _extra_files={'hdrtile.json': json.dumps(description)})
        compile_model(folder / f'{name}.pt', 'fp32', folder / 'restormers')
    compile_model(folder / 'plain.pt', 'bf16', folder / 'restormers')


def compile_model(model, precision, cache):
    subprocess.run([sys.executable, '-B', ROOT / 'scripts/compile_model.py', model, '--precision', precision, '--cache', cache], check=True)


def make(folder):
    description = {'name': 'tiny', 'scale': 1, 'multiple': 8, 'halo': 16, 'context_px': 96, 'tile': {'min': 64, 'max': 1024, 'default': 512},
                   'architecture': TINY.to_json()}
    torch.jit.save(torch.jit.script(tiny()), str(folder / 'tiny.pt'), _extra_files={'hdrtile.json': json.dumps(description)})
    compile_model(folder / 'tiny.pt', 'fp32', folder / 'cache')
    make_restormers(folder)
    if importlib.util.find_spec('torchao'):
        quantise(folder)


def quantise(folder):
    """Random weights do not keep the limit, hence --force; it is judged on the photos that it is calibrated with."""
    photos = folder / 'photos'
    photos.mkdir(exist_ok=True)
    for name, shape in (('wide', (96, 128)), ('upright', (160, 112))):
        cv2.imwrite(str(photos / f'{name}.png'), scene(*shape))
    subprocess.run([sys.executable, '-B', ROOT / 'scripts/quantize.py', folder / 'tiny.pt', '--calibrate', photos, '--photos', photos, '--force',
                    '--cache', folder / 'quantised', '--binary', BINARY], check=True)


def main():
    folder = Path(sys.argv[1])
    stamp = folder / 'stamp'
    sources = [Path(__file__), ROOT / 'scripts/compile_model.py', ROOT / 'scripts/eager_model.py', ROOT / 'scripts/quantize.py',
               *sorted((ROOT / 'scripts/quantization').glob('*.py')), *sorted((ROOT / 'models').glob('*.py'))]
    flags = next((line for line in Path('/proc/cpuinfo').read_text().splitlines() if line.startswith('flags')), '')
    wanted = hashlib.sha256(b''.join(source.read_bytes() for source in sources) + (torch.__version__ + flags).encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    folder.mkdir(parents=True, exist_ok=True)
    os.umask(0o022)
    for cache in ('cache', 'restormers', 'quantised'):
        shutil.rmtree(folder / cache, ignore_errors=True)
    make(folder)
    stamp.write_text(wanted)


if __name__ == '__main__':
    main()
