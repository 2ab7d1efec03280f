"""What scripts/prepare_data.py has cut, as batches for scripts/train.py, exposed by the camera of shots.py in tensors."""
import sys
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'models'))
import tone  # noqa: E402
import tone_curves  # noqa: E402
from shots import FINISHED, draw_for  # noqa: E402


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
        self.index = [(name, i) for name, r in self.records.items() for i in range(len(r[self.keys[0]]))]

    def pick(self, count, rng):
        """The names of `count` random items."""
        if not self.index:
            raise SystemExit(f'{self.folder}: nothing prepared for this; run scripts/prepare_data.py first')
        return [self.index[i] for i in rng.integers(len(self.index), size=count)]

    def get(self, picks):
        """These items, per key a list."""
        return [[self.records[name][key][i] for name, i in picks] for key in self.keys]


def column(shots, like, pick):
    """What `pick` gives of each shot, to be spread over its pixels."""
    return torch.tensor([pick(shot) for shot in shots], dtype=torch.float32, device=like.device).view(len(shots), -1, 1, 1)


def illumination(shots, like):
    """camera.illumination for a batch."""
    height, width = like.shape[2:]
    y = torch.arange(height, device=like.device)[:, None] - (height - 1) / 2
    x = torch.arange(width, device=like.device)[None, :] - (width - 1) / 2
    radius = (y * y + x * x) / max(((height - 1) / 2) ** 2 + ((width - 1) / 2) ** 2, 1e-6)
    nodes = torch.tensor([shot.light_nodes for shot in shots], dtype=torch.float32, device=like.device)
    share = torch.sigmoid(F.interpolate(nodes[:, None], (height, width), mode='bicubic', align_corners=False))
    shading = torch.exp2(-column(shots, like, lambda s: s.shading) * radius)
    return shading * column(shots, like, lambda s: s.second_light) ** share


def render(signal, shots):
    """tone_curves.render for a batch, interpolated in its tables."""
    tables = torch.from_numpy(np.stack([tone_curves.table(shot.curve, shot.contrast, shot.gamma) for shot in shots])).to(signal.device)
    place = (tone.to_srgb(signal) * (tone_curves.TABLE - 1)).flatten(1)
    below = place.long().clamp(max=tone_curves.TABLE - 2)
    low, high = tables.gather(1, below), tables.gather(1, below + 1)
    return (low + (place - below) * (high - low)).view_as(signal)


def noise_left(shot, rng):
    """Per colour, the share of a pixel's noise that is left where a full-size photo is averaged by 2 to 12 pixels a side.
    A mosaic has a green sample on every other pixel, a red and a blue one on every fourth: their means are that much noisier."""
    left = 1 / np.exp(rng.uniform(np.log(2), np.log(12)))
    return [left] * 3 if shot.raw_gains is None else [2 * left, 2 ** .5 * left, 2 * left]


def averaged_noise(signal, shots, rng):
    gains = column(shots, signal, lambda s: s.raw_gains or (1., 1., 1.))
    variance = column(shots, signal, lambda s: s.shot_noise) * signal.clamp(0, 1) / gains + column(shots, signal, lambda s: s.read_noise ** 2)
    return column(shots, signal, lambda s: noise_left(s, rng)) * gains * variance.sqrt() * torch.randn_like(signal)


def develop(radiance, shots, noise):
    """Metered radiance as these shots, a batch: code values. `noise` gives that of the light at the sensor."""
    exposure = column(shots, radiance, lambda s: [2. ** s.ev / tone_curves.WHITE[s.curve] * factor for factor in s.white_balance])
    signal = radiance * exposure * illumination(shots, radiance)
    return render(signal + noise(signal), shots)


def expose(radiance, target, rng, finished=FINISHED):
    """The camera of shots.py on small metered radiance, for a batch; the share `finished` of photos is the target itself."""
    shots = [draw_for('tone', rng) for _ in range(len(radiance))]
    developed = develop(radiance, shots, lambda signal: averaged_noise(signal, shots, rng))
    is_finished = torch.from_numpy(rng.random((len(shots), 1, 1, 1)) < finished).to(radiance.device)
    return torch.where(is_finished, target, developed)


def flip(tensors, rng):
    return [t.flip(-1) for t in tensors] if rng.random() < .5 else tensors
