"""How fast hdrtile is on this machine: against what a Python user would run, against the machine's own limits, and against
what its parts take.

  .venv/bin/pip install -r scripts/requirements-bench.txt                      (once: MONAI, to compare with)
  .venv/bin/python scripts/bench.py [SECTION...] [--quick] [--network NAME...] [--engine NAME...] [--write docs/performance.md]

Sections: contest (side by side with the official Restormer demo's tile loop and MONAI), photos, size, tile, batch, cores (sweeps),
files (against libjpeg-turbo), start (against LibTorch's own), parts (Google Benchmark); none named: all. --quick takes about five
minutes on two quiet cores: small photos, two turns, one network less. All of it takes hours.

Results go to --out as bench.json, bench.md and bench.png; a run replaces the sections it measured and keeps the others, as on the
page of --write. Checks state
what is asked, what was measured, and whether it holds. On a machine that does other work, too, compare ratios, best by processor time.
"""
import argparse
import os
import sys
from pathlib import Path

from bench import codecs, contest, many, markdown, networks, parts, plot, startup, sweeps
from bench.processes import RunFailed, physical_cores
from bench.results import Results
from bench.setting import Setting, command_of, say

ROOT = Path(__file__).resolve().parents[1]
SECTIONS = {'contest': contest.run, 'photos': many.run, 'size': sweeps.megapixels, 'tile': sweeps.tiles, 'batch': sweeps.batches,
            'cores': sweeps.threads, 'files': codecs.run, 'start': startup.run, 'parts': parts.run}
QUICK_NETWORKS = ['restormer-16', 'small']


def main():
    cores = len(physical_cores())
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('sections', nargs='*', metavar='SECTION', help=' '.join(SECTIONS))
    parser.add_argument('--quick', action='store_true')
    parser.add_argument('--network', nargs='+', choices=list(networks.NETWORKS), help='of contest; default: all, with --quick without Base')
    parser.add_argument('--engine', nargs='+', choices=['torchscript', 'compiled', 'fused', 'auto'], help='of contest; default: all')
    parser.add_argument('--device', default='cpu', help='cpu (default) or cuda[:N]')
    parser.add_argument('--threads', type=int, default=cores, help=f'cores to use, the same for all; default: the physical ones, {cores} here')
    parser.add_argument('--rounds', type=int, help='turns of contest and files; default 3, with --quick 2')
    parser.add_argument('--work', type=Path, default=ROOT / 'build/bench', help='photos, model files, packages, outputs; kept for the next run')
    parser.add_argument('--out', type=Path, help='default: --work')
    parser.add_argument('--write', type=Path, metavar='PAGE.md', help='put the tables between the marks of this page, in the place of those of the same sections')
    parser.add_argument('--check', action='store_true', help='exit 1 when a check of the sections that ran does not hold')
    args = parser.parse_args()
    if unknown := set(args.sections) - set(SECTIONS):
        parser.error(f'no section {", ".join(sorted(unknown))}: there are {", ".join(SECTIONS)}')
    if not 1 <= args.threads <= cores:
        parser.error(f'--threads {args.threads}: this machine has {cores} cores to use')
    if args.rounds is not None and args.rounds < 1:
        parser.error('--rounds must be at least 1')
    setting = Setting(args.quick, args.device, args.threads, args.rounds or (2 if args.quick else 3), args.work.resolve(),
                      args.network or (QUICK_NETWORKS if args.quick else list(networks.NETWORKS)))
    setting.modes = [mode for mode in setting.modes if mode.engine in (args.engine or [mode.engine])]
    out = (args.out or args.work).resolve()
    results = Results(out)
    missed = False
    for key in args.sections or SECTIONS:
        load = os.getloadavg()[0] / cores
        try:
            section = SECTIONS[key](setting)
        except RunFailed as error:
            sys.exit(f'{key}: {error}')
        results.add(key, section, setting, command_of(key, args), load)
        print(markdown.of_section(results.sections[key]), flush=True)
        missed |= not all(holds for *_, holds in section.checks)
    print('\n' + markdown.of_checks(results.checks()))
    (out / 'bench.md').write_text(markdown.of(results))
    plot.draw(results, out)
    if args.write:
        markdown.write_between_marks(args.write, markdown.of(results))
    say(f'{results.file}, bench.md and bench.png beside it')
    if args.check and missed:
        sys.exit('not everything holds')


if __name__ == '__main__':
    main()
