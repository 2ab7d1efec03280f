"""Packs what may be trained on into one small folder, for a GPU machine that has PyTorch and NumPy alone.

  python scripts/pack_data.py --data PANORAMAS ROOMS PHOTOS --out packed

Panoramas (2:1, held-out series are left out), rendered rooms, and finished photos (scripts/fetch_photos.py), which teach the
tile stage alone.
From these scripts/live makes training pairs on the device, new ones at every step. What is packed already is skipped. Each
line says what packing costs: the error in stops, and in dB of the fused target of a view.
"""
import argparse
from pathlib import Path

import cv2
import numpy as np

import look
import panorama
import prepare_data
from live import codec


def shrunk(radiance, width):
    """Metered, and no wider than this."""
    scale = width / radiance.shape[1]
    if scale < 1:
        radiance = cv2.resize(radiance, (width, round(radiance.shape[0] * scale)), interpolation=cv2.INTER_AREA)
    return radiance * np.float32(look.meter(radiance))


def loss(radiance, packed, kind):
    """Root mean square error in stops, and PSNR of the target of a view."""
    stops = np.log2((packed + codec.FLOOR) / (radiance + codec.FLOOR))
    targets = [look.target(panorama.view(r, 824, 548, 80, .5, 0) if kind == 'panorama' else r) for r in (radiance, packed)]
    return np.sqrt(np.mean(stops ** 2)), -10 * np.log10(max(np.mean((targets[0] - targets[1]) ** 2), 1e-12))


def pack(args):
    args.out.mkdir(parents=True, exist_ok=True)
    sizes, errors = {}, []
    for path in (path for folder in args.data for path in prepare_data.find(folder)):
        target = args.out / f'{path.stem}{codec.SUFFIX}'
        if target.exists():
            kind = codec.read(target)[1]
        else:
            source = prepare_data.load(path)
            kind = 'panorama' if prepare_data.is_panorama(source) else 'room' if path.suffix == '.exr' else 'photo'
            radiance = shrunk(source, args.panorama_width if kind == 'panorama' else args.room_width)
            codec.write(target, radiance, kind)
            errors.append(loss(radiance, codec.read(target)[0].permute(1, 2, 0).numpy(), kind))
            print(f'{target.name}: {kind}, {radiance.shape[1]} x {radiance.shape[0]}, {target.stat().st_size / 1e3:.0f} kB, '
                  f'off by {errors[-1][0]:.3f} stops; target {errors[-1][1]:.1f} dB', flush=True)
        sizes.setdefault(kind, []).append(target.stat().st_size)
    if not sizes:
        raise SystemExit(f'{", ".join(args.data)}: nothing that may be trained on')
    if errors:
        print('packed just now, mean: off by {:.3f} stops; target {:.1f} dB'.format(*np.mean(errors, axis=0)))
    total = sum(p.stat().st_size for p in args.out.iterdir())
    told = ', '.join(f'{len(s)} {kind}s {sum(s) / 1e6:.1f} MB' for kind, s in sizes.items())
    print(f'{args.out}: {total / 1e6:.2f} MB: {told}')
    if total > args.budget:
        dearest = max(sizes, key=lambda kind: sum(sizes[kind]))
        surplus = -(-(total - args.budget) // (sum(sizes[dearest]) // len(sizes[dearest])))
        raise SystemExit(f'{args.out}: {total / 1e6:.2f} MB is more than the budget of {args.budget / 1e6:.2f} MB. Remove '
                         f'about {surplus} of the {len(sizes[dearest])} {dearest}s, or pack into a new folder with a smaller '
                         f'--{"panorama" if dearest == "panorama" else "room"}-width')


def size(text):
    """`20M` or `500k` in bytes (decimal)."""
    factor = {'k': 1e3, 'm': 1e6, 'g': 1e9}.get(text[-1:].lower())
    try:
        return int(float(text[:-1]) * factor if factor else float(text))
    except ValueError:
        raise argparse.ArgumentTypeError(f'{text!r} is not a size such as 20M') from None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--data', nargs='+', required=True, help='folders of panoramas and rooms (.exr) and finished photos')
    parser.add_argument('--out', required=True, type=Path)
    parser.add_argument('--budget', type=size, default='20M', help='of the whole folder; more is an error')
    parser.add_argument('--panorama-width', type=int, default=1024)
    parser.add_argument('--room-width', type=int, default=1648, help='of rooms and photos')
    pack(parser.parse_args())


if __name__ == '__main__':
    main()
