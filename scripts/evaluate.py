"""Judges a model on views of held-out panoramas, beside classical methods, and on the sample photos.

  python scripts/evaluate.py --data PANORAMAS --binary build/hdrtile --model small       what users get
  python scripts/evaluate.py --data PANORAMAS --run RUN                                  checkpoints, while training

48 views of 1648 x 1096 with fixed seeds, exposures spread over the camera's whole range. Mean PSNR and CIEDE2000 to the
fused target; `worse` counts photos that a method left further from the target than they were, by either measure.
"""
import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
import numpy as np
from skimage.color import deltaE_ciede2000, rgb2lab

import camera
import look
import panorama

WIDTH, HEIGHT = 1648, 1096


def psnr(a, b):
    return float(-10 * np.log10(max(np.mean((np.float64(a) - b) ** 2), 1e-12)))


def delta_e(a, b):
    return float(deltaE_ciede2000(rgb2lab(a), rgb2lab(b)).mean())


def views(folder, count):
    """Fixed views of the panoramas that are never trained on: (name, photo, target), float32 sRGB."""
    paths = panorama.find(folder, held_out=True)
    if not paths:
        raise SystemExit(f'{folder}: none of the held-out panoramas ({", ".join(panorama.HELD_OUT)})')
    evs = np.random.default_rng(0).permutation(np.linspace(*camera.EV_RANGE, count))
    for i in range(count):
        rng = np.random.default_rng([2024, i])
        path = paths[i % len(paths)]
        radiance = panorama.random_view(panorama.load(path), WIDTH, HEIGHT, rng)
        photo = camera.photograph(radiance, rng, float(evs[i])).astype(np.float32) / 255
        yield f'{path.stem} {evs[i]:+.1f} EV', photo, look.target(radiance)


def by_binary(binary, model, photos, flags):
    """The photos as `hdrtile enhance` gives them back."""
    with tempfile.TemporaryDirectory() as folder:
        for i, photo in enumerate(photos):
            cv2.imwrite(f'{folder}/{i:03}.png', np.rint(photo[..., ::-1] * 255).astype(np.uint8))
        subprocess.run([binary, 'enhance', '--model', model, '--progress', 'none', '-q', *flags, '-o', f'{folder}/out/',
                        *sorted(map(str, Path(folder).glob('*.png')))], check=True)
        read = lambda p: cv2.imread(str(p))[..., ::-1].astype(np.float32) / 255  # noqa: E731
        return [read(p) for p in sorted(Path(folder, 'out').glob('*.png'))]


def by_run(run, photos):
    """The photos through the checkpoints of a training run, whole, in FP32: the guide alone, and all of the model."""
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'models'))
    import torch

    import train
    from contextual import ContextualModel
    from training_data import to_tensor
    torch.set_num_threads(1)
    model = ContextualModel()
    for stage in train.HALVES:
        train.load_half(model, run, stage)
    drafts, finished = [], []
    rect = torch.tensor([[0., 0., 1., 1.]])
    with torch.inference_mode():
        for photo in photos:
            tile = to_tensor(photo[None])
            guide, mix = model.prepare(tile)
            for out, result in ((drafts, model.draft(tile, rect, guide)), (finished, model(tile, rect, guide, mix))):
                out.append(result.clamp(0, 1)[0].permute(1, 2, 0).numpy())
    return {'guide alone': drafts, 'model': finished}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--data', required=True, help='folder of HDR panoramas (.exr)')
    parser.add_argument('--binary', help='the hdrtile to judge')
    parser.add_argument('--model', default='small', help='name or path, as for hdrtile enhance')
    parser.add_argument('--flag', action='append', default=[], help='a further flag for hdrtile enhance, e.g. --flag=--precision=fp32')
    parser.add_argument('--run', type=Path, help='folder of checkpoints to judge instead')
    parser.add_argument('--views', type=int, default=48)
    parser.add_argument('--json', type=Path, help='write every figure here')
    parser.add_argument('--sheet', type=Path, help='write a contact sheet here (PNG): photo, metered Mertens, result, target')
    args = parser.parse_args()
    names, photos, targets = zip(*views(args.data, args.views))
    results = {name: [method(p) for p in photos] for name, method in look.BASELINES.items()}
    if args.binary:
        results['hdrtile'] = by_binary(args.binary, args.model, photos, args.flag)
    if args.run:
        results.update(by_run(args.run, photos))
    figures = {name: {'psnr': [psnr(r, t) for r, t in zip(rs, targets)], 'delta_e': [delta_e(r, t) for r, t in zip(rs, targets)]}
               for name, rs in results.items()}
    print(f'{"":18} PSNR dB  dE2000  worse')
    for name, f in figures.items():
        worse = [n for n, p, q, d, e in zip(names, f['psnr'], figures['nothing']['psnr'], f['delta_e'], figures['nothing']['delta_e'])
                 if p < q or d > e]
        f['worse'] = worse
        print(f'{name:18} {np.mean(f["psnr"]):7.2f} {np.mean(f["delta_e"]):7.2f}  {len(worse)} of {len(names)}')
    last = list(results)[-1]
    order = np.argsort(figures[last]['psnr'])
    print(f'\nfive worst of {last}:')
    for i in order[:5]:
        print('  ' + names[i], {n: round(f['psnr'][i], 1) for n, f in figures.items()})
    if args.json:
        args.json.write_text(json.dumps({'views': names, 'methods': figures}, indent=1))
    if args.sheet:
        rows = [np.hstack([cv2.resize(np.asarray(x[i]), (384, 256), interpolation=cv2.INTER_AREA)
                           for x in (photos, results['metered_mertens'], results[last], targets)]) for i in order]
        cv2.imwrite(str(args.sheet), np.rint(np.vstack(rows)[..., ::-1] * 255).clip(0, 255).astype(np.uint8))


if __name__ == '__main__':
    main()
