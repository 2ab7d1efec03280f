"""Compiles the tile pass of a model file for this machine (AOTInductor) into hdrtile's cache, where `hdrtile enhance` finds it.

  .venv/bin/python scripts/compile_model.py [models/small.pt] [--device cpu|cuda] [--precision auto|fp32|bf16|fp16] [--cache DIR]

Writes NAME-PRECISION-KEY.pt2 and, beside it, a .json with what the package was compiled from and for, and its SHA-256.
The package takes tiles of every size that the model does, so photos are cut as ever. It holds the tile pass alone: prepare()
and draft() stay TorchScript: prepare() takes a fiftieth of the time, and once a photo.

AOTInductor cannot compile a TorchScript file: the network is built anew from models/ with the file's weights, so only
files that scripts/export_model.py wrote can be compiled. The result is checked against the file before it counts.
"""
import argparse
import hashlib
import json
import os
import re
import sys
import tempfile
import time
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / 'models'))
import sizes  # noqa: E402
from contextual import ContextualModel  # noqa: E402

DTYPES = {'fp32': torch.float32, 'bf16': torch.bfloat16, 'fp16': torch.float16}
# Inductor compiles with -march=native: every instruction set that the compiler may have used.
INSTRUCTION_SETS = re.compile(r'(sse|ssse|avx|amx|fma|f16c|bmi|abm|popcnt|movbe|v?aes|v?pclmul|gfni|sha|adx|rdrand|rdseed|xsave|lzcnt|sm[34]$)')
LEAST_DB = {'fp32': 60, 'bf16': 40, 'fp16': 40}
PLACE = torch.tensor([[.1, .2, .3, .5]])


def fail(message):
    sys.exit(f'{Path(sys.argv[0]).name}: {message}')


def cache_folder():
    """As package_folder() of src/cli/models.cpp has it."""
    if folder := os.environ.get('HDRTILE_CACHE'):
        return Path(folder)
    return Path(os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache') / 'hdrtile'


def sha256_of(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def cpu_flags():
    for line in Path('/proc/cpuinfo').read_text().splitlines():
        if line.startswith('flags'):
            return line.split(':', 1)[1].split()
    return []


def precision_of(asked, device):
    if asked != 'auto':
        return asked
    if device == 'cuda':
        return 'fp16'
    return 'bf16' if {'avx512_bf16', 'amx_bf16'} & set(cpu_flags()) else 'fp32'


def load(path):
    """The TorchScript module, in FP32 whatever it is stored in, and hdrtile.json."""
    extra = {'hdrtile.json': ''}
    try:
        scripted = torch.jit.load(str(path), _extra_files=extra).eval().float()
    except (RuntimeError, ValueError, OSError) as error:
        fail(f'{path} cannot be loaded as TorchScript ({str(error).splitlines()[0]})')
    if scripted.original_name != ContextualModel.__name__ or not extra['hdrtile.json']:
        fail(f'{path} was not written by scripts/export_model.py: only models that models/contextual.py defines can be compiled; '
             'hdrtile runs this one through TorchScript')
    return scripted, json.loads(extra['hdrtile.json'])


def architecture_of(description):
    """Files from before hdrtile.json held it are `small`."""
    parts = description.get('architecture')
    return sizes.Architecture.from_json(parts) if parts else sizes.SIZES['small']


def rebuild(scripted, description):
    """The eager model of a TorchScript file."""
    model = ContextualModel(architecture_of(description)).eval()
    model.load_state_dict(scripted.state_dict())
    return model


def tiles(height, width, device):
    torch.manual_seed(height)
    return torch.rand(1, 3, height, width).to(device, memory_format=torch.channels_last)


def export(model, description, inputs):
    """The tile pass as a graph: a tile's sides are any multiple, a guide's as the photo's format makes them."""
    multiple = description['multiple']
    least = -(-description['tile']['min'] // multiple)
    most = description['tile']['max'] // multiple
    height, width = (torch.export.Dim(side, min=least, max=most) for side in ('height', 'width'))
    dynamic = ({2: multiple * height, 3: multiple * width}, None, {3: torch.export.Dim.DYNAMIC, 4: torch.export.Dim.DYNAMIC}, None)
    program = torch.export.export(model, inputs, dynamic_shapes=dynamic, strict=False)
    return program, {'min': least * multiple, 'max': most * multiple}


def check(package, scripted, precision, device):
    """The least PSNR between the package and the TorchScript file in FP32, over several photos and tiles. A package for
    FP32 must be as near as rounding allows."""
    compiled = torch._inductor.aoti_load_package(str(package))
    least = float('inf')
    for (height, width), preview in (((128, 192), (549, 824)), ((512, 512), (824, 618)), ((200, 328), (824, 300))):
        x = tiles(height, width, device)
        guide, mix = scripted.prepare(torch.rand(1, 3, *preview, device=device))
        difference = compiled(x, PLACE.to(device), guide, mix) - scripted(x, PLACE.to(device), guide, mix)
        least = min(least, float(-10 * difference.square().mean().clamp(min=1e-20).log10()))
    if not least >= LEAST_DB[precision]:
        fail(f'the compiled model is {least:.1f} dB from the TorchScript file, at least {LEAST_DB[precision]} dB are asked: not kept')
    return least


def key_of(path, precision, device):
    """What a package must match to be used."""
    key = {'format': 1, 'model_sha256': sha256_of(path), 'precision': precision, 'device': device,
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


def inputs_of(scripted, device):
    """A tile, its place, and the guide and mix of some photo."""
    guide, mix = (torch.empty_like(t).copy_(t) for t in scripted.prepare(torch.rand(1, 3, 549, 824, device=device)))
    return tiles(384, 512, device), PLACE.to(device), guide, mix


def package(model, description, inputs, path, freezing=False):
    """Compiles the tile pass of an eager model into the package `path`. Returns what the package's description says of its
    inputs. With `freezing` weights are laid out as the kernels want them: without it INT8 runs as FP32."""
    os.environ.setdefault('TORCHINDUCTOR_CACHE_DIR', str(path.parent))
    program, sides = export(model, description, inputs)
    # Threads are hdrtile's choice when it runs, not this script's now.
    torch._inductor.aoti_compile_and_package(program, package_path=str(path),
                                             inductor_configs={'cpp.dynamic_threads': True, 'freezing': freezing})
    guide, mix = inputs[2:]
    return {'sides': sides, 'inputs': [[1, 3, 0, 0], [1, 4], [*guide.shape[:3], 0, 0], [*mix.shape]]}


def compile_model(path, device, precision, target, key):
    start = time.monotonic()
    scripted, description = load(path)
    scripted = scripted.to(device)
    model = rebuild(scripted, description).to(device)
    with torch.no_grad(), tempfile.TemporaryDirectory(dir=target.parent, prefix='.') as folder:
        model.trunk.to(DTYPES[precision])
        model.to(memory_format=torch.channels_last)
        partial = Path(folder) / target.name
        shapes = package(model, description, inputs_of(scripted, device), partial)
        print(f'compiled after {time.monotonic() - start:.0f} s', flush=True)
        psnr = check(partial, scripted, precision, device)
        place(partial, key | {'model': description['name'], **shapes, 'psnr': round(psnr, 1), 'package_sha256': sha256_of(partial)}, target)
    print(f'{target}: {target.stat().st_size / 1e6:.1f} MB, {psnr:.1f} dB to the file in FP32, {time.monotonic() - start:.0f} s in all')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('model', nargs='?', type=Path, default=ROOT / 'models/small.pt')
    parser.add_argument('--device', choices=['cpu', 'cuda'], default='cpu')
    parser.add_argument('--precision', choices=['auto', *DTYPES], default='auto', help='as hdrtile enhance would choose it, or one of these')
    parser.add_argument('--cache', type=Path, default=cache_folder(), help='default: $HDRTILE_CACHE, $XDG_CACHE_HOME/hdrtile, ~/.cache/hdrtile')
    args = parser.parse_args()
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
