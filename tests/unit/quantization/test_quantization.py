"""scripts/quantize.py but for the compiler: which layers a form quantises, with what, and the limit of what is installed."""
import functools
import subprocess
import sys

import numpy as np
import pytest
import torch
from program import ROOT, model, pixels, scene, write

pytest.importorskip('torchao')
sys.path[:0] = [str(ROOT / 'scripts'), str(ROOT / 'models')]
from contextual import ContextualModel  # noqa: E402
from quantization import calibration, forms, quality, table  # noqa: E402
from sizes import Architecture, ConvNextConfig, PainterConfig, TrunkConfig  # noqa: E402

PAINTER = PainterConfig(dim=8, blocks=(1,), heads=(1,))
TINY = {'restormer': Architecture(PAINTER, TrunkConfig(width_mult=1 / 12, depth_mult=.25, levels=1, refinement=False, unshuffle=2)),
        'convnext': Architecture(PAINTER, ConvNextConfig(dims=(8,), blocks=(1,)))}


def tiny(family='restormer'):
    torch.manual_seed(0)
    made = ContextualModel(TINY[family]).eval()
    for net in (made.painter.net, made.trunk):
        torch.nn.init.normal_(net.output.weight, std=.02)
    return made.to(memory_format=torch.channels_last)


@pytest.fixture(scope='module')
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp('photos')
    write(folder / 'a.png', scene(96, 128))
    write(folder / 'b.jpg', pixels(128, 72))
    (folder / 'broken.jpg').write_bytes(b'\xff\xd8\xff no photo')
    write(folder / 'small.png', scene(20, 30))
    return folder


@functools.cache
@torch.no_grad()
def quantised(form, photos, family='restormer'):
    """The model, one whose trunk is in this form, and a sample of what the trunk takes."""
    made = tiny(family)
    samples = calibration.samples(made, 96, 8, calibration.photos_in(photos))
    return made.trunk, forms.quantise(made.trunk, form, samples), samples[0]


def names_of(trunk, kind=torch.nn.Conv2d):
    used_with_a_given_mix = [name for name, module in trunk.named_modules() if isinstance(module, kind) and '.qk' not in name]
    return sorted(used_with_a_given_mix)


def test_static_takes_every_convolution_that_has_weights(photos):
    trunk, made, _ = quantised('static', photos)
    assert sorted(made.quantised) == names_of(trunk)


def test_mixed_leaves_first_last_and_attention(photos):
    trunk, made, _ = quantised('mixed', photos)
    assert sorted(made.quantised) == [name for name in names_of(trunk) if name not in ('embed', 'output') and '.attn.' not in name]
    others = [node for node in made.converted.graph.nodes if node.target is forms.CONVOLUTION]
    assert all(node.args[0].args[1] == torch.bfloat16 for node in others), 'between the INT8 layers it is BF16'


def test_dynamic_takes_the_convolutions_of_one_pixel(photos):
    trunk, made, _ = quantised('dynamic', photos)
    single = [name for name in names_of(trunk) if trunk.get_submodule(name).kernel_size == (1, 1)]
    assert sorted(made.quantised) == [f'{name}.linear' for name in single]


@pytest.mark.parametrize('form,family', [*((form, 'restormer') for form in forms.PRECISIONS), ('static', 'convnext')])
def test_a_form_is_near_the_trunk_and_no_copy_of_it(photos, form, family):
    trunk, made, sample = quantised(form, photos, family)
    with torch.no_grad():
        exact, rounded = trunk(*sample)[0], made(*sample)[0].float()
    assert 20 < 10 * float((exact.square().mean() / (exact - rounded).square().mean()).log10()) < 60


def test_weights_are_kept_in_eight_bits(photos):
    _, made, _ = quantised('static', photos)
    stored = [value for value in made.converted.state_dict().values() if value.dtype == torch.int8]
    assert len(stored) == len(made.quantised)


def test_calibration_sees_tiles_with_the_tone_and_mix_of_their_photo(photos, capsys):
    made = tiny()
    with torch.no_grad():
        samples = calibration.samples(made, 96, 8, calibration.photos_in(photos))
        photo = calibration.read(photos / 'a.png')
        _, mix = made.prepare(calibration.preview_of(photo, 96))
    assert len(samples) == 2 * calibration.TILES
    assert samples[0][0].shape == (1, 6, 96, 128) and torch.equal(samples[0][1], mix)
    told = capsys.readouterr().err
    assert 'broken.jpg: left out' in told and 'small.png: left out' in told


def test_the_preview_is_shrunk_by_area():
    photo = torch.rand(1, 3, 60, 192)
    assert torch.allclose(calibration.preview_of(photo, 96), torch.nn.functional.avg_pool2d(photo, 2), atol=1e-6)


def scene_of(truth):
    return quality.Scene('a', quality.sixteen_bit(truth), truth)


def test_the_limit_refuses_what_is_far_from_fp32_or_loses_against_the_truth():
    rng = np.random.default_rng(0)
    truth = rng.uniform(.2, .8, (64, 64, 3)).astype(np.float32)
    exact = truth + rng.normal(0, .05, truth.shape).astype(np.float32)

    def faults(result):
        return quality.judge([scene_of(truth)], [exact], [result]).faults()

    assert faults(exact) == []
    assert faults(exact + .005) == [], '46 dB, and independent of the error that is there'
    assert '44.4 dB to FP32' in faults(exact + .006)[0]
    away = exact + .1 * (exact - truth)
    [fault] = faults(away)
    assert 'lost against the truth' in fault and quality.measures.psnr(exact, away) > 45


def test_one_bad_photo_is_not_hidden_by_good_ones():
    truth = np.full((32, 32, 3), .5, np.float32)
    noisy = truth + .05
    judged = quality.judge([scene_of(truth)] * 4, [noisy] * 4, [noisy] * 3 + [noisy + .02])
    assert judged.to_fp32 > 45 and 'to FP32' in judged.faults()[0]


def test_the_table_has_every_precision_of_both_engines():
    names = [(name, engine) for name, engine, _, _ in table.rows()]
    assert names == [('fp32', 'torchscript'), ('bf16', 'torchscript'), ('fp16', 'torchscript'), ('fp32', 'compiled'), ('bf16', 'compiled'),
                     ('fp16', 'compiled'), ('int8 dynamic', 'compiled'), ('int8 static', 'compiled'), ('mixed', 'compiled')]


def quantize(*arguments):
    return subprocess.run([sys.executable, '-B', ROOT / 'scripts/quantize.py', *map(str, arguments)], capture_output=True, text=True, timeout=200)


@pytest.mark.parametrize('arguments,reason', [
    (['--form', 'static'], '--calibrate is missing'),
    (['none.pt', '--form', 'dynamic'], 'none.pt is no file'),
    (['--calibrate', 'nowhere'], 'nowhere: no such folder')])
def test_wrong_arguments_are_told_in_a_line(arguments, reason, tmp_path):
    result = quantize(*arguments, '--cache', tmp_path / 'cache')
    assert result.returncode != 0 and reason in result.stderr and 'Traceback' not in result.stderr
    assert not (tmp_path / 'cache').exists()


def test_models_of_others_are_refused(photos, tmp_path):
    result = quantize(model('identity'), '--calibrate', photos, '--cache', tmp_path / 'cache')
    assert result.returncode != 0 and 'export_model.py' in result.stderr and 'Traceback' not in result.stderr
