"""Cuts HDR sources into what scripts/train.py reads: .npz files a source, made once, skipped when they exist.

NAME.npz has views: the scene's radiance and its target, small (the tone network exposes them anew at every step).
NAME_photos.npz has whole photos with their targets (recipe.py; the tile pass learns from crops of these). Where the levels
of Mertens's pyramids fall depends on a photo's size, and with it the target's brightness by some percent: half of the views
are 3296 x 2192, the commonest of sizes, halved twice, the others are not.
Sources are panoramas (2:1, perspective views are taken), rendered rooms (crops are taken), and finished photos (.jpg or
.png, fetch_photos.py), whose light is guessed: for their sharp detail. With --relight every view is given other light
(relight.py), and parts of a view of the source that follows."""
import argparse
import hashlib
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import cv2
import numpy as np

import look
import panorama
import recipe
import relight
import texture
from shots import TEXTURED

VIEWS, SMALL = ((824, 548), (1152, 768)), (412, 274)
PHOTOS = ((1152, 768), (824, 548))      # the first that nothing is enlarged to; panoramas are, and given texture


def find(folder):
    """What may be trained on in a folder, by name."""
    pictures = (p for p in Path(folder).rglob('*') if p.suffix.lower() in ('.jpg', '.png'))
    return sorted([*panorama.find(folder, held_out=False), *pictures], key=lambda p: p.stem)


def picture(path):
    """A finished photo's light: at most 1648 x 1096 (shrunk, it is sharp and clean), its highlights opened by two stops."""
    photo = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if photo is None:
        raise SystemExit(f'{path}: not a picture; take it out of the folder')
    height, width = photo.shape[:2]
    high, wide = min(height, width * 2 // 3), min(width, height * 3 // 2)
    y, x = (height - high) // 2, (width - wide) // 2
    photo = photo[y:y + high, x:x + wide, ::-1]
    if wide > 1648:
        photo = cv2.resize(photo, (1648, 1096), interpolation=cv2.INTER_AREA)
    lin = look.to_linear(photo.astype(np.float32) / 255)
    return lin / (1 - .75 * lin)


def load(path):
    return panorama.load(path) if path.suffix == '.exr' else picture(path)


def is_panorama(source):
    return source.shape[1] == 2 * source.shape[0]


def cut(source, size, rng, smallest=.7):
    """One view of a source, of `size` (width, height), metered. A crop has at least the share `smallest` of each side."""
    if is_panorama(source):
        radiance = panorama.random_view(source, *size, rng)
    else:
        share = rng.uniform(smallest, 1)
        height, width = int(source.shape[0] * share), int(source.shape[1] * share)
        y, x = rng.integers(source.shape[0] - height + 1), rng.integers(source.shape[1] - width + 1)
        shrinks = width > size[0]
        radiance = cv2.resize(source[y:y + height, x:x + width], size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
        radiance = np.maximum(radiance, 0)
    return radiance * np.float32(look.meter(radiance))


def relit_view(radiance, partner, size, rng):
    radiance = relight.vary(radiance, cut(partner, size, rng), rng)
    return radiance * np.float32(look.meter(radiance))


def cut_views(source, partner, count, rng):
    """In turn in each size and mirrored (before the target is made: its pyramid starts at the left). A room as
    large as a view is not enlarged: contrast decides in a fusion, and that of an enlarged picture looks other than that of a sharp one."""
    width = source.shape[1]
    sizes = VIEWS if is_panorama(source) else [size for size in VIEWS if size[0] <= width] or VIEWS[:1]
    record = {'radiance': [], 'target': []}
    for i in range(count):
        size = sizes[i % len(sizes)]
        radiance = cut(source, size, rng, smallest=min(max(.7, size[0] / width), 1))
        if i // len(sizes) % 2:
            radiance = np.ascontiguousarray(radiance[:, ::-1])
        if partner is not None:
            radiance = relit_view(radiance, partner, size, rng)
        target = np.rint(look.target(radiance) * 255).astype(np.uint8)
        record['radiance'].append(np.minimum(cv2.resize(radiance, SMALL, interpolation=cv2.INTER_AREA), 6e4).astype(np.float16))
        record['target'].append(cv2.resize(target, SMALL, interpolation=cv2.INTER_AREA))
    return record


def cut_photos(source, partner, count, rng):
    soft = is_panorama(source)
    width = source.shape[1]
    size = PHOTOS[0] if soft else next((s for s in PHOTOS if s[0] <= width * .9), PHOTOS[-1])
    record = {'photo': [], 'photo_target': []}
    for _ in range(count):
        radiance = cut(source, size, rng, smallest=min(max(.7, size[0] / width), 1))
        if rng.random() < .5:
            radiance = np.ascontiguousarray(radiance[:, ::-1])
        if partner is not None:
            radiance = relit_view(radiance, partner, size, rng)
        if rng.random() < TEXTURED['panorama' if soft else 'sharp']:
            radiance = texture.apply(radiance, rng)
        photo, target = recipe.pair(radiance, rng)
        record['photo'].append(photo)
        record['photo_target'].append(target)
    return record


def write(path, record):
    partial = path.with_name(f'.{path.name}.tmp.npz')
    np.savez(partial, **{key: np.stack(items) for key, items in record.items()})
    partial.rename(path)


def prepare(pair, out, views, photos, seed, relit):
    path, partner_path = pair
    cv2.setNumThreads(1)
    name = f'{path.stem}{"_relit" if relit else ""}'
    made, source, partner = [], None, None
    for kind, count, suffix, make in (('views', views, '', cut_views), ('photos', photos, '_photos', cut_photos)):
        target_path = out / f'{name}{suffix}.npz'
        if count and not target_path.exists():
            if source is None:
                source, partner = load(path), load(partner_path) if relit else None
            # Views are drawn by the source's name, photos by the file's, so that neither shifts the other.
            drawn_by = path.stem if kind == 'views' else target_path.stem
            rng = np.random.default_rng([seed, int(hashlib.sha256(drawn_by.encode()).hexdigest()[:8], 16)])
            write(target_path, make(source, partner, count, rng))
            made.append(f'{count} {kind}')
    return f'{name}: {", ".join(made) or "there"}'


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--data', required=True, help='folder of panoramas and rooms (.exr; held-out series are left out) or photos')
    parser.add_argument('--out', required=True, type=Path)
    parser.add_argument('--views', type=int, default=20, help='a source; 0 for photos alone')
    parser.add_argument('--photos', type=int, default=6, help='whole photos a source; 0 for views alone')
    parser.add_argument('--relight', action='store_true', help='in other light, under names of their own')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--workers', type=int, default=2)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    paths = find(args.data)
    if not paths:
        raise SystemExit(f'{args.data}: no .exr, .jpg or .png that may be trained on')
    job = partial(prepare, out=args.out, views=args.views, photos=args.photos, seed=args.seed, relit=args.relight)
    pairs = list(zip(paths, paths[1:] + paths[:1]))
    with ProcessPoolExecutor(args.workers) as pool:
        for i, message in enumerate(pool.map(job, pairs)):
            print(f'{i + 1}/{len(paths)} {message}', flush=True)


if __name__ == '__main__':
    main()
