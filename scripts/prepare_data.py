"""Cuts HDR sources into what scripts/train.py reads: one .npz per source, made once, skipped when it exists.

Per view: the scene's radiance and its target, small (the tone network exposes them anew at every step), and for some of
them a whole photo with its target (the tile pass learns from crops of these). Where the levels of Mertens's pyramids fall
depends on a photo's size, and with it the target's brightness by some percent: half of the views are 3296 x 2192, the
commonest of sizes, halved once or twice, the others are not.
Sources are panoramas (2:1, perspective views are taken) and rendered rooms (3:2, crops are taken). With --relight every
view is given other light (relight.py), and parts of a view of the source that follows."""
import argparse
import hashlib
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

import cv2
import numpy as np

import camera
import look
import panorama
import relight
import texture

PHOTO, VIEWS, SMALL = (1648, 1096), ((824, 548), (1152, 768)), (412, 274)


def cut(source, size, rng):
    """One view of a source, of `size` (width, height), metered."""
    if source.shape[1] == 2 * source.shape[0]:
        radiance = panorama.random_view(source, *size, rng)
    else:
        share = rng.uniform(.7, 1)
        height, width = int(source.shape[0] * share), int(source.shape[1] * share)
        y, x = rng.integers(source.shape[0] - height + 1), rng.integers(source.shape[1] - width + 1)
        radiance = cv2.resize(source[y:y + height, x:x + width], size, interpolation=cv2.INTER_CUBIC)
        radiance = np.maximum(radiance, 0)
    return radiance * np.float32(look.meter(radiance))


def prepare(pair, out, views, photos, seed, relit):
    path, partner_path = pair
    target_path = out / f'{path.stem}{"_relit" if relit else ""}.npz'
    if target_path.exists():
        return f'{path.stem}: there'
    cv2.setNumThreads(1)
    rng = np.random.default_rng([seed, int(hashlib.sha256(path.stem.encode()).hexdigest()[:8], 16)])
    source = panorama.load(path)
    partner = panorama.load(partner_path) if relit else None
    record = {'radiance': [], 'target': [], 'photo': [], 'photo_target': []}
    for i in range(views):
        size = PHOTO if i < photos else VIEWS[i % 2]
        radiance = cut(source, size, rng)
        if relit:
            radiance = relight.vary(radiance, cut(partner, size, rng), rng)
            radiance *= np.float32(look.meter(radiance))
        if i < photos and rng.random() < .6:
            radiance = texture.apply(radiance, rng)
        target = np.rint(look.target(radiance) * 255).astype(np.uint8)
        record['radiance'].append(np.minimum(cv2.resize(radiance, SMALL, interpolation=cv2.INTER_AREA), 6e4).astype(np.float16))
        record['target'].append(cv2.resize(target, SMALL, interpolation=cv2.INTER_AREA))
        if i < photos:
            record['photo'].append(camera.photograph(radiance, rng))
            record['photo_target'].append(target)
    partial_path = out / f'.{path.stem}.tmp.npz'
    np.savez(partial_path, **{k: np.stack(v) for k, v in record.items() if v})
    partial_path.rename(target_path)
    return f'{path.stem}: {views} views, {photos} photos'


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--data', required=True, help='folder of .exr panoramas and rooms; held-out series are left out')
    parser.add_argument('--out', required=True, type=Path)
    parser.add_argument('--views', type=int, default=20)
    parser.add_argument('--photos', type=int, default=6, help='views that are kept as whole photos, too')
    parser.add_argument('--relight', action='store_true', help='in other light, under names of their own')
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--workers', type=int, default=2)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    paths = panorama.find(args.data, held_out=False)
    if not paths:
        raise SystemExit(f'{args.data}: no .exr that may be trained on')
    job = partial(prepare, out=args.out, views=args.views, photos=args.photos, seed=args.seed, relit=args.relight)
    pairs = list(zip(paths, paths[1:] + paths[:1]))
    with ProcessPoolExecutor(args.workers) as pool:
        for i, message in enumerate(pool.map(job, pairs)):
            print(f'{i + 1}/{len(paths)} {message}', flush=True)


if __name__ == '__main__':
    main()
