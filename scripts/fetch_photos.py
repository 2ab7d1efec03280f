"""Fetches photos under free licences from Debian's packages, for prepare_data.py: those of photos.csv, which names each
one's package, licence and author as debian/copyright has them. Graphics, blurred pictures, and packages whose files do not
agree on a licence are left out of the list.

  python scripts/fetch_photos.py --out photos

Needs `apt-get` with Debian's archive (bookworm or later) and `dpkg-deb`; nothing is installed.
"""
import argparse
import csv
import shutil
import subprocess
import tempfile
from itertools import groupby
from pathlib import Path

LIST = Path(__file__).with_name('photos.csv')


def run(command, folder, package):
    try:
        result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    except FileNotFoundError:
        raise SystemExit(f'{command[0]}: not there; Debian or a relative of it is needed') from None
    if result.returncode:
        raise SystemExit(f'{package}: {command[0]} failed ({result.stderr.strip().splitlines()[-1]}); run apt-get update first')


def fetch(package, rows, out):
    """Copies the listed pictures of one package, and the licences as it states them."""
    with tempfile.TemporaryDirectory() as folder:
        run(['apt-get', 'download', package], folder, package)
        run(['dpkg-deb', '-x', next(Path(folder).glob('*.deb')).name, 'tree'], folder, package)
        tree = Path(folder, 'tree')
        for row in rows:
            found = list(tree.rglob(row['file']))
            if not found:
                raise SystemExit(f'{package}: no {row["file"]} in it; this version of Debian has another, take it off {LIST.name}')
            shutil.copyfile(found[0], out / row['file'])
        shutil.copyfile(tree / 'usr/share/doc' / package / 'copyright', out / f'{package}.copyright')


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', required=True, type=Path, help='folder for the photos, index.csv, and the packages\' copyright files')
    out = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    with LIST.open(newline='') as file:
        rows = list(csv.DictReader(file))
    for package, group in groupby(rows, key=lambda row: row['package']):
        group = list(group)
        fetch(package, group, out)
        print(f'{package}: {len(group)} photos', flush=True)
    shutil.copyfile(LIST, out / 'index.csv')


if __name__ == '__main__':
    main()
