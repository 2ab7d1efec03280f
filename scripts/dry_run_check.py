"""How well --dry-run foretells time and space: estimate over actual, for several mixes of photos.

  .venv/bin/python scripts/dry_run_check.py [--runs N] [--only MIX] [--binary build/hdrtile]

Runs --dry-run and the real run in turn, N times each (default 3), and prints each mix's ratios: of the median estimate to the
median of what the run took, from its start to its exit, and of the bytes. Nothing else should run on the machine meanwhile.
"""
import argparse
import json
import shutil
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import cv2

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = [ROOT / 'tests/samples' / f'{name}.jpg' for name in ('bedroom', 'dining_room', 'living_room')]


def samples(folder):
    for sample in SAMPLES:
        shutil.copy(sample, folder)


def parts(folder, count, height, width, suffixes=('jpg',)):
    pictures = [cv2.imread(str(sample)) for sample in SAMPLES]
    for number in range(count):
        picture = pictures[number % len(pictures)]
        top = (number * 97) % (picture.shape[0] - height)
        left = (number * 61) % (picture.shape[1] - width)
        cv2.imwrite(str(folder / f'part_{height}_{number:03}.{suffixes[number % len(suffixes)]}'),
                    picture[top:top + height, left:left + width])


def mixed(folder):
    samples(folder)
    parts(folder, 20, 400, 600)


# Photos and flags of each.
MIXES = {
    'one of 7.2 MP': (lambda folder: shutil.copy(SAMPLES[0], folder), []),
    'samples': (samples, []),
    'samples, draft': (samples, ['--model', 'draft']),
    '60 small': (lambda folder: parts(folder, 60, 400, 600), []),
    '60 small, draft': (lambda folder: parts(folder, 60, 400, 600), ['--model', 'draft']),
    'samples and 20 small': (mixed, []),
    'samples and 20 small, draft': (mixed, ['--model', 'draft']),
    'JPEG, PNG, WebP of 1 MP': (lambda folder: parts(folder, 12, 1000, 1000, ('jpg', 'png', 'webp')), []),
    'JPEG, PNG, WebP, draft': (lambda folder: parts(folder, 30, 1500, 1800, ('jpg', 'png', 'webp')), ['--model', 'draft']),
    'draft, one after another': (samples, ['--model', 'draft', '--jobs', '0']),
}


def run(binary, folder, flags):
    """Wall seconds and the report."""
    report = folder / 'report.json'
    start = time.monotonic()
    subprocess.run([binary, 'enhance', folder / 'in', '-o', f'{folder}/out/', '-q', '--report', report, *flags], check=True,
                   stdout=subprocess.DEVNULL)
    return time.monotonic() - start, json.loads(report.read_text())


def measure(binary, make, flags, runs):
    seconds, took, tried = [], [], []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / 'in').mkdir()
        make(folder / 'in')
        for _ in range(runs):
            shutil.rmtree(folder / 'out', ignore_errors=True)
            trying, report = run(binary, folder, [*flags, '--dry-run'])
            tried.append(trying)
            estimate = report['estimate']
            seconds.append(estimate['seconds'])
            took.append(run(binary, folder, flags)[0])
        actual_bytes = sum(path.stat().st_size for path in (folder / 'out').iterdir())
    return statistics.median(seconds), statistics.median(took), estimate['bytes'] / actual_bytes, statistics.median(tried)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--runs', type=int, default=3)
    parser.add_argument('--only', choices=MIXES, help='one mix')
    parser.add_argument('--binary', type=Path, default=ROOT / 'build/hdrtile')
    args = parser.parse_args()
    print(f"{'mix':<30} {'estimate':>9} {'took':>9} {'time':>6} {'space':>6} {'dry run':>8}")
    for name, (make, flags) in MIXES.items():
        if args.only in (None, name):
            estimate, took, space, tried = measure(args.binary, make, flags, args.runs)
            print(f'{name:<30} {estimate:>7.1f} s {took:>7.1f} s {estimate / took:>6.2f} {space:>6.2f} {tried:>6.1f} s', flush=True)


if __name__ == '__main__':
    main()
