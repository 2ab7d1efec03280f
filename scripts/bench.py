"""How long and how much memory one 7.2 MP photo takes with the default model.

  .venv/bin/python scripts/bench.py [--check] [--photo PHOTO] [-- FLAGS OF hdrtile enhance]
  .venv/bin/python scripts/bench.py --engines N

Prints the command, wall seconds from start to exit, MP/s and peak resident memory. The mark, on 2 cores: 60 s and 2 GB.
With --check the exit code is 1 when it is missed. --engines runs TorchScript and the compiled model in turn, N times each, and
prints the medians. On a busy machine only processor seconds on one core (taskset -c 0) can be compared.
"""
import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2

ROOT = Path(__file__).resolve().parents[1]
MARK_S, MARK_GB = 60, 2
WIDTH, HEIGHT = 3296, 2192  # 7.2 MP


def photo_of_7_mp(folder):
    """The first sample of that size; else any sample, resized."""
    samples = [p for p in sorted((ROOT / 'tests/samples').glob('*.jpg')) if not p.stem.endswith('_truth')]
    if not samples:
        sys.exit('tests/samples has no photo: name one with --photo')
    for path in samples:
        if cv2.imread(str(path)).shape[:2] == (HEIGHT, WIDTH):
            return path
    resized = folder / 'photo.jpg'
    cv2.imwrite(str(resized), cv2.resize(cv2.imread(str(samples[0])), (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA))
    return resized


def run(photo, folder, *flags):
    """Wall seconds, what the operating system counted, and the report."""
    command = [str(ROOT / 'build/hdrtile'), 'enhance', str(photo), '--reprocess', '-q', '--on-exist', 'overwrite', '--report', f'{folder}/report.json', *flags]
    print(shlex.join(command), flush=True)
    start = time.monotonic()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - start
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit('hdrtile failed')
    return seconds, usage, json.loads(Path(folder, 'report.json').read_text())


def compare_engines(photo, folder, times, flags):
    figures = {'torchscript': [], 'compiled': []}
    for _ in range(times):
        for engine, runs in figures.items():
            seconds, usage, report = run(photo, folder, '-o', f'{folder}/{engine}.png', '--engine', engine, *flags)
            runs.append((seconds, usage.ru_utime + usage.ru_stime, report['photos'][0]['ms']['tiles'] / 1000))
    for engine, runs in figures.items():
        wall, cpu, tiles = (statistics.median(figure) for figure in zip(*runs))
        print(f'{engine:<12} median of {times}: {wall:.2f} s, tiles {tiles:.2f} s, processor {cpu:.2f} s')
    subprocess.run([ROOT / 'build/hdrtile', 'compare', f'{folder}/torchscript.png', f'{folder}/compiled.png'], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--photo', type=Path)
    parser.add_argument('--check', action='store_true', help='exit 1 when the mark is missed')
    parser.add_argument('--engines', type=int, metavar='N', help='TorchScript against the compiled model, N times each')
    parser.add_argument('flags', nargs='*', help='passed on to hdrtile enhance')
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        photo = args.photo or photo_of_7_mp(Path(folder))
        if args.engines:
            compare_engines(photo, folder, args.engines, args.flags)
            return
        height, width = cv2.imread(str(photo)).shape[:2]
        megapixels = height * width / 1e6
        seconds, usage, _ = run(photo, folder, '-o', f'{folder}/out.jpg', *args.flags)
    gigabytes = usage.ru_maxrss * 1024 / 1e9
    print(f'{width} x {height} ({megapixels:.1f} MP) on {len(os.sched_getaffinity(0))} cores: {seconds:.1f} s, {megapixels / seconds:.2f} MP/s, '
          f'peak {gigabytes:.2f} GB (mark: {MARK_S} s, {MARK_GB} GB)')
    if args.check and (seconds > MARK_S or gigabytes > MARK_GB):
        sys.exit('the mark is missed')


if __name__ == '__main__':
    main()
