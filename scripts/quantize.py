"""Makes an INT8 package of a model's tile pass for this CPU, which `hdrtile enhance --precision int8` (or mixed) runs.

  .venv/bin/pip install -r scripts/requirements.txt
  .venv/bin/python scripts/quantize.py --calibrate PHOTOS [models/small.pt] [--form static|mixed|dynamic] [--cache DIR]
  .venv/bin/python scripts/quantize.py --calibrate PHOTOS [models/small.pt] --table OUT [--data PANORAMAS]

Forms: static (every convolution in INT8, ranges from the photos of the folder --calibrate), mixed (first and last convolution
and attention in BF16; --precision mixed), dynamic (1 x 1 convolutions alone, ranges from each tile; needs no photos). A model
has one package for --precision int8: a new one takes the place of the last.

The package is judged by the built program before it is installed: on --photos (default tests/samples, with their truth), each
must come within 45 dB of FP32 and lose no more than 0.1 dB against the truth. One that does not is not installed, and the exit
code is 1; --force installs it all the same, and hdrtile says in every run that it missed the limit.

--table measures all precisions side by side and installs nothing: OUT/table.md and OUT/table.json (docs/precision.md). It takes
a quarter of an hour; broken off, it goes on with the packages that are in OUT/packages.
Only models written by scripts/export_model.py can be quantised, and only for CPUs.
"""
import argparse
import os
import sys
import tempfile
import time
import warnings
from pathlib import Path

import torch

import compile_model
from compile_model import fail

try:
    from quantization import calibration, forms, quality, table
except ModuleNotFoundError as error:
    fail(f'{error.name} is missing: .venv/bin/pip install -r scripts/requirements.txt')
from judge.program import Program  # noqa: E402

ROOT = Path(__file__).resolve().parents[1]


def make(path, form, paths, folder):
    """The package of a form and its description in `folder`, as they will be in the cache; not judged yet."""
    start = time.monotonic()
    scripted, description = compile_model.load(path)
    model = compile_model.rebuild(scripted, description).to(memory_format=torch.channels_last)
    precision = forms.PRECISIONS[form]
    key = compile_model.key_of(path, precision, 'cpu')
    target = compile_model.target_of(folder, path, key)
    with torch.no_grad():
        model.trunk = forms.quantise(model.trunk, form, calibration.samples(model, description['context_px'], description['multiple'], paths))
        with tempfile.TemporaryDirectory(dir=folder, prefix='.') as scratch:
            partial = Path(scratch) / target.name
            shapes = compile_model.package(model, description, compile_model.inputs_of(scripted, 'cpu'), partial, freezing=True)
            facts = key | {'model': description['name'], **shapes, 'form': form, 'int8_layers': len(model.trunk.quantised),
                           'package_sha256': compile_model.sha256_of(partial)}
            compile_model.place(partial, facts, target)
    print(f'{form}: {len(model.trunk.quantised)} layers in INT8, compiled after {time.monotonic() - start:.0f} s', flush=True)
    return target, facts


def install(args, paths):
    """The package, once it is good enough. Returns the exit code."""
    args.cache.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.TemporaryDirectory(dir=args.cache, prefix='.') as folder:
        folder = Path(folder)
        os.environ.setdefault('TORCHINDUCTOR_CACHE_DIR', str(folder / 'inductor'))
        program = Program(args.binary, args.model.resolve(), quality.FP32)
        program.flags = []      # those were for its first look at the model
        found = quality.scenes_of(args.photos)
        package, facts = make(args.model, args.form, paths, folder)
        exact = quality.enhanced(program, folder, found, *quality.FP32)
        judged = quality.judge(found, exact, quality.enhanced(program, folder, found, '--device', 'cpu', '--precision', facts['precision']))
        faults = judged.faults()
        print(f'{len(found)} photos: {judged.to_fp32:.1f} dB to FP32, the worst {judged.least_to_fp32:.1f}'
              + ('' if judged.lost is None else f'; against the truth {judged.lost:+.3f} dB lost, at most {judged.most_lost:+.3f}'), flush=True)
        if faults and not args.force:
            print(f'not installed: {"; ".join(faults)}. Try --form mixed, or other calibration photos; --force installs it all the same',
                  file=sys.stderr)
            return 1
        target = args.cache / package.name
        compile_model.place(package, facts | {'judged': judged.json(), 'below_limit': '; '.join(faults)}, target)
    print(f'{target}: {target.stat().st_size / 1e6:.1f} MB; hdrtile enhance --precision {facts["precision"]} uses it'
          + (f', below the limit ({"; ".join(faults)})' if faults else ''))
    return 0


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('model', nargs='?', type=Path, default=ROOT / 'models/small.pt')
    parser.add_argument('--form', choices=forms.PRECISIONS, default='static')
    parser.add_argument('--calibrate', metavar='PHOTOS', help='a folder of photos like those to come; not those that it is judged on')
    parser.add_argument('--photos', type=Path, default=ROOT / 'tests/samples', help='what is judged on; what they should become in its folder truth')
    parser.add_argument('--cache', type=Path, default=compile_model.cache_folder(), help='default: $HDRTILE_CACHE, $XDG_CACHE_HOME/hdrtile, ~/.cache/hdrtile')
    parser.add_argument('--force', action='store_true', help='install a package that misses the limit, too')
    parser.add_argument('--binary', default=ROOT / 'build/hdrtile', help='the hdrtile to judge with (default: build/hdrtile)')
    parser.add_argument('--table', type=Path, metavar='OUT', help='measure all precisions, into this folder')
    parser.add_argument('--data', help='for --table: a folder of HDR panoramas, whose held-out ones are judged on, too')
    parser.add_argument('--views', type=int, default=12, help='for --table: views of these (default 12)')
    args = parser.parse_args()
    if not args.model.is_file():
        fail(f'{args.model} is no file')
    if args.calibrate is None and (args.table or args.form != 'dynamic'):
        fail('--calibrate is missing: a folder of photos to take the ranges of activations from (--form dynamic needs none)')
    return args


def main():
    args = arguments()
    warnings.filterwarnings('ignore', module='torch')
    compile_model.load(args.model)      # refuses files of others before anything else is done
    paths = calibration.photos_in(args.calibrate) if args.calibrate else sorted((ROOT / 'tests/samples').glob('*.jpg'))
    if args.table:
        return table.write(args, paths, make)
    return install(args, paths)


if __name__ == '__main__':
    sys.exit(main())
