"""One long run over thousands of photos, some of them bad: is it as steady at its end as at its start, and is its report right?

  scripts/soak.sh [--small N] [--large N] [--bad SHARE] [--model NAME|FILE] [--out FOLDER] [-- FLAGS OF hdrtile enhance]

Writes to FOLDER: samples.csv, soak.png (memory and file handles over time), report.json, log.txt. Prints a table; exit code 1 when
something is not as it must be.
"""
import argparse
import collections
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[1] / 'python')]
import check  # noqa: E402
import photos as making  # noqa: E402
import watch  # noqa: E402
from program import BINARY, ROOT  # noqa: E402


def without_rights():
    """A prefix that takes root's right to read everything: else no file would be unreadable."""
    return ['setpriv', '--bounding-set=-dac_override,-dac_read_search'] if os.geteuid() == 0 else []


def soak(command, log, count_done, interval):
    """Runs the command; its exit code, and (seconds, MB, handles, photos done) at every interval."""
    samples = []
    with open(log, 'wb') as err:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=err, stderr=err)
    start = time.monotonic()
    try:
        while process.poll() is None:
            if taken := watch.sample(process.pid):
                samples.append((time.monotonic() - start, *taken, count_done()))
            time.sleep(interval)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()
    return process.returncode, samples


def options(arguments):
    parser = argparse.ArgumentParser(prog='scripts/soak.sh', description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--small', type=int, default=5000, help='photos of up to 320 x 240 (default 5000)')
    parser.add_argument('--large', type=int, default=100, help='photos of 7.2 MP (default 100)')
    parser.add_argument('--bad', type=float, default=.05, help='share of photos that are bad (default 0.05)')
    parser.add_argument('--model', default='small')
    parser.add_argument('--out', type=Path, default=ROOT / 'build/soak')
    parser.add_argument('--interval', type=float, default=1, help='seconds between samples (default 1)')
    parser.add_argument('flags', nargs='*', help='passed on to hdrtile enhance')
    return parser.parse_args(arguments)


def main(arguments=None):
    args = options(arguments)
    args.out.mkdir(parents=True, exist_ok=True)
    report_file = args.out / 'report.json'
    report_file.unlink(missing_ok=True)
    work = Path(tempfile.mkdtemp(prefix='hdrtile-soak-', dir=args.out))
    try:
        inputs, out, list_file = work / 'photos', work / 'enhanced', work / 'list.txt'
        photos = making.make(inputs, args.small, args.large, args.bad)
        list_file.write_text(''.join(f'{photo.path}\n' for photo in photos))
        before = check.hashes(photos)
        command = [*without_rights(), str(BINARY), 'enhance', f'@{list_file}', '-o', f'{out}/', '--model', args.model, '--report',
                   str(report_file), '--progress', 'none', *args.flags]
        print(shlex.join(command), flush=True)
        code, samples = soak(command, args.out / 'log.txt', lambda: len(os.listdir(out)) if out.exists() else 0, args.interval)
        watch.write_csv(args.out / 'samples.csv', samples)
        report = json.loads(report_file.read_text()) if report_file.exists() else None
        if report is None or len(samples) < 10:
            sys.exit(f'exit code {code}, {len(samples)} samples, {"a" if report else "no"} report; see {args.out}/log.txt')
        facts, problems = watch.judge(samples)
        wrong = check.wrong_entries(photos, report)
        strays = check.strays(photos, report, inputs, out)
        changed = [str(path) for path, facts_ in check.hashes(photos).items() if before.get(path) != facts_] + [
            str(path) for path in before if not path.exists()]
    finally:
        shutil.rmtree(work)

    bad = collections.Counter(photo.fault for photo in photos if photo.fault)
    engine = report['engine']
    pair = '{:.0f} / {:.0f}'.format
    for name, value in (
            ('photos', f'{len(photos)}: {args.small} small, {args.large} of 7.2 MP'),
            ('bad among them', f'{sum(bad.values())}: ' + ', '.join(f'{n} {kind}' for kind, n in sorted(bad.items()))),
            ('model, engine', f'{report["model"]["name"]}, {engine["device_name"]}, {engine["precision"]}, {engine["backend"]}'),
            ('seconds', f'{report["seconds"]:.0f}'),
            ('exit code', code),
            ('done, failed', f'{report["summary"]["done"]}, {report["summary"]["failed"]}'),
            ('wrong report entries', len(wrong)),
            ('stray files', len(strays)),
            ('inputs changed', len(changed)),
            ('samples', facts['samples']),
            ('memory, MB, median of halves', pair(*facts['resident_median_mb'])),
            ('memory, MB, peak of halves', pair(*facts['resident_max_mb'])),
            ('memory, MB, trend over the run', f'{facts["resident_trend_mb"]:.1f}'),
            ('file handles, peak of halves', pair(*facts['handles_max'])),
            ('file handles, trend over the run', f'{facts["handles_trend"]:.1f}')):
        print(f'{name:34} {value}')
    watch.plot(args.out / 'soak.png', samples, f'{len(photos)} photos, {sum(bad.values())} of them bad: {report["model"]["name"]}, '
               f'{engine["device_name"]}, {engine["precision"]}')
    print(f'{"plot, samples, report":34} {args.out}/{{soak.png,samples.csv,report.json}}')

    problems += [*wrong[:20], *(f'stray: {path}' for path in strays[:20]), *(f'changed: {path}' for path in changed[:20])]
    if code != 1:
        problems.append(f'exit code {code} in place of 1')
    for problem in problems:
        print(f'NOT RIGHT: {problem}')
    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
