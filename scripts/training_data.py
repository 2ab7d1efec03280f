"""What scripts/prepare_data.py has cut, as batches for scripts/train.py."""
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'models'))
import camera  # noqa: E402
import tone  # noqa: E402


def to_tensor(images):
    """[N, H, W, 3] of any type to float [N, 3, H, W]; bytes become [0, 1]."""
    tensor = torch.from_numpy(np.ascontiguousarray(images)).permute(0, 3, 1, 2).float()
    return tensor / 255 if images.dtype == np.uint8 else tensor


class Sources:
    """The prepared folder, read once; `refresh` takes in files that came later."""

    def __init__(self, folder, keys):
        self.folder, self.keys, self.records = Path(folder), keys, {}
        self.refresh()

    def refresh(self):
        for path in sorted(self.folder.glob('*.npz')):
            if path.stem not in self.records:
                with np.load(path) as file:
                    if all(key in file for key in self.keys):
                        self.records[path.stem] = {key: file[key] for key in self.keys}
        if not self.records:
            raise SystemExit(f'{self.folder}: nothing prepared; run scripts/prepare_data.py first')
        self.index = [(name, i) for name, r in self.records.items() for i in range(len(r[self.keys[0]]))]

    def pick(self, count, rng):
        """The names of `count` random items."""
        return [self.index[i] for i in rng.integers(len(self.index), size=count)]

    def get(self, picks):
        """These items, per key a list."""
        return [[self.records[name][key][i] for name, i in picks] for key in self.keys]


def expose(radiance, rng, averaged=True):
    """The camera of camera.py on metered radiance, for a batch. Noise is what averaging a full-size photo leaves."""
    shots = [camera.draw(rng) for _ in range(len(radiance))]
    column = lambda values: torch.tensor(values, dtype=torch.float32, device=radiance.device).view(len(shots), -1, 1, 1)  # noqa: E731
    signal = radiance * column([2.0 ** s.ev for s in shots]) * column([s.white_balance for s in shots])
    left = column([1 / np.exp(rng.uniform(np.log(2), np.log(12))) for _ in shots]) if averaged else 1
    deviation = (column([s.shot_noise for s in shots]) * signal.clamp(0, 1) + column([s.read_noise ** 2 for s in shots])).sqrt()
    encoded = tone.to_srgb(signal + left * deviation * torch.randn_like(signal))
    contrast = column([s.contrast for s in shots])
    curved = (1 - contrast) * encoded + contrast * encoded * encoded * (3 - 2 * encoded)
    return curved.clamp(min=0) ** column([s.gamma for s in shots])


def flip(tensors, rng):
    return [t.flip(-1) for t in tensors] if rng.random() < .5 else tensors
