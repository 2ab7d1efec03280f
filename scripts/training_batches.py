"""Batches for scripts/training_tasks.py. Any object with the three methods of PreparedData can stand in its place."""
from dataclasses import dataclass
from typing import Any, List

import numpy as np
import torch
from torch import Tensor

from shots import FINISHED
from training_data import Sources, expose, to_tensor


@dataclass
class TileBatch:
    names: List[Any]    # of P photos, hashable: equal names are equal photos; None for one that will not come again
    previews: Tensor    # [P, 3, h, w] at the painter's working size
    crops: Tensor       # [P * n, 3, size, size], n of each photo in turn
    targets: Tensor     # the same places of the wanted pictures
    rects: Tensor       # [P * n, 4]: the places, as models take them


class PreparedData:
    """What scripts/prepare_data.py has cut. `working` brings a photo to the painter's size."""

    def __init__(self, folder, working, device):
        self.working, self.device = working, device
        self.views = Sources(folder, ['radiance', 'target'])
        self.photos = Sources(folder, ['photo', 'photo_target'])

    def refresh(self):
        """Takes in what was prepared meanwhile."""
        self.views.refresh()
        self.photos.refresh()

    def tensor(self, images):
        return to_tensor(np.stack(images)).to(self.device)

    def small(self, images):
        """At the working size, whatever the 3:2 size they come in."""
        return torch.cat([self.working(self.tensor([image])) for image in images])

    def tone_batch(self, count, rng, finished=FINISHED):
        """Photos and wanted pictures at the working size, the share `finished` of those exposed being finished. Three quarters are
        exposed anew, the rest are previews of whole photos as the camera's JPEGs gave them, where any were prepared."""
        whole = count // 4 if self.photos.index else 0
        radiance, target = map(self.tensor, self.views.get(self.views.pick(count - whole, rng)))
        x, y = self.working(expose(radiance, target, rng, finished)), self.working(target)
        if whole:
            photo, photo_target = map(self.small, self.photos.get(self.photos.pick(whole, rng)))
            x, y = torch.cat([x, photo]), torch.cat([y, photo_target])
        return x, y

    def tile_batch(self, count, crops, size, rng):
        names = self.photos.pick(count, rng)
        photos, wanted = self.photos.get(names)
        cut, targets, rects = [], [], []
        for photo, target in zip(photos, wanted):
            height, width = photo.shape[:2]
            if min(height, width) < size:
                raise SystemExit(f'crops of {size} pixels do not fit photos of {width} x {height}: a smaller --crop')
            for _ in range(crops):
                y, x = rng.integers(height - size + 1), rng.integers(width - size + 1)
                cut.append(photo[y:y + size, x:x + size])
                targets.append(target[y:y + size, x:x + size])
                rects.append([x / width, y / height, (x + size) / width, (y + size) / height])
        return TileBatch(names, self.small(photos), self.tensor(cut), self.tensor(targets),
                         torch.tensor(rects, dtype=torch.float32, device=self.device))
