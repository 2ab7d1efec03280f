"""Turns a checkpoint of another project into a model file: TorchScript with hdrtile.json inside (docs/design.md, "The model
contract").

  python scripts/import_restormer.py real_denoising.pth --out models/denoise.pt [--statistics tile|window:N|preview]
  python scripts/import_restormer.py 4x_esrgan.pth --out models/esrgan.pt

Takes checkpoints of the published Restormer (denoising, deraining, deblurring, from RGB to RGB), and what the package
`spandrel` knows, image to image, RGB, scale 1 to 4. A Restormer's attention takes statistics over what it sees:

  tile       of each tile, as published; tiles of other sizes give other pictures
  window:N   of windows of N x N pixels, half a window apart (TLC, arXiv 2112.04491);
             N is a multiple of 16, origins and sides of tiles of N / 2
  preview    of the whole photo, seen once with a long side of --context-px; the tile pass is convolution only

Halo (the smallest border at which a tile equals the whole photo to 60 dB and 1/255), receptive field, memory and the
weights' hash are computed; the file is kept only if it gives what PyTorch gives. Checkpoints are loaded as weights alone:
no code in them is run.
"""
import argparse
import hashlib
import json
import re
import sys
import zipfile
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / 'models'))
import model_file  # noqa: E402
import official_import  # noqa: E402
import spandrel_import  # noqa: E402
from official import is_restormer  # noqa: E402
from spandrel import canonicalize_state_dict  # noqa: E402


def weights_of(path):
    """The tensors of a checkpoint, without the wrappers that training scripts put round them."""
    if not path.is_file():
        raise SystemExit(f'{path} is no file')
    if zipfile.is_zipfile(path) and any(name.endswith('/constants.pkl') for name in zipfile.ZipFile(path).namelist()):
        raise SystemExit(f'{path} is TorchScript already: hdrtile enhance --model {path} runs it')
    try:
        if path.suffix == '.safetensors':
            import safetensors.torch
            loaded = safetensors.torch.load_file(path)
        else:
            loaded = torch.load(path, map_location='cpu', weights_only=True)
    except Exception as error:  # pickle, zip and torch each have their own
        raise SystemExit(f'{path} is no checkpoint of weights ({model_file.reason(error)})') from None
    weights = canonicalize_state_dict(loaded) if isinstance(loaded, dict) else {}
    if not weights or not all(isinstance(value, torch.Tensor) for value in weights.values()):
        raise SystemExit(f'{path} holds no weights by name: save the network\'s state_dict()')
    return weights


def statistics(text):
    if not re.fullmatch(r'tile|preview|window:[1-9]\d*', text):
        raise argparse.ArgumentTypeError(f'{text} is none of tile, window:N, preview')
    return text


def pixels(text):
    if not re.fullmatch(r'[1-9]\d{0,3}', text):
        raise argparse.ArgumentTypeError(f'{text} is no number of pixels from 1 to 9999')
    return int(text)


@torch.inference_mode()
def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('checkpoint', type=Path)
    parser.add_argument('--out', required=True, type=Path)
    parser.add_argument('--name', help='what {model} and reports call it; default: the name of --out')
    parser.add_argument('--statistics', type=statistics, help='of a Restormer: tile (default), window:N or preview')
    parser.add_argument('--context-px', type=pixels, default=384,
                        help='of --statistics preview: what it was trained on is best; default 384')
    parser.add_argument('--halo', type=pixels, help='given, it is not measured')
    parser.add_argument('--tile', type=pixels, default=256,
                        help='its side, where a network can only be traced for one; default 256')
    parser.add_argument('--version', default='1')
    parser.add_argument('--licence', default='unknown', help='of the weights and the architecture')
    parser.add_argument('--trained-on', default='unknown')
    args = parser.parse_args(arguments)
    if args.out.exists():
        raise SystemExit(f'{args.out} exists: choose another name, or remove it')
    if not args.out.parent.is_dir():
        raise SystemExit(f'{args.out.parent} is no folder')
    weights = weights_of(args.checkpoint)
    if not is_restormer(weights) and args.statistics not in (None, 'tile'):
        raise SystemExit(f'{args.checkpoint} is no Restormer: --statistics {args.statistics} is not for it')
    source = official_import if is_restormer(weights) else spandrel_import
    torch.manual_seed(0)
    eager, module, facts, shapes = source.imported(weights, args)
    description = {
        'name': args.name or args.out.stem, 'version': args.version, 'licence': args.licence, 'trained_on': args.trained_on,
        'imported_from': f'{args.checkpoint.name}, sha256 {hashlib.sha256(args.checkpoint.read_bytes()).hexdigest()}',
        'parameters': sum(p.numel() for p in eager.parameters()), **facts,
    }
    if module.state_dict():   # none where the module was frozen
        description['weights_sha256'] = model_file.weights_sha256(module)
    partial = model_file.save(module, args.out, description)
    try:
        worst = model_file.largest_difference(eager, torch.jit.load(str(partial)), shapes)
        if not worst <= model_file.TOLERANCE:
            raise SystemExit(f'{args.out} is not written: it would differ from PyTorch by {worst}')
        partial.rename(args.out)
    finally:
        partial.unlink(missing_ok=True)
    if (args.out.parent / 'SHA256SUMS').exists():
        model_file.write_sum(args.out)
    print(json.dumps(description, indent=1))


if __name__ == '__main__':
    sys.exit(main())
