"""Judges a model, as the built program runs it, on scenes that were never trained on, beside classical methods.

  python scripts/evaluate.py --data PANORAMAS --rooms ROOMS --photos PHOTOS --out report [--model small]
  python scripts/evaluate.py --data PANORAMAS --run RUN --only tone --quick --out report     checkpoints, while training

Writes report.json (every figure), index.html (tables and pictures, one file) and sheet.png into the folder --out, and prints
the tables. Sections, each only if what it needs is given:
  tone     --data: views of the held-out panoramas, exposures over the camera's whole range, against their fused brackets
  texture  --rooms: renders of rooms with seeds below 50, at three strengths of noise, and their truth fed back in
  seams    --data: tile sizes against each other and whole
  shoot    --data: overlapping views of one panorama at one exposure
  photos   --photos: before and after, without truth
Panoramas and rooms that models are trained on are refused.
"""
import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from judge import photos, report, scenes, seams, shoot, texture, tone
from judge.methods import Methods
from judge.program import Program

ROOT = Path(__file__).resolve().parent.parent
NEEDS = {'tone': 'data', 'texture': 'rooms', 'seams': 'data', 'shoot': 'data', 'photos': 'photos'}


def size(text):
    try:
        width, height = map(int, text.split('x'))
    except ValueError:
        raise argparse.ArgumentTypeError(f'{text}: a size is WIDTHxHEIGHT, like 1152x768') from None
    if min(width, height) < 64:
        raise argparse.ArgumentTypeError(f'{text}: sides of 64 px at least')
    return width, height


def count(text):
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f'{text}: a whole number of 1 or more')
    return int(text)


def tile(text):
    return text if text == 'whole' else count(text)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--data', help='folder of HDR panoramas (.exr), or one; a column `indoor` in its index.csv tells interiors apart')
    parser.add_argument('--rooms', help='folder of room_SEED.exr from scripts/render_rooms.py')
    parser.add_argument('--photos', help='folder of photos')
    parser.add_argument('--only', help=f'sections, with commas between them: {",".join(NEEDS)}')
    parser.add_argument('--out', required=True, type=Path, help='folder for the report')
    parser.add_argument('--binary', default=ROOT / 'build/hdrtile', help='the hdrtile to run (default: build/hdrtile)')
    model = parser.add_mutually_exclusive_group()
    model.add_argument('--model', default='small', help='name or path, as for hdrtile enhance')
    model.add_argument('--run', type=Path, help='folder of checkpoints to judge instead, exported for this')
    parser.add_argument('--flag', action='append', default=[], help='a further flag for hdrtile enhance, e.g. --flag=--precision=fp32')
    parser.add_argument('--quick', action='store_true', help='only the input, metered Mertens, the guide alone and the model')
    parser.add_argument('--views', type=count, default=48, help='views for tone (default 48)')
    parser.add_argument('--size', type=size, default=(1152, 768), help='of views of panoramas (default 1152x768)')
    parser.add_argument('--tile', type=tile, action='append', help='a tile size for seams, or "whole"; several times (default: from the '
                                                                   'smallest that the model takes to 1024, and whole)')
    return parser, parser.parse_args()


def wanted(parser, args):
    """The sections to do: those named, or all whose input is given."""
    if args.only is None:
        names = [name for name, need in NEEDS.items() if getattr(args, need)]
        return names or parser.error('nothing to judge on: give --data, --rooms or --photos')
    names = args.only.split(',')
    for name in names:
        if name not in NEEDS:
            parser.error(f'--only {name}: no such section; there are {", ".join(NEEDS)}')
        if not getattr(args, NEEDS[name]):
            parser.error(f'--only {name} needs --{NEEDS[name]}')
    return names


def exported(run, folder):
    """A model file of a training run as it stands."""
    path = folder / 'run.pt'
    if subprocess.run([sys.executable, ROOT / 'scripts/export_model.py', '--run', run, '--out', path], stdout=sys.stderr).returncode:
        raise SystemExit(f'{run}: could not be exported (scripts/export_model.py, above)')
    return path


def seams_photo(args):
    """The first view in 16 bit."""
    view = next(scenes.views(args.data, 1, args.size))
    return view.photo.astype(np.uint16) * 257


def main():
    parser, args = arguments()
    names = wanted(parser, args)
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        rooms = list(scenes.rooms(args.rooms)) if 'texture' in names else []
        if {'tone', 'seams', 'shoot'} & set(names):
            scenes.held_out(args.data)
        program = Program(args.binary, exported(args.run, folder) if args.run else args.model, args.flag)
        methods = Methods(program, folder, args.quick)
        do = {'tone': lambda: tone.judge(methods, scenes.views(args.data, args.views, args.size)),
              'texture': lambda: texture.judge(methods, rooms),
              'seams': lambda: seams.judge(program, seams_photo(args), args.tile),
              'shoot': lambda: shoot.judge(methods, scenes.shoots(args.data, args.size)),
              'photos': lambda: photos.judge(program, args.photos, folder)}
        sections = []
        for name in NEEDS:
            if name in names:
                print(f'{name} ...', file=sys.stderr, flush=True)
                sections.append(do[name]())
                print(report.text(sections[-1]), flush=True)
                report.write(args.out, program.about(), sections)   # so that a run that is cut off leaves what it has
    print(f'\n{args.out}/index.html, report.json' + (', sheet.png' if any(s.pictures for s in sections) else ''))


if __name__ == '__main__':
    main()
