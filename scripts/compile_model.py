"""Compiles the tile pass of a model file for this machine (AOTInductor) into hdrtile's cache, where `hdrtile enhance` finds it.

  .venv/bin/python scripts/compile_model.py [models/small.pt] [--device cpu|cuda] [--precision auto|fp32|bf16|fp16] [--cache DIR]

Writes NAME-PRECISION-KEY.pt2 and, beside it, a .json with what the package was compiled from and for, and its SHA-256.
The package takes tiles of every size that the model does, so photos are cut as ever. It holds the tile pass alone: prepare()
and draft() stay TorchScript: prepare() takes a fiftieth of the time, and once a photo.

AOTInductor cannot compile a TorchScript file: the network is built anew from models/ with the file's weights, so only files
that scripts/export_model.py wrote can be compiled, and Restormers that scripts/import_restormer.py did, with statistics of any
kind. The result is checked against the file before it counts.
"""
import argparse
import hashlib
import json
import os
import re
import tempfile
import time
from pathlib import Path

import torch

from eager_model import ALL, ROOT, fail, load, rebuild

from attention import LayerNorm  # noqa: E402, I001  of models/, which eager_model has put on the path

DTYPES = {'fp32': torch.float32, 'bf16': torch.bfloat16, 'fp16': torch.float16}
# Inductor compiles with -march=native: every instruction set that the compiler may have used.
INSTRUCTION_SETS = re.compile(r'(sse|ssse|avx|amx|fma|f16c|bmi|abm|popcnt|movbe|v?aes|v?pclmul|gfni|sha|adx|rdrand|rdseed|xsave|lzcnt|sm[34]$)')
LEAST_DB = {'fp32': 60, 'bf16': 40, 'fp16': 40}
PLACE = torch.tensor([[.1, .2, .3, .5]])


def cache_folder():
    """As package_folder() of src/cli/models.cpp has it."""
    if folder := os.environ.get('HDRTILE_CACHE'):
        return Path(folder)
    return Path(os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache') / 'hdrtile'


def sha256_of(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def cpu_field(name):
    for line in Path('/proc/cpuinfo').read_text().splitlines():
        if line.startswith(name):
            return line.split(':', 1)[1].strip()
    return ''


def cpu_flags():
    return cpu_field('flags').split()


def precision_of(asked, device):
    if asked != 'auto':
        return asked
    if device == 'cuda':
        return 'fp16'
    gains = 'amx_bf16' in cpu_flags() or ('avx512_bf16' in cpu_flags() and cpu_field('vendor_id') != 'GenuineIntel')     # src/infer/cpu.h
    return 'bf16' if gains else 'fp32'


def tiles(height, width, device):
    torch.manual_seed(height)
    return torch.rand(1, 3, height, width).to(device, memory_format=torch.channels_last)


class NormBySums(torch.nn.Module):
    """models/attention.py's LayerNorm, of sums: for layer_norm Inductor writes Welford's recurrence, which over so few channels
    takes twice as long."""

    def __init__(self, norm):
        super().__init__()
        self.weight, self.bias = norm.weight, norm.bias

    def forward(self, x):
        centred = x.float() - x.float().mean(dim=1, keepdim=True)
        normed = centred * torch.rsqrt(centred.square().mean(dim=1, keepdim=True) + 1e-5)
        return (normed * self.weight.float()[:, None, None] + self.bias.float()[:, None, None]).to(x.dtype)


def suit_inductor(module):
    """Gives a network the forms that Inductor makes the fastest code of."""
    for parent in list(module.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, LayerNorm):
                setattr(parent, name, NormBySums(child))


class PlainPass(torch.nn.Module):
    """A plain model with its trunk in its weights' precision, input and sum in FP32: as contextual models have it."""

    def __init__(self, trunk):
        super().__init__()
        self.trunk = trunk

    def forward(self, x):
        return x + self.trunk(x.to(self.trunk.embed.weight.dtype))[0].float()


def free_axes(inputs):
    """Of what follows a tile: the sides of a guide, which are as the photo's format makes them."""
    return [(3, 4) if value.dim() == 5 else () for value in inputs[1:]]


def export(model, description, inputs):
    """The tile pass as a graph: a tile's sides are any multiple."""
    multiple = description['multiple']
    least = -(-description['tile']['min'] // multiple)
    most = description['tile']['max'] // multiple
    height, width = (torch.export.Dim(side, min=least, max=most) for side in ('height', 'width'))
    dynamic = ({2: multiple * height, 3: multiple * width},
               *({axis: torch.export.Dim.DYNAMIC for axis in axes} or None for axes in free_axes(inputs)))
    program = torch.export.export(model, inputs, dynamic_shapes=dynamic, strict=False)
    return program, {'min': least * multiple, 'max': most * multiple}


def check(package, scripted, description, precision, device):
    """The least PSNR between the package and the TorchScript file in FP32, over several photos and tiles. A package for
    FP32 must be as near as rounding allows."""
    compiled = torch._inductor.aoti_load_package(str(package))
    least = float('inf')
    for sides, preview in (((128, 192), (549, 824)), ((512, 512), (824, 618)), ((200, 328), (824, 300))):
        inputs = inputs_of(scripted, device, sides_near(sides, description), preview)
        difference = compiled(*inputs) - scripted(*inputs)
        least = min(least, float(-10 * difference.square().mean().clamp(min=1e-20).log10()))
    if not least >= LEAST_DB[precision]:
        fail(f'the compiled model is {least:.1f} dB from the TorchScript file, at least {LEAST_DB[precision]} dB are asked: not kept')
    return least


def key_of(path, precision, device):
    """What a package must match to be used."""
    key = {'format': 2, 'model_sha256': sha256_of(path), 'precision': precision, 'device': device,
           'torch': torch.__version__.split('+')[0]}
    if device == 'cuda':
        key['gpu'] = 'sm_{}{}'.format(*torch.cuda.get_device_capability())
    key['cpu_flags'] = sorted(flag for flag in cpu_flags() if INSTRUCTION_SETS.match(flag))
    return key


def target_of(cache, path, key):
    """The package of this key."""
    digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()
    return cache / f'{path.stem}-{key["precision"]}-{digest[:16]}.pt2'


def place(partial, facts, target):
    """Package first, then the .json that makes it count; each appears whole."""
    partial.chmod(0o600)
    partial.replace(target)
    with tempfile.NamedTemporaryFile('w', dir=target.parent, prefix='.', suffix='.json', delete=False) as file:
        json.dump(facts, file, indent=1)
    Path(file.name).replace(target.with_suffix('.json'))


def is_whole(target):
    """Whether hdrtile would load it."""
    facts = target.with_suffix('.json')
    try:
        exposed = any(path.stat().st_mode & 0o022 for path in (target, facts))
        return not exposed and json.loads(facts.read_text())['package_sha256'] == sha256_of(target)
    except (OSError, ValueError, KeyError):
        return False


def sides_near(sides, description):
    """Of a tile that the model takes."""
    multiple = description['multiple']
    return [-(-max(side, description['tile']['min']) // multiple) * multiple for side in sides]


def inputs_of(scripted, device, sides=(384, 512), preview=(549, 824)):
    """A tile, and for contextual models its place, and the guide and mix of some photo."""
    tile = tiles(*sides, device)
    if not hasattr(scripted, 'prepare'):
        return (tile,)
    guide, mix = (torch.empty_like(t).copy_(t) for t in scripted.prepare(torch.rand(1, 3, *preview, device=device)))
    return tile, PLACE.to(device), guide, mix


def package(model, description, inputs, path, freezing=False):
    """Compiles the tile pass of an eager model into the package `path`. Returns what the package's description says of its
    inputs. With `freezing` weights are laid out as the kernels want them: without it INT8 runs as FP32."""
    os.environ.setdefault('TORCHINDUCTOR_CACHE_DIR', str(path.parent))
    program, sides = export(model, description, inputs)
    # Threads are hdrtile's choice when it runs, not this script's now.
    torch._inductor.aoti_compile_and_package(program, package_path=str(path),
                                             inductor_configs={'cpp.dynamic_threads': True, 'freezing': freezing})
    further = [[0 if axis in axes else size for axis, size in enumerate(value.shape)] for value, axes in zip(inputs[1:], free_axes(inputs))]
    return {'sides': sides, 'inputs': [[1, 3, 0, 0], *further]}


def compile_model(path, device, precision, target, key):
    start = time.monotonic()
    scripted, description = load(path, ALL)
    scripted = scripted.to(device)
    model = rebuild(scripted, description).to(device)
    with torch.no_grad(), tempfile.TemporaryDirectory(dir=target.parent, prefix='.') as folder:
        suit_inductor(model.trunk)
        model.trunk.to(DTYPES[precision])
        model.to(memory_format=torch.channels_last)
        partial = Path(folder) / target.name
        shapes = package(model if hasattr(scripted, 'prepare') else PlainPass(model.trunk), description,
                         inputs_of(scripted, device, sides_near((384, 512), description)), partial)
        print(f'compiled after {time.monotonic() - start:.0f} s', flush=True)
        psnr = check(partial, scripted, description, precision, device)
        place(partial, key | {'model': description['name'], **shapes, 'psnr': round(psnr, 1), 'package_sha256': sha256_of(partial)}, target)
    print(f'{target}: {target.stat().st_size / 1e6:.1f} MB, {psnr:.1f} dB to the file in FP32, {time.monotonic() - start:.0f} s in all')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('model', nargs='?', type=Path, default=ROOT / 'models/small.pt')
    parser.add_argument('--device', choices=['cpu', 'cuda'], default='cpu')
    parser.add_argument('--precision', choices=['auto', *DTYPES], default='auto', help='as hdrtile enhance would choose it, or one of these')
    parser.add_argument('--cache', type=Path, default=cache_folder(), help='default: $HDRTILE_CACHE, $XDG_CACHE_HOME/hdrtile, ~/.cache/hdrtile')
    args = parser.parse_args()
    args.cache = args.cache.absolute()   # the compiler runs in folders of its own
    if not args.model.is_file():
        fail(f'{args.model} is no file')
    if args.device == 'cuda' and not torch.cuda.is_available():
        fail('no CUDA device here: use --device cpu')
    precision = precision_of(args.precision, args.device)
    key = key_of(args.model, precision, args.device)
    target = target_of(args.cache, args.model, key)
    if is_whole(target):
        print(f'{target} is there already')
        return
    args.cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    compile_model(args.model, args.device, precision, target, key)


if __name__ == '__main__':
    main()
