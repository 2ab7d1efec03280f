"""Writes the model files that the tests run: make_models.py FOLDER. Tiny ones, each with one property a test is about."""
import hashlib
import json
import sys
from pathlib import Path

import torch
from torch import nn


class Identity(nn.Module):
    """A 1x1 convolution that gives back what it gets."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 1)
        with torch.no_grad():
            self.conv.weight.copy_(torch.eye(3)[:, :, None, None])
            self.conv.bias.zero_()

    def forward(self, x):
        return self.conv(x)


class Lift(nn.Module):
    """Halves contrast round grey: visible, and exact to predict."""

    def forward(self, x):
        return x * .5 + .25


class Cropped(nn.Module):
    """Breaks the contract: loses a row."""

    def forward(self, x):
        return x[:, :, 1:, :]


class NotANumber(nn.Module):
    def forward(self, x):
        return x * float('nan')


class Raises(nn.Module):
    """Gives up on photos that are dark on average."""

    def forward(self, x):
        if bool(x.mean() < .1):
            raise ValueError('too dark for me')
        return x


class InfiniteInOneTile(nn.Module):
    """Where a tile is white all over."""

    def forward(self, x):
        return torch.where((x.amin(dim=(1, 2, 3), keepdim=True) > .99).expand_as(x), torch.full_like(x, float('inf')), x)


class Pair(nn.Module):
    def forward(self, x):
        return x, x


class Whole(nn.Module):
    """Gives integers, which stand for what they are: black and white."""

    def forward(self, x):
        return (x > .5).int()


class Unprepared(nn.Module):
    """Contextual: what it prepares is of the kind it is asked for."""

    def __init__(self, kind: int):
        super().__init__()
        self.kind = kind

    @torch.jit.export
    def prepare(self, preview):
        if self.kind == 0:
            raise ValueError('nothing to prepare')
        guide = preview.mean().reshape(1, 1, 1, 1)
        return guide * float('nan'), torch.zeros(1, 1)

    def forward(self, tiles, rect, guide, mix):
        return tiles * guide


class PreparesOne(nn.Module):
    @torch.jit.export
    def prepare(self, preview):
        return preview.mean()

    def forward(self, tiles, rect, guide, mix):
        return tiles


class PreparesWithTwo(nn.Module):
    @torch.jit.export
    def prepare(self, preview, more):
        return preview, more

    def forward(self, tiles, rect, guide, mix):
        return tiles


class Double(nn.Module):
    """Twice the size, each pixel four times."""

    def forward(self, x):
        return nn.functional.interpolate(x, scale_factor=2.0, mode='nearest')


class Slow(nn.Module):
    """Identity that takes a second or more a tile of 512."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 64, 3, padding=1)

    def forward(self, x):
        y = x
        for _ in range(12):
            y = x + 0. * self.conv(y).mean(dim=1, keepdim=True)
        return y


class MeanGain(nn.Module):
    """Contextual: brings the mean of the whole photo to one half. Taken per tile, tiles would differ."""

    @torch.jit.export
    def prepare(self, preview):
        return .5 / preview.mean().reshape(1, 1, 1, 1), torch.zeros(1, 1)

    def forward(self, tiles, rect, guide, mix):
        return tiles * guide


def restormer():
    """The architecture as another project implements it, with random weights; its input of the check beside it."""
    from spandrel_extra_arches.architectures.Restormer.__arch.restormer_arch import Restormer
    return Restormer(inp_channels=3, out_channels=3, dim=16, num_blocks=[1, 1, 2, 2], num_refinement_blocks=1,
                     heads=[1, 2, 4, 8], ffn_expansion_factor=2.66, bias=False, LayerNorm_type='WithBias',
                     dual_pixel_task=False).eval()


def save(folder, name, module, **description):
    extra = {'hdrtile.json': json.dumps(description | {'name': name})} if description else {}
    torch.jit.save(module, str(folder / f'{name}.pt'), _extra_files=extra)


def make(folder):
    torch.manual_seed(0)
    plain = {'scale': 1, 'multiple': 8, 'halo': 0}
    save(folder, 'identity', torch.jit.script(Identity().eval()), **plain)
    save(folder, 'undescribed', torch.jit.script(Identity().eval()))
    save(folder, 'lift', torch.jit.script(Lift()), **plain)
    save(folder, 'cropped', torch.jit.script(Cropped()), **plain)
    save(folder, 'nan', torch.jit.script(NotANumber()), **plain)
    save(folder, 'double', torch.jit.script(Double()), **(plain | {'scale': 2}))
    save(folder, 'slow', torch.jit.script(Slow().eval()), **plain)
    save(folder, 'mean_gain', torch.jit.script(MeanGain()), **(plain | {'context_px': 64}))

    for name, module in (('raises', Raises()), ('infinite_in_one_tile', InfiniteInOneTile()), ('pair', Pair()), ('whole_numbers', Whole())):
        save(folder, name, torch.jit.script(module), **plain)
    for name, module in (('prepare_raises', Unprepared(0)), ('prepare_nan', Unprepared(1)), ('prepares_one', PreparesOne()),
                         ('prepares_with_two', PreparesWithTwo())):
        save(folder, name, torch.jit.script(module), **(plain | {'context_px': 64}))

    model = restormer()
    photo = torch.randint(0, 65536, (1, 3, 128, 128)).float() / 65535
    with torch.inference_mode():
        expected = model(photo)
    save(folder, 'restormer', torch.jit.trace(model, photo), scale=1, multiple=8, halo=16, tile={'fixed': [128]})
    torch.save({'photo': photo, 'expected': expected}, folder / 'restormer_case.pth')

    (folder / 'noise.pt').write_bytes(bytes(range(256)) * 64)
    whole = (folder / 'identity.pt').read_bytes()
    (folder / 'cut.pt').write_bytes(whole[:len(whole) // 2])
    torch.save({'weights': torch.zeros(3)}, folder / 'state_dict.pt')
    save(folder, 'bad_description', torch.jit.script(Identity().eval()), scale=1, multiple='eight', halo=0)


def main():
    folder = Path(sys.argv[1])
    stamp = folder / 'stamp'
    wanted = hashlib.sha256(Path(__file__).read_bytes() + torch.__version__.encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted:
        return
    folder.mkdir(parents=True, exist_ok=True)
    make(folder)
    stamp.write_text(wanted)


if __name__ == '__main__':
    main()
