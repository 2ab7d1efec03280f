"""What is left of a model's error, by cause: what the photo does not tell, and what more training could mend.

  python scripts/limits.py --data PANORAMAS --rooms ROOMS [--model models/small.pt]

Tone, on views of held-out panoramas at the painter's size, by the preview alone (no noise to speak of): with the camera as it is
drawn for judging, and with what the photo does not tell taken away, the white balance's error and the tone curve. Beside that,
what the best single factor on the result's brightness, and one for each colour, would give: factors that only the truth tells.

Texture, on rooms that were never trained on, at medium noise: the guide, the model, and what the guide gives on the photo without
its noise, and without JPEG's errors, too, which is all that cleaning could reach. Between them the best shrinkage of three wavelet
bands, block by block, told by the truth: what a trunk of this kind would reach if it knew the picture.
"""
import argparse
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

import camera
import eager_model
import look
import panorama
from ablation_judge import psnr
from judge import scenes
from training_data import to_tensor

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'models'))
import wavelet  # noqa: E402

VIEW, BLOCK, CROP = (824, 548), 16, (768, 1024)     # width, height of a view; px; height, width of a room's crops
CAMERAS = {'as judged': {}, 'white balance right': {'white_balance': (1., 1., 1.)}, 'tone curve known': {'contrast': .2, 'gamma': 1.}}
CAMERAS['both'] = CAMERAS['white balance right'] | CAMERAS['tone curve known']


def with_best_gain(out, target, over):
    """`out` by the factor that brings it nearest to `target`, one for all of the dimensions `over`."""
    return out * (out * target).sum(over, keepdim=True) / out.square().sum(over, keepdim=True).clamp(min=1e-9)


def best_shrinkage(noisy, clean, block=BLOCK, bands=3):
    """`noisy` [N, 3, H, W], its wavelet bands in grey and colour each by the factor in [0, 1] that brings it nearest to that of
    `clean`, for each `block` of pixels its own."""
    result = 0.
    for i in range(bands):
        smoothed = [wavelet.smooth(x, 1 << i) for x in (noisy, clean)]
        ours, wanted = (x - s for x, s in zip((noisy, clean), smoothed))
        greys = [x.mean(dim=1, keepdim=True) for x in (ours, wanted)]
        for a, b in (greys, [ours - greys[0], wanted - greys[1]]):
            product, energy = (F.avg_pool2d(p.mean(dim=1, keepdim=True), block, ceil_mode=True) for p in (a * b, a * a))
            gain = (product / energy.clamp(min=1e-9)).clamp(0, 1).repeat_interleave(block, 2).repeat_interleave(block, 3)
            result = result + gain[:, :, :a.shape[2], :a.shape[3]] * a
        noisy, clean = smoothed
    return result + noisy


def tone_left(model, panoramas, count):
    """Per camera the mean PSNR of the painted preview; then of the judged one with its best gains."""
    paths = scenes.held_out(panoramas)
    evs = np.random.default_rng(5).permutation(np.linspace(*camera.EV_RANGE, count))
    found = {}
    for i, ev in enumerate(evs):
        rng = np.random.default_rng([3024, i])
        radiance = panorama.random_view(panorama.load(paths[i % len(paths)]), *VIEW, rng)
        shot, wanted = camera.draw(rng, float(ev)), model.working(to_tensor(look.target(radiance)[None]))
        for name, known in CAMERAS.items():
            taken = replace(shot, **known)
            photo = camera.compress(camera.expose(radiance, taken, np.random.default_rng(i)), taken.quality)
            out = model.paint(model.working(to_tensor(photo[None]))).clamp(0, 1)
            found.setdefault(name, []).append(psnr(out - wanted))
            if not known:
                for gains, over in (('best brightness', (1, 2, 3)), ('best brightness of each colour', (2, 3))):
                    found.setdefault(f'as judged, {gains}', []).append(psnr(with_best_gain(out, wanted, over) - wanted))
    return {name: float(np.mean(values)) for name, values in found.items()}


def crops(height, width):
    """Corners and middle."""
    tall, wide = min(CROP[0], height), min(CROP[1], width)
    return [(y, x, tall, wide) for y, x in ((0, 0), (0, width - wide), (height - tall, 0), (height - tall, width - wide),
                                            ((height - tall) // 2, (width - wide) // 2))]


def texture_left(model, rooms, context_px):
    """Per result the PSNR over crops of all rooms."""
    errors = {}
    for number, (_, path) in enumerate(rooms):
        radiance = panorama.load(path)
        target, shot = look.target(radiance), scenes.NOISE['medium']
        still = replace(shot, shot_noise=0., read_noise=0.)
        noisy, clean = (camera.expose(radiance, s, np.random.default_rng([2026, number])) for s in (shot, still))
        photo, noiseless = (camera.compress(image, shot.quality) for image in (noisy, clean))
        height, width = photo.shape[:2]
        scale = context_px / max(height, width)
        preview = F.interpolate(to_tensor(photo[None]), (round(height * scale), round(width * scale)), mode='area')
        guide, mix = model.prepare(preview)
        for y, x, tall, wide in crops(height, width):
            cut = lambda image: to_tensor(image[None, y:y + tall, x:x + wide])  # noqa: E731, B023
            rect = torch.tensor([[x / width, y / height, (x + wide) / width, (y + tall) / height]])
            toned, without_noise, without_both = (model.draft(cut(image), rect, guide) for image in (photo, noiseless, clean))
            results = {'guide alone': toned, 'guide and tile pass': model(cut(photo), rect, guide, mix),
                       f'guide and best shrinkage of blocks of {BLOCK} px': best_shrinkage(toned, cut(target)),
                       'guide on the photo without noise': without_noise, 'guide on the photo without noise and JPEG': without_both}
            for name, out in results.items():
                errors.setdefault(name, []).append(float((out.clamp(0, 1) - cut(target)).square().mean()))
    return {name: -10 * float(np.log10(np.mean(values))) for name, values in errors.items()}


def table(title, figures):
    return '\n'.join([f'| {title} | PSNR, dB |', '| --- | --- |', *(f'| {name} | {value:.2f} |' for name, value in figures.items())])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--data', required=True, type=Path, help='folder of HDR panoramas; the held-out ones are judged on')
    parser.add_argument('--rooms', required=True, type=Path, help='folder of rendered rooms, seeds below 50')
    parser.add_argument('--model', type=Path, default=eager_model.ROOT / 'models/small.pt')
    parser.add_argument('--views', type=int, default=48)
    parser.add_argument('--threads', type=int, default=1)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    rooms = list(scenes.rooms(args.rooms))
    scripted, description = eager_model.load(args.model)
    model = eager_model.rebuild(scripted, description)
    with torch.inference_mode():
        print(table('tone', tone_left(model, args.data, args.views)), flush=True)
        print('\n' + table('texture, medium noise', texture_left(model, rooms, description['context_px'])))


if __name__ == '__main__':
    main()
