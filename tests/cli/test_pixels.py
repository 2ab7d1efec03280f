"""What the pixels are after the whole way: decode, tiles, blend, encode."""
import json

import numpy as np
import pytest
import torch
from program import MODELS, enhance, model, pixels, read, run, scene, write

SIZES = [(1, 1), (1, 7), (9, 1), (2, 3), (64, 64), (65, 63), (400, 601), (1037, 1531)]


@pytest.mark.parametrize('depth', [np.uint8, np.uint16])
@pytest.mark.parametrize('size', SIZES, ids=lambda size: f'{size[1]}x{size[0]}')
@pytest.mark.parametrize('flags', [
    (), ('--tile', 128, '--overlap', 16), ('--tile', 256, '--overlap', 100, '--batch', 3, '--jobs', 0)], ids=['default', 'small', 'odd'])
def test_identity_gives_back_every_value(tmp_path, size, depth, flags):
    photo = write(tmp_path / 'a.png', pixels(*size, depth))
    result = enhance(photo, *flags, with_model='identity')
    assert result.returncode == 0, result.stderr
    out = read(tmp_path / 'a_hdr.png')
    assert out.dtype == depth
    assert np.array_equal(out, read(photo))


@pytest.mark.parametrize('depth', [np.uint8, np.uint16])
def test_identity_at_4k_for_any_geometry(tmp_path, depth):
    photo = write(tmp_path / 'a.png', pixels(2160, 3840, depth))
    for number, flags in enumerate([(), ('--tile', 384, '--overlap', 48, '--batch', 4, '--jobs', 2)]):
        out = tmp_path / f'{number}.png'
        result = enhance(photo, '-o', out, *flags, with_model='identity')
        assert result.returncode == 0, result.stderr
        assert np.array_equal(read(out), read(photo))


def test_every_16_bit_value_survives(tmp_path):
    values = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    photo = write(tmp_path / 'a.png', np.stack([values, values[::-1], values.T], axis=-1))
    assert enhance(photo, '--tile', 64, with_model='identity').returncode == 0
    assert np.array_equal(read(tmp_path / 'a_hdr.png'), read(photo))


def test_a_model_without_description_runs_as_a_plain_one(tmp_path):
    photo = write(tmp_path / 'a.png', pixels(150, 170))
    result = enhance(photo, '--tile', 96, with_model='undescribed')
    assert result.returncode == 0, result.stderr
    assert 'hdrtile.json' in result.stderr
    assert np.array_equal(read(tmp_path / 'a_hdr.png'), read(photo))


def test_a_restormer_of_another_implementation_gives_what_pytorch_gives(tmp_path):
    path = model('restormer')
    case = torch.load(MODELS / 'restormer_case.pth')
    rgb = (case['photo'][0].permute(1, 2, 0).numpy() * 65535).round().astype(np.uint16)
    photo = write(tmp_path / 'a.png', rgb[:, :, ::-1])
    result = run('enhance', photo, '--model', path, '--device', 'cpu', '--precision', 'fp32')
    assert result.returncode == 0, result.stderr
    out = read(tmp_path / 'a_hdr.png')[:, :, ::-1].astype(np.float64) / 65535
    expected = case['expected'][0].permute(1, 2, 0).numpy().clip(0, 1)
    assert np.abs(out - expected).max() <= 1e-4 + .5 / 65535


def test_a_smaller_photo_is_padded_for_a_model_of_one_size(tmp_path):
    photo = write(tmp_path / 'a.png', pixels(50, 70))
    result = enhance(photo, with_model='restormer')
    assert result.returncode == 0, result.stderr
    assert read(tmp_path / 'a_hdr.png').shape == (50, 70, 3)


def test_tone_of_a_contextual_model_is_the_whole_photos(tmp_path):
    dark = scene(400, 600) // 3
    photo = write(tmp_path / 'a.png', dark)
    outputs = []
    for tile in (128, 'whole'):
        out = tmp_path / f'{tile}.png'
        result = enhance(photo, '--tile', tile, '-o', out, with_model='mean_gain')
        assert result.returncode == 0, result.stderr
        outputs.append(read(out).astype(int))
    assert np.abs(outputs[0] - outputs[1]).max() <= 1
    assert abs(outputs[0].mean() / 255 - .5) < .02


def test_scale_2_doubles_the_size(tmp_path):
    photo = write(tmp_path / 'a.png', pixels(120, 190))
    assert enhance(photo, '--tile', 64, with_model='double').returncode == 0
    assert np.array_equal(read(tmp_path / 'a_hdr.png'), read(photo).repeat(2, axis=0).repeat(2, axis=1))


@pytest.mark.parametrize('strength', [0, .5, 1])
def test_strength_mixes_input_and_result(tmp_path, strength):
    photo = write(tmp_path / 'a.png', pixels(90, 110, np.uint16))
    assert enhance(photo, '--strength', strength).returncode == 0
    before = read(photo) / 65535
    expected = before + strength * (before * .5 + .25 - before)
    assert np.abs(read(tmp_path / 'a_hdr.png') / 65535 - expected).max() <= .51 / 65535


def test_bytes_do_not_depend_on_jobs_or_order(tmp_path):
    photos = [write(tmp_path / f'{n}.jpg', scene(200 + 30 * n, 300)) for n in range(5)]
    results = []
    for folder, order, jobs in (('a', photos, 0), ('b', photos[::-1], 1), ('c', photos, 4)):
        out = tmp_path / folder
        assert enhance(*order, '-o', f'{out}/', '--jobs', jobs, '--tile', 128).returncode == 0
        results.append({p.name: p.read_bytes() for p in out.iterdir()})
    assert len(results[0]) == 5
    assert results[0] == results[1] == results[2]


def test_one_pixel_jpeg(tmp_path):
    photo = write(tmp_path / 'a.jpg', scene(1, 1))
    result = enhance(photo)
    assert result.returncode == 0, result.stderr
    assert read(tmp_path / 'a_hdr.jpg').shape[:2] == (1, 1)


def test_very_long_photo(tmp_path):
    photo = write(tmp_path / 'a.jpg', scene(20, 20000))
    result = enhance(photo, with_model='identity')
    assert result.returncode == 0, result.stderr
    assert read(tmp_path / 'a_hdr.jpg').shape == (20, 20000, 3)


def test_grey_and_alpha_survive(tmp_path):
    grey = write(tmp_path / 'grey.png', pixels(60, 80)[:, :, 0])
    rgba = write(tmp_path / 'rgba.png', np.dstack([pixels(60, 80), pixels(60, 80, seed=1)[:, :, 0]]))
    result = enhance(grey, rgba, with_model='identity')
    assert result.returncode == 0, result.stderr
    assert np.array_equal(read(tmp_path / 'grey_hdr.png'), read(grey))
    assert np.array_equal(read(tmp_path / 'rgba_hdr.png'), read(rgba))


def test_without_metadata_a_lossless_webp_stays_lossless(tmp_path):
    photo = write(tmp_path / 'a.webp', pixels(50, 60))
    assert enhance(photo, '--metadata', 'none', with_model='identity').returncode == 0
    assert np.array_equal(read(tmp_path / 'a_hdr.webp'), read(photo))


@pytest.mark.parametrize('depth, bits', [(np.uint8, 8), (np.uint16, 16), (np.float32, 32)])
def test_info_tells_the_bits_of_a_sample(tmp_path, depth, bits):
    photo = write(tmp_path / 'a.tif', np.zeros((16, 24, 3), depth))
    told = run('info', photo, '--model', model('identity'), '--device', 'cpu', '--json')
    assert json.loads(told.stdout)['photos'][0]['bits'] == bits, told.stderr
    assert f'{bits} bit' in run('info', photo, '--model', model('identity'), '--device', 'cpu').stdout
