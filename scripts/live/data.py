"""Batches for scripts/training_tasks.py made of packed scenes (scripts/pack_data.py), on the device, new at every step.

What scripts/prepare_data.py does once per view is done here for every batch: views are cut, lit anew, given texture,
fused to the wanted picture at a size whose pyramid ends as a real photo's does, and exposed by the camera."""
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

import tone
from live import codec, relight, texture
from live.jpeg import jpeg
from live.sensor import blur, noise
from live.views import random_crop, random_view, with_margin
from shots import BLURRED, FINISHED, FINISHED_QUALITY, TEXTURED, draw_for
from training_batches import TileBatch
from training_data import develop, expose

SIZES, SMALL = ((824, 548), (1152, 768)), (412, 274)      # width, height: what targets are made at, as scripts/prepare_data.py has them
RELIT = 2 / 3


class LiveData:
    """`working` brings a photo to the painter's size. `sizes` are those that targets are made at."""

    def __init__(self, folder, working, device, sizes=SIZES):
        self.working, self.device, self.sizes = working, device, sizes
        self.scenes = {}
        for path in sorted(Path(folder).glob(f'*{codec.SUFFIX}')):
            radiance, kind = codec.read(path)
            radiance = radiance.to(device)
            self.scenes.setdefault(kind, []).append(with_margin(radiance) if kind == 'panorama' else radiance)
        if not any(kind != 'photo' for kind in self.scenes):
            raise SystemExit(f'{folder}: no packed panorama or room; run scripts/pack_data.py first')

    def refresh(self):
        """Nothing: what is packed was read once."""

    def sharp_at(self, size):
        """Scenes by kind, without pictures that would have to be enlarged: contrast decides in a fusion, and that of an enlarged
        picture looks other than that of a sharp one. All, where there are no others."""
        width, height = size
        sharp = {kind: [s for s in scenes if kind == 'panorama' or (s.shape[2] >= width and s.shape[1] >= height)]
                 for kind, scenes in self.scenes.items()}
        sharp = {kind: scenes for kind, scenes in sharp.items() if scenes}
        return sharp if any(kind != 'photo' for kind in sharp) else self.scenes

    def cut(self, scenes, kinds, size, rng):
        """A metered view of one of the scenes of each of these kinds: [N, 3, H, W]."""
        views = []
        for kind in kinds:
            scene = scenes[kind][rng.integers(len(scenes[kind]))]
            radiance = (random_view if kind == 'panorama' else random_crop)(scene, *size, rng)
            views.append(radiance.flip(-1) if rng.random() < .5 else radiance)
        return metered(torch.stack(views))

    @torch.no_grad()
    def tone_batch(self, count, rng, finished=FINISHED):
        """Photos and wanted pictures at the working size, the share `finished` of them finished. A scene counts as much as any
        other, whatever its kind."""
        torch.manual_seed(int(rng.integers(2 ** 31)))
        size = self.sizes[rng.integers(len(self.sizes))]
        scenes = self.sharp_at(size)
        kinds = [kind for kind, of_kind in scenes.items() if kind != 'photo' for _ in of_kind]
        radiance = self.cut(scenes, rng.choice(kinds, count), size, rng)
        partners = radiance.roll(1, dims=0).flip(-1)
        lit = relight.uniform(radiance, 0, 1) < RELIT
        radiance = metered(torch.where(lit, relight.vary(radiance, partners), radiance))
        target = tone.fuse(radiance)
        radiance, small_target = (F.adaptive_avg_pool2d(x, SMALL[::-1]) for x in (radiance, target))
        return self.working(expose(radiance, small_target, rng, finished)), self.working(target)

    def photographs(self, count, size, rng):
        """recipe.pair for a batch: whole photos as a camera's JPEGs give them, and the wanted pictures. A kind counts as much as
        any other: panoramas are many, and soft."""
        scenes = self.sharp_at(size)
        kinds = rng.choice(list(scenes), count)
        radiance = self.cut(scenes, kinds, size, rng)
        column = lambda values: torch.from_numpy(values).to(self.device).view(-1, 1, 1, 1)  # noqa: E731
        textured = rng.random(count) < [TEXTURED['panorama' if kind == 'panorama' else 'sharp'] for kind in kinds]
        radiance = torch.where(column(textured), texture.apply(radiance), radiance)
        sigma = column(np.where(rng.random(count) < BLURRED, rng.uniform(.3, .9, count), 0).astype(np.float32))
        radiance = metered(blur(blur(radiance, sigma, 2, .9), sigma, 3, .9))
        target = tone.fuse(radiance)
        shots, finished = [draw_for('tile', rng) for _ in range(count)], rng.random(count) < FINISHED
        photos = torch.where(column(finished), target, develop(radiance, shots, lambda signal: noise(signal, shots)))
        quality = np.array([max(s.quality, FINISHED_QUALITY) if f else s.quality for s, f in zip(shots, finished)])
        halved = np.array([s.sampling == '4:2:0' for s in shots])
        return jpeg(photos, column(quality), column(halved)), target

    @torch.no_grad()
    def tile_batch(self, photos, crops, size, rng):
        torch.manual_seed(int(rng.integers(2 ** 31)))
        fitting = [s for s in self.sizes if min(s) >= size]
        if not fitting:
            width, height = self.sizes[-1]
            raise SystemExit(f'crops of {size} pixels do not fit photos of {width} x {height}: a smaller --crop')
        width, height = fitting[rng.integers(len(fitting))]
        x, y = self.photographs(photos, (width, height), rng)
        top, left = rng.integers(height - size + 1, size=photos * crops), rng.integers(width - size + 1, size=photos * crops)
        cut = lambda of: torch.stack([of[i // crops, :, t:t + size, l:l + size] for i, (t, l) in enumerate(zip(top, left))])  # noqa: E731
        rects = [[l / width, t / height, (l + size) / width, (t + size) / height] for t, l in zip(top, left)]
        return TileBatch([None] * photos, self.working(x), cut(x), cut(y),
                         torch.tensor(rects, dtype=torch.float32, device=self.device))


def metered(radiance):
    return radiance * tone.meter(radiance)
