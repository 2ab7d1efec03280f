"""How long and how much memory one 7.2 MP photo takes with the default model.

  .venv/bin/python scripts/bench.py [--check] [--photo PHOTO] [-- FLAGS OF hdrtile enhance]

Prints the command, wall seconds from start to exit, MP/s and peak resident memory. The mark, on 2 cores: 60 s and 2 GB.
With --check the exit code is 1 when it is missed.
"""
import argparse
import os
import shlex
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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--photo', type=Path)
    parser.add_argument('--check', action='store_true', help='exit 1 when the mark is missed')
    parser.add_argument('flags', nargs='*', help='passed on to hdrtile enhance')
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        photo = args.photo or photo_of_7_mp(Path(folder))
        height, width = cv2.imread(str(photo)).shape[:2]
        megapixels = height * width / 1e6
        command = [str(ROOT / 'build/hdrtile'), 'enhance', str(photo), '-o', f'{folder}/out.jpg', '--reprocess', '-q', *args.flags]
        print(shlex.join(command))
        start = time.monotonic()
        process = subprocess.Popen(command)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
    if os.waitstatus_to_exitcode(status) != 0:
        sys.exit('hdrtile failed')
    gigabytes = usage.ru_maxrss * 1024 / 1e9
    print(f'{width} x {height} ({megapixels:.1f} MP) on {len(os.sched_getaffinity(0))} cores: {seconds:.1f} s, {megapixels / seconds:.2f} MP/s, '
          f'peak {gigabytes:.2f} GB (mark: {MARK_S} s, {MARK_GB} GB)')
    if args.check and (seconds > MARK_S or gigabytes > MARK_GB):
        sys.exit('the mark is missed')


if __name__ == '__main__':
    main()
