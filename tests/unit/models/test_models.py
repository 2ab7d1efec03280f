"""The Python that defines the default model: Restormer, the tone tensors, the contextual form."""
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / 'models'), str(ROOT / 'scripts')]
import compile_model  # noqa: E402
import look  # noqa: E402
import tone  # noqa: E402
import wavelet  # noqa: E402
from contextual import ContextualModel  # noqa: E402
from gate import Gate  # noqa: E402
from restormer import Restormer  # noqa: E402
from sizes import SIZES  # noqa: E402

WHOLE = torch.tensor([[0., 0., 1., 1.]])


@pytest.fixture(autouse=True)
def _deterministic():
    torch.manual_seed(0)
    with torch.inference_mode():
        yield


def random_model():
    model = ContextualModel().eval()
    torch.nn.init.normal_(model.trunk.output.weight, std=.02)
    torch.nn.init.normal_(model.painter.net.output.weight, std=.02)
    return model


def smooth_photo(height, width):
    small = torch.rand(1, 3, 6, 9)
    return torch.nn.functional.interpolate(small, (height, width), mode='bicubic').clamp(0, 1)


@pytest.mark.parametrize('blocks,heads,unshuffle', [([1], [1], 1), ([1, 1], [1, 2], 2), ([1, 2, 1, 1], [1, 2, 4, 8], 1)])
def test_any_width_and_depth_keeps_the_size(blocks, heads, unshuffle):
    net = Restormer(3, 3, 8, blocks, heads, refinement=1, unshuffle=unshuffle)
    side = 2 * net.multiple
    assert net(torch.rand(2, 3, side, 3 * side))[0].shape == (2, 3, side, 3 * side)


def test_given_mixing_matrices_reproduce_the_networks_own_statistics():
    net = Restormer(3, 3, 16, [1, 2], [1, 2])
    torch.nn.init.normal_(net.output.weight)
    x = torch.rand(1, 3, 32, 48)
    own, mixes = net(x)
    assert torch.allclose(net(x, mixes)[0], own, atol=1e-5)


def test_an_untrained_trunk_changes_nothing():
    model = ContextualModel().eval()
    photo = smooth_photo(96, 144)
    guide, mix = model.prepare(photo)
    assert torch.equal(model(photo, WHOLE, guide, mix), model.draft(photo, WHOLE, guide))


def test_the_gate_mixes_the_photo_into_what_was_painted():
    model, photo = random_model(), smooth_photo(96, 144)
    painted = model.painter(photo)
    for logit, wanted in ((-20., painted), (20., photo), (0., (painted + photo) / 2)):
        torch.nn.init.constant_(model.gate.share.bias, logit)
        assert torch.allclose(model.paint(photo), wanted, atol=1e-6)
    torch.nn.init.constant_(model.gate.share.bias, 20.)
    assert (model.draft(photo, WHOLE, model.prepare(photo)[0]) - photo).abs().max() < 1e-3


@pytest.mark.parametrize('size', [(1, 1), (3, 200), (137, 206)])
@pytest.mark.parametrize('value', [0., .5, 1.])
def test_the_gates_statistics_are_finite_for_any_picture(size, value):
    even = torch.full((2, 3, *size), value)
    for painted in (even, 1 - even, torch.rand_like(even)):
        statistics = Gate(4).statistics(even, painted)
        assert statistics.shape == (2, len(Gate(4).middle)) and statistics.isfinite().all()


def test_the_gates_statistics_tell_the_tone_curve_and_what_is_clipped():
    gate, x = Gate(4), torch.zeros(1, 3, 96, 144)
    x[..., 36:] = 1         # a quarter is black, the rest clipped
    painted = x + torch.where(x > 0, -.2, .1)
    curve = gate.statistics(x, painted)[0, :6 * gate.steps].view(gate.steps, 6)
    assert torch.allclose(curve[[0, -1], 0].exp(), torch.tensor([.25, .75]), atol=.01)
    assert torch.allclose(curve[[0, -1], 1:4], torch.tensor([[.1], [-.2]]).expand(-1, 3), atol=.01)
    assert (curve[1:-1, 0].exp() < .01).all()
    extremes = gate.extremes(x)[0]
    bright, dark = extremes[:len(gate.bright)], extremes[len(gate.bright):][:len(gate.dark)]
    assert torch.allclose(bright.exp(), torch.tensor(.75), atol=.01) and torch.allclose(dark.exp(), torch.tensor(.25), atol=.01)


def test_the_gates_statistics_tell_fine_contrast_from_coarse():
    gate = Gate(4)
    fine = torch.zeros(1, 3, 128, 128)
    fine[..., ::2] = 1
    coarse = torch.zeros(1, 3, 128, 128)
    coarse[..., 64:] = 1
    assert gate.contrasts(fine)[0].argmax() == 0 and gate.contrasts(coarse)[0].argmax() == gate.octaves - 1


def test_without_a_gate_everything_is_painted():
    model = ContextualModel(SIZES['small'].with_settings({'gate.width': 0})).eval()
    torch.nn.init.normal_(model.painter.net.output.weight, std=.02)
    photo = smooth_photo(96, 144)
    assert torch.equal(model.paint(photo), model.painter(photo))
    assert not any(name.startswith('gate') for name in model.state_dict())


@pytest.mark.parametrize(('height', 'width'), [(128, 192), (137, 206), (129, 191), (37, 50), (1, 1)])
def test_fusion_matches_opencv(height, width):
    lin = smooth_photo(height, width) ** 2.2 * .5
    ours = tone.fuse(lin)[0].permute(1, 2, 0).numpy()
    assert np.square(ours - look.fuse(lin[0].permute(1, 2, 0).numpy())).mean() < 10 ** -6      # 60 dB


def test_the_guide_reproduces_a_change_of_tone():
    photo = .1 + .8 * smooth_photo(128, 192)
    wanted = photo ** .7 * .9 + .05
    toned = tone.apply_guide(photo, WHOLE, tone.fit_guide(photo, wanted))
    assert (toned - wanted).abs().max() < .02


def test_shrinkage_keeps_takes_and_tells_grey_from_colour():
    photo = torch.rand(2, 3, 40, 56)
    gains = torch.zeros(2, wavelet.CHANNELS, 40, 56)
    assert torch.equal(wavelet.shrink(photo, gains), photo)
    coarse = wavelet.smooth(wavelet.smooth(wavelet.smooth(photo, 1), 2), 4)
    assert torch.allclose(wavelet.shrink(photo, gains + 1), coarse, atol=1e-6)
    gains[:, 1::2] = 1   # colour alone
    result = wavelet.shrink(photo, gains)
    assert torch.allclose(result.mean(dim=1), photo.mean(dim=1), atol=1e-6)
    assert (result - photo).abs().max() > .1


def test_tiles_agree_on_the_pixels_they_share():
    photo = smooth_photo(128, 192)
    guide = tone.fit_guide(photo, photo ** .5)
    left = tone.apply_guide(photo[:, :, :, :128], torch.tensor([[0, 0, 128 / 192, 1]]), guide)
    right = tone.apply_guide(photo[:, :, :, 64:], torch.tensor([[64 / 192, 0, 1, 1]]), guide)
    assert torch.allclose(left[..., 64:], right[..., :64], atol=1e-5)


def test_a_tile_equals_the_whole_inside_the_receptive_field():
    model = random_model()
    photo = smooth_photo(256, 384) + .02 * torch.randn(1, 3, 256, 384)
    guide, mix = model.prepare(smooth_photo(128, 192))
    whole = model(photo, WHOLE, guide, mix)
    tile = model(photo[:, :, 64:192, 128:256], torch.tensor([[128 / 384, 64 / 256, 256 / 384, 192 / 256]]), guide, mix)
    inside = slice(40, -40)
    assert torch.allclose(tile[..., inside, inside], whole[:, :, 64:192, 128:256][..., inside, inside], atol=1e-4)


@pytest.mark.parametrize(('preview', 'working'), [((548, 824), (137, 206)), ((464, 824), (137, 243)), ((824, 618), (183, 137)),
                                                  ((100, 824), (50, 412)), ((824, 1), (412, 1))])
def test_common_formats_are_painted_at_one_short_side(preview, working):
    assert tuple(ContextualModel().working(torch.rand(1, 3, *preview)).shape[2:]) == working


@pytest.mark.parametrize('size', [(1, 824), (824, 1), (30, 824), (824, 824), (549, 824)])
def test_any_preview_can_be_prepared(size):
    guide, mix = ContextualModel().prepare(torch.rand(1, 3, *size))
    assert torch.isfinite(guide).all() and torch.isfinite(mix).all()


@pytest.mark.parametrize('value', [0., 1.])
def test_a_black_or_white_photo_gives_finite_pixels(value):
    model = random_model()
    guide, mix = model.prepare(torch.full((1, 3, 128, 192), value))
    assert torch.isfinite(model(torch.full((1, 3, 64, 64), value), WHOLE, guide, mix)).all()


def test_the_scripted_model_equals_eager_at_other_sizes():
    model = random_model()
    scripted = torch.jit.script(model)
    for height, width in ((64, 64), (72, 200)):
        photo, preview = torch.rand(1, 3, height, width), torch.rand(1, 3, 101, 192)
        ours, theirs = (m(photo, WHOLE, *m.prepare(preview)) for m in (model, scripted))
        assert torch.allclose(ours, theirs, atol=1e-5)


def test_convolutions_of_all_shapes_share_a_class_in_a_model_file():
    """Of each class the code is read when a model is loaded."""
    scripted = torch.jit.script(Restormer(6, 3, 8, [1, 2], [1, 2], unshuffle=2))
    convolutions = [part._c._type().qualified_name() for part in scripted.modules() if part.original_name == 'Conv2d']
    assert len(convolutions) > 20 and len(set(convolutions)) == 1
    blocks = [part._c._type().qualified_name() for part in scripted.modules() if part.original_name == 'Block']
    assert len(blocks) == 4 and len(set(blocks)) == 1


def test_the_default_model_is_built_anew_from_its_file_to_be_compiled():
    scripted, description = compile_model.load(ROOT / 'models/small.pt')
    model = compile_model.rebuild(scripted, description)
    assert sum(p.numel() for p in model.parameters()) == description['parameters']
    photo = smooth_photo(96, 144)
    guide, mix = scripted.prepare(photo)
    assert torch.allclose(model(photo, WHOLE, guide, mix), scripted(photo, WHOLE, guide, mix), atol=1e-5)
