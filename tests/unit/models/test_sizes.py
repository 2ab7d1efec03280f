"""The sizes: compound scaling of one definition, its options, and what is measured of them."""
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / 'models'), str(ROOT / 'scripts')]
import checkpoints  # noqa: E402
import model_facts  # noqa: E402
import model_file  # noqa: E402
from contextual import ContextualModel  # noqa: E402
from sizes import SIZES, Architecture, TrunkConfig, Wrong  # noqa: E402

WHOLE = model_facts.WHOLE


@pytest.fixture(autouse=True)
def _deterministic():
    torch.manual_seed(0)
    with torch.inference_mode():
        yield


@pytest.fixture(scope='module')
def small():
    with torch.inference_mode():
        model = ContextualModel().eval()
        checkpoints.load_file(model, ROOT / 'models/small.pt')
    return model


def test_base_is_the_published_restormer_and_small_a_third_of_its_width_and_a_quarter_of_its_depth():
    base, small = SIZES['base'].trunk, SIZES['small'].trunk
    assert (base.dim, base.blocks, base.heads, base.refinement_blocks) == (48, [4, 6, 6, 8], [1, 2, 4, 8], 4)
    assert (small.dim, small.blocks, small.heads, small.refinement_blocks) == (16, [1, 2], [1, 2], 0)
    with torch.device('meta'):
        assert 25e6 < sum(p.numel() for p in ContextualModel(SIZES['base']).parameters()) < 27e6


@pytest.mark.parametrize(('width', 'depth', 'dim', 'blocks'), [(1 / 3, .25, 16, [1, 2, 2, 2]), (.55, .5, 28, [2, 3, 3, 4]),
                                                               (1.5, 1.1, 72, [5, 7, 7, 9])])
def test_widths_are_rounded_to_four_and_depths_up(width, depth, dim, blocks):
    trunk = TrunkConfig(width_mult=width, depth_mult=depth)
    assert (trunk.dim, trunk.blocks) == (dim, blocks)


def test_an_architecture_survives_json():
    import json
    changed = SIZES['small'].with_settings({'trunk.levels': 3, 'trunk.width_mult': 1, 'painter.blocks': [1, 1], 'painter.heads': [1, 2]})
    assert Architecture.from_json(json.loads(json.dumps(changed.to_json()))) == changed


@pytest.mark.parametrize(('option', 'value'), [('trunk.levels', 5), ('trunk.levels', '3'), ('trunk.unshuffle', 3), ('trunk.width_mult', .01),
                                               ('trunk.depth_mult', 0), ('trunk.feed_forward', 'mlp'), ('painter.metered', 1),
                                               ('painter.heads', [1]), ('painter.guide_depth', 0), ('gate.width', -1), ('trunk.colour', 1), ('levels', 3)])
def test_an_option_that_cannot_be_is_named(option, value):
    with pytest.raises(Wrong, match=option):
        SIZES['small'].with_settings({option: value})


@pytest.mark.parametrize('settings', [{'trunk.feed_forward': 'fire'}, {'trunk.feed_forward': 'inverted_residual'}, {'trunk.unshuffle': 1},
                                      {'trunk.levels': 4}, {'trunk.refinement': True}, {'trunk.width_mult': .5},
                                      {'painter.metered': False}, {'painter.metered': False, 'painter.fused': False},
                                      {'painter.guide_depth': 1}, {'painter.short_side': 64}, {'gate.width': 0},
                                      {'trunk.embed_bias': True}])
def test_every_option_gives_a_model_that_scripts_and_equals_eager(settings):
    model = ContextualModel(SIZES['small'].with_settings(settings)).eval()
    for net in (model.painter.net, model.trunk):
        torch.nn.init.normal_(net.output.weight, std=.02)
    scripted = torch.jit.script(model)
    for height, width in ((64, 64), (80, 208)):
        photo, preview = torch.rand(1, 3, height, width), torch.rand(1, 3, 101, 192)
        ours, theirs = (m(photo, WHOLE, *m.prepare(preview)) for m in (model, scripted))
        assert (ours - photo).abs().max() > 1e-3
        assert torch.allclose(ours, theirs, atol=1e-5)


def at(photo, x, y, side):
    """A tile of a photo and its place."""
    height, width = photo.shape[2:]
    return photo[:, :, y:y + side, x:x + side], torch.tensor([[x / width, y / height, (x + side) / width, (y + side) / height]])


@pytest.mark.parametrize('side', [64, 96, 128, 200, 256])
def test_tiles_of_any_size_equal_the_whole_to_60_db(small, side):
    photo, halo = model_file.picture(384), 16
    guide, mix = small.prepare(photo)
    whole = small(photo, WHOLE, guide, mix)
    tile, rect = at(photo, 64, 72, side)
    inside = (slice(None), slice(None), slice(halo, -halo), slice(halo, -halo))
    difference = (small(tile, rect, guide, mix) - at(whole, 64, 72, side)[0])[inside]
    assert -10 * difference.square().mean().clamp(min=1e-20).log10() >= 60
    assert difference.abs().max() <= 1 / 255


def test_two_tiles_agree_on_the_pixels_they_share(small):
    photo, halo = model_file.picture(384), 16
    guide, mix = small.prepare(photo)
    left, right = (small(*at(photo, x, 64, 160), guide, mix) for x in (64, 128))
    shared = slice(halo, -halo)
    difference = (left[..., 64 + halo:-halo] - right[..., halo:96 - halo])[..., shared, :]
    assert -10 * difference.square().mean().clamp(min=1e-20).log10() >= 60


@pytest.mark.parametrize('settings', [{}, {'trunk.unshuffle': 1}, {'trunk.feed_forward': 'fire', 'trunk.levels': 1}])
def test_a_changed_pixel_reaches_as_far_as_the_receptive_field_and_no_farther(settings):
    architecture = SIZES['small'].with_settings(settings)
    field = model_facts.receptive_field(architecture)
    model = ContextualModel(architecture).double().eval()
    torch.nn.init.normal_(model.trunk.output.weight)
    photo = torch.rand(1, 3, 128, 128, dtype=torch.float64)
    guide, mix = model.float().prepare(photo.float())
    model, guide, mix, rect = model.double(), guide.double(), mix.double(), WHOLE.double()
    reach = 0
    for place in range(64, 64 + model.trunk.multiple):
        changed = photo.clone()
        changed[:, :, place, place] += 1
        rows = (trunk_pass(model, changed, mix) - trunk_pass(model, photo, mix)).abs().amax(dim=(0, 1, 3)).nonzero()
        reach = max(reach, place - int(rows.min()), int(rows.max()) - place)
    assert reach == field


def trunk_pass(model, photo, mix):
    """The tile pass with a guide that changes nothing, all in FP64: the farthest pixels are touched by little."""
    import wavelet
    out = model.trunk(torch.cat([photo, photo], dim=1), mix)[0]
    return wavelet.shrink(photo, out[:, 3:].tanh()) + out[:, :3]


@pytest.mark.parametrize(('size', 'field'), [('small', 37), ('base', 326), ('student', 95)])
def test_the_receptive_field_of_a_size(size, field):
    assert model_facts.receptive_field(SIZES[size]) == field


def test_the_smallest_tile_holds_two_halos_and_a_ramp():
    for halo in (8, 16, 40, 128):
        sides = model_facts.tile_sides(halo)
        assert sides['min'] >= 2 * halo + 16 and sides['min'] % 8 == 0
        assert sides['default'] >= sides['min']
