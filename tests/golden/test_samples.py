"""The default model on the sample photos, in FP32: the promises about quality and seams."""
import json
import sys

import cv2
import numpy as np
import pytest
from program import ROOT, read, run, write

sys.path.insert(0, str(ROOT / 'scripts'))
import look  # noqa: E402
from judge import fine  # noqa: E402

SAMPLES = sorted((ROOT / 'tests/samples').glob('*.jpg'))
P3_TO_SRGB = np.array([[1.2249402, -.2249402, 0], [-.0420570, 1.0420570, 0], [-.0196376, -.0786361, 1.0982736]], np.float32)
FP32 = ('--device', 'cpu', '--precision', 'fp32')


def truth_of(sample):
    return sample.parent / 'truth' / sample.name


def test_there_are_samples_and_a_model():
    assert len(SAMPLES) >= 3
    assert all(truth_of(sample).exists() for sample in SAMPLES)
    assert (ROOT / 'models/small.pt').exists()


def compare(a, b):
    result = run('compare', a, b, '--json')
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def as_srgb(sample, folder):
    """The sample's pixels as hdrtile decodes them, upright, as sRGB. Strength 0 changes no value."""
    plain = folder / 'plain.png'
    result = run('enhance', sample, '-o', plain, '--strength', 0, '--metadata', 'none', '--model', 'draft', *FP32)
    assert result.returncode == 0, result.stderr
    photo = read(plain)[:, :, ::-1].astype(np.float32) / 255
    profile = json.loads(run('info', sample, '--json').stdout)['photos'][0]['profile']
    if 'P3' in profile:
        return look.to_srgb(look.to_linear(photo) @ P3_TO_SRGB.T)
    assert profile == '' or 'sRGB' in profile
    return photo


def noise(result, truth):
    return fine.noise(*(read(path)[:, :, ::-1].astype(np.float32) / 255 for path in (result, truth)))


@pytest.fixture(scope='module')
def enhanced(tmp_path_factory):
    """A sample as the default model (or another) gives it back, made once."""
    folder, made = tmp_path_factory.mktemp('enhanced'), {}

    def get(sample, model='small'):
        if (sample, model) not in made:
            path = folder / f'{sample.stem}-{model}.png'
            result = run('enhance', sample, '-o', path, '--model', model, *FP32)
            assert result.returncode == 0, result.stderr
            made[sample, model] = path
        return made[sample, model]
    return get


@pytest.mark.parametrize('sample', SAMPLES, ids=lambda sample: sample.stem)
def test_at_least_as_good_as_metered_mertens_at_full_size(tmp_path, enhanced, sample):
    fused = look.metered_mertens(as_srgb(sample, tmp_path))
    baseline = write(tmp_path / 'baseline.png', (fused * 255).round().astype(np.uint8)[:, :, ::-1])
    truth = truth_of(sample)
    ours, classical = compare(enhanced(sample), truth), compare(baseline, truth)
    print(f'{sample.stem}: {ours} against metered Mertens {classical}')
    assert ours['psnr_db'] >= classical['psnr_db']
    assert ours['delta_e_mean'] <= classical['delta_e_mean']


@pytest.mark.parametrize('sample', SAMPLES, ids=lambda sample: sample.stem)
def test_the_tile_pass_removes_noise(enhanced, sample):
    """`draft` is the model without its tile pass: what the trunk adds is then zero."""
    with_trunk, without = (noise(enhanced(sample, model), truth_of(sample)) for model in ('small', 'draft'))
    print(f'{sample.stem}: noise {with_trunk:.2f}/255, without the tile pass {without:.2f}/255')
    assert with_trunk < .5 * without


@pytest.fixture(scope='module')
def tilings(tmp_path_factory):
    """One photo of 1536 x 1024 in 16 bit, as whole and in tiles."""
    folder = tmp_path_factory.mktemp('tilings')
    photo = cv2.imread(str(SAMPLES[0]))[200:1224, 300:1836].astype(np.uint16) * 257
    write(folder / 'photo.png', photo)
    outputs = {}
    for tile in ('whole', 512, 1024):
        outputs[tile] = folder / f'{tile}.png'
        result = run('enhance', folder / 'photo.png', '-o', outputs[tile], '--tile', tile, *FP32)
        assert result.returncode == 0, result.stderr
    return {tile: read(path).astype(np.float64) / 65535 for tile, path in outputs.items()}


@pytest.mark.parametrize(('a', 'b'), [(512, 'whole'), (1024, 'whole'), (512, 1024)])
def test_tilings_agree(tilings, a, b):
    difference = np.abs(tilings[a] - tilings[b])
    psnr = -10 * np.log10(max(np.square(difference).mean(), 1e-20))
    print(f'tile {a} against {b}: {psnr:.1f} dB, largest difference {difference.max() * 255:.3f}/255')
    assert psnr >= 60
    assert difference.max() <= 1 / 255


def test_the_result_is_brighter_and_not_flat(tilings):
    assert .3 < tilings[512].mean() < .7
    assert tilings[512].std() > .05


def test_same_bytes_every_time(tmp_path):
    photo = write(tmp_path / 'photo.png', cv2.imread(str(SAMPLES[0]))[:600, :800])
    for name in ('a.png', 'b.png'):
        assert run('enhance', photo, '-o', tmp_path / name, *FP32).returncode == 0
    assert (tmp_path / 'a.png').read_bytes() == (tmp_path / 'b.png').read_bytes()
