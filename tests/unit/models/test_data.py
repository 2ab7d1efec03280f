"""The training data: the camera, its tone curves and faults, in numpy and in tensors, and what prepare_data.py writes."""
import csv
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / 'models'), str(ROOT / 'scripts')]
import camera  # noqa: E402
import fetch_photos  # noqa: E402
import look  # noqa: E402
import recipe  # noqa: E402
import shots as shots_module  # noqa: E402
import tone_curves  # noqa: E402
import training_data  # noqa: E402

CLEAN = camera.Shot(ev=-.7, white_balance=(1.1, 1., .9), shot_noise=0., read_noise=0., noise_blur=0., contrast=.2, gamma=1.03, quality=95)
MIXED = {'second_light': (1.3, 1.02, .75), 'light_nodes': ((-3., 1., 4.), (2., -2., .5))}


@pytest.fixture
def rng():
    return np.random.default_rng(5)


def scene(rng, height=137, width=206):
    """Smooth radiance over six stops, metered, and some grain."""
    stops = cv2.resize(rng.uniform(-3, 3, (5, 7, 3)).astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC)
    radiance = np.exp2(stops) * (1 + .05 * rng.standard_normal((height, width, 1), dtype=np.float32))
    return radiance * np.float32(look.meter(radiance))


def grey(value, height=256, width=384):
    return np.full((height, width, 3), value, np.float32)


@pytest.mark.parametrize('curve', tone_curves.WHITE)
def test_tone_curves_rise_from_black_to_white(curve):
    for contrast, gamma in ((0., 1.), (.4, .9), (.4, 1.15)):
        values = tone_curves.table(curve, contrast, gamma)
        assert values[0] == 0 and values[-1] == pytest.approx(1, abs=1e-5)
        assert (np.diff(values) > 0).all()


@pytest.mark.parametrize('curve', tone_curves.WHITE)
def test_tone_curves_develop_a_metered_grey_alike(curve):
    straight = float(look.to_srgb(np.float32(.18)))
    assert abs(tone_curves.render(np.float32(.18 / tone_curves.WHITE[curve]), curve) - straight) < .1


def test_a_phone_lifts_shadows_and_other_cameras_hold_highlights():
    def developed(curve, light):
        return float(tone_curves.render(np.float32(light / tone_curves.WHITE[curve]), curve))
    assert developed('phone', .01) > 1.3 * developed('srgb', .01)
    for curve in ('standard', 'filmic', 'phone'):
        assert developed(curve, 1) < .9 < .99 < developed('srgb', 1)


def reference_expose(radiance, shot, rng):
    """The camera of the sample photos and of the figures published so far, as it was."""
    signal = radiance * np.float32(look.meter(radiance) * 2.0 ** shot.ev) * np.array(shot.white_balance, np.float32)
    noise = rng.standard_normal(signal.shape, dtype=np.float32)
    if shot.noise_blur > 0:
        noise = cv2.GaussianBlur(noise, (0, 0), shot.noise_blur)
        noise /= noise.std()
    clipped = np.clip(signal, 0, 1)
    encoded = look.to_srgb(signal + noise * np.sqrt(shot.shot_noise * clipped + shot.read_noise ** 2))
    smooth = encoded * encoded * (3 - 2 * encoded)
    encoded = ((1 - shot.contrast) * encoded + shot.contrast * smooth) ** shot.gamma
    return np.rint(np.clip(encoded, 0, 1) * 255).astype(np.uint8)


@pytest.mark.parametrize('seed', range(4))
def test_judged_shots_are_what_they_were(rng, seed):
    radiance = scene(rng)
    shot = camera.draw(np.random.default_rng(seed))
    expected = reference_expose(radiance, shot, np.random.default_rng(seed + 100))
    exposed = camera.expose(radiance, shot, np.random.default_rng(seed + 100))
    np.testing.assert_array_equal(exposed, expected)
    _, jpeg = cv2.imencode('.jpg', expected[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, shot.quality])
    np.testing.assert_array_equal(camera.compress(exposed, shot.quality), cv2.imdecode(jpeg, cv2.IMREAD_COLOR)[..., ::-1])


def test_the_sample_photos_have_no_new_fault():
    make_samples = pytest.importorskip('make_samples', reason='needs scripts/requirements-train.txt')
    plain = camera.Shot(*[None] * 8)
    for sample in make_samples.SAMPLES:
        for fault in ('sampling', 'curve', 'raw_gains', 'shading', 'second_light', 'light_nodes'):
            assert getattr(sample.shot, fault) == getattr(plain, fault)


def test_numpy_and_tensors_expose_alike(rng, monkeypatch):
    shots = [replace(CLEAN, curve=curve, shading=.5, raw_gains=gains, **MIXED)
             for curve, gains in zip(tone_curves.WHITE, (None, (2., 1., 1.6), None, (2.2, 1., 1.8)))]
    radiance = np.stack([scene(rng) for _ in shots])
    queue = iter(shots)
    monkeypatch.setattr(training_data, 'draw_for', lambda *_: next(queue))
    tensors = training_data.expose(training_data.to_tensor(radiance), torch.zeros(len(shots), 3, *radiance.shape[1:3]), rng, finished=0)
    for shot, one, photo in zip(shots, radiance, tensors.permute(0, 2, 3, 1).numpy()):
        # The batch is metered already, the camera meters once more: by nearly 1.
        difference = np.abs(camera.expose(one, shot, rng) / 255. - photo)
        assert difference.max() < .51 / 255 + 1e-3, shot.curve


def test_noise_of_a_mosaic_has_the_variance_and_correlation_of_bilinear_demosaicing(rng):
    gains, read, photons, level = (2., 1., 1.5), .01, 4e-4, .3
    shot = replace(CLEAN, raw_gains=gains, read_noise=read, shot_noise=photons)
    field = camera.noise(grey(level, 768, 1152), shot, rng)
    # A green pixel is a sample or the mean of four, a red or a blue one a sample or the mean of two or four.
    shares = np.array([1 + .5 + .5 + .25, 2 + .25 + .25, 1 + .5 + .5 + .25]) / 4
    raw = photons * level / np.array(gains) + read ** 2
    np.testing.assert_allclose(field.var(axis=(0, 1)), np.array(gains) ** 2 * raw * shares, rtol=.03)
    correlation = [np.corrcoef(f[:, 1:].ravel(), f[:, :-1].ravel())[0, 1] for f in np.moveaxis(field, -1, 0)]
    # Covariance of neighbours: of each second row, a sample with a mean that it is part of, or two means that share samples.
    np.testing.assert_allclose(correlation, np.array([.375, .25, .375]) / shares, atol=.02)
    assert abs(field.mean()) < 1e-3


def test_green_is_less_noisy_than_red_and_blue(rng):
    shot = replace(CLEAN, raw_gains=(2., 1., 1.7), read_noise=.01)
    field = camera.noise(grey(.2), shot, rng)
    coarse = cv2.resize(field, None, fx=.25, fy=.25, interpolation=cv2.INTER_AREA)
    for spread in (field.std(axis=(0, 1)), coarse.std(axis=(0, 1))):
        assert spread[1] < .7 * min(spread[0], spread[2])


def test_demosaicing_keeps_a_flat_field():
    np.testing.assert_allclose(camera.demosaic(np.full((10, 14), .4, np.float32)), .4, rtol=1e-6)


def test_what_is_left_of_noise_when_small_is_as_a_shrunk_photo_has_it(rng):
    shot = replace(CLEAN, raw_gains=(2., 1., 1.7), read_noise=.01)
    field = camera.noise(grey(.2, 512, 768), shot, rng)
    small = cv2.resize(field, None, fx=1 / 8, fy=1 / 8, interpolation=cv2.INTER_AREA).std(axis=(0, 1))
    left = np.array(training_data.noise_left(shot, rng))
    np.testing.assert_allclose(small / small[1], left / left[1] * np.array(shot.raw_gains), rtol=.06)
    np.testing.assert_allclose(small[1], .01 * 2 ** .5 / 8, rtol=.06)


def test_shading_darkens_the_corners_by_its_stops():
    factors = camera.illumination(101, 151, replace(CLEAN, shading=.8))
    np.testing.assert_allclose(factors[[0, 0, -1, -1], [0, -1, 0, -1]], 2 ** -.8, rtol=1e-5)
    np.testing.assert_allclose(factors[50, 75], 1, rtol=1e-6)


def test_mixed_light_is_smooth_and_between_its_two_lights():
    factors = camera.illumination(200, 300, replace(CLEAN, **MIXED))
    low, high = np.minimum(MIXED['second_light'], 1), np.maximum(MIXED['second_light'], 1)
    assert (factors >= low - 1e-6).all() and (factors <= high + 1e-6).all()
    assert np.ptp(factors[..., 2]) > .2 and np.abs(np.diff(factors, axis=1)).max() < .01


def test_the_target_has_none_of_the_light_s_faults_and_the_photo_all(rng, monkeypatch):
    radiance = scene(rng)
    shot = replace(CLEAN, shading=.8, **MIXED)
    monkeypatch.setattr(recipe, 'draw_for', lambda *_: shot)
    rng = np.random.default_rng(1)
    assert rng.random() > .35 and rng.random() > recipe.FINISHED   # neither blurred nor finished
    photo, target = recipe.pair(radiance, np.random.default_rng(1))
    np.testing.assert_array_equal(target, np.rint(look.target(radiance) * 255))
    np.testing.assert_array_equal(photo, camera.compress(camera.expose(radiance, shot, rng), shot.quality))


def sharpness(picture):
    return cv2.Laplacian(picture.astype(np.float32).mean(axis=-1), -1).std()


def test_a_slight_blur_is_in_photo_and_target(rng, monkeypatch):
    grain = cv2.GaussianBlur(rng.standard_normal((96, 144), dtype=np.float32), (0, 0), 1)[..., None]
    radiance = grey(.18, 96, 144) * np.exp(grain)
    monkeypatch.setattr(recipe, 'draw_for', lambda *_: replace(CLEAN, ev=0.))
    monkeypatch.setattr(recipe, 'FINISHED', 0)
    seeds = {np.random.default_rng(seed).random() < .35: seed for seed in range(20)}
    (photo, target), (soft_photo, soft_target) = (recipe.pair(radiance, np.random.default_rng(seeds[blurred])) for blurred in (False, True))
    kept = sharpness(soft_photo) / sharpness(photo), sharpness(soft_target) / sharpness(target)
    assert max(kept) < .9 and kept[0] == pytest.approx(kept[1], rel=.1)


def test_some_photos_are_their_own_target_at_35_dB(rng, monkeypatch):
    radiance = scene(rng)
    monkeypatch.setattr(recipe, 'FINISHED', 1)
    for seed in range(5):
        photo, target = recipe.pair(radiance, np.random.default_rng(seed))
        assert -10 * np.log10(np.mean((photo / 255. - target / 255.) ** 2)) > 35


def test_the_share_of_finished_views_is_the_recipe_s(rng):
    target = torch.full((500, 3, 4, 6), .4321)
    photos = training_data.expose(torch.full((500, 3, 4, 6), .18), target, rng)
    share = (photos == target).all(dim=(1, 2, 3)).float().mean().item()
    assert share == pytest.approx(training_data.FINISHED, abs=.05) and share > 0


def test_a_training_shot_follows_from_its_seed_and_has_each_fault_at_times():
    shots = [shots_module.draw_with_faults(np.random.default_rng(seed)) for seed in range(200)]
    assert shots == [shots_module.draw_with_faults(np.random.default_rng(seed)) for seed in range(200)]
    assert {shot.curve for shot in shots} == set(tone_curves.WHITE) and {shot.sampling for shot in shots} == set(camera.JPEG_SAMPLING)
    plain = replace(CLEAN)
    for fault in ('raw_gains', 'shading', 'second_light', 'light_nodes'):
        share = np.mean([getattr(shot, fault) != getattr(plain, fault) for shot in shots])
        assert .2 < share < .9, fault
    assert all(camera.EV_RANGE[0] <= shot.ev <= camera.EV_RANGE[1] for shot in shots)


def test_full_colour_keeps_more_of_a_red_line_than_halved(rng):
    picture = np.zeros((64, 64, 3), np.uint8)
    picture[:, ::4, 0] = 255
    errors = [np.abs(camera.compress(picture, 95, sampling).astype(int) - picture).mean() for sampling in ('4:4:4', '4:2:0')]
    assert errors[0] < .5 * errors[1]


@pytest.fixture
def prepare_data():
    return pytest.importorskip('prepare_data', reason='needs scripts/requirements-train.txt')


def photographs(folder, rng):
    folder.mkdir()
    for name in 'ab':
        cv2.imwrite(str(folder / f'{name}.png'), np.rint(look.to_srgb(scene(rng, 600, 900)) * 255).astype(np.uint8))
    return [folder / 'a.png', folder / 'b.png']


def contents(path):
    with np.load(path) as file:
        return {key: file[key] for key in file}


def test_photos_and_views_are_prepared_apart_and_alike_each_time(tmp_path, rng, prepare_data):
    pair = photographs(tmp_path / 'in', rng)
    assert prepare_data.find(tmp_path / 'in') == pair
    outs = []
    for name, calls in (('once', [(2, 1)]), ('apart', [(0, 1), (2, 0)])):
        out = tmp_path / name
        out.mkdir()
        for views, photos in calls:
            prepare_data.prepare(pair, out, views, photos, 1, True)
        assert sorted(p.name for p in out.iterdir()) == ['a_relit.npz', 'a_relit_photos.npz']
        outs.append({**contents(out / 'a_relit.npz'), **contents(out / 'a_relit_photos.npz')})
    assert outs[0].keys() == {'radiance', 'target', 'photo', 'photo_target'}
    for key, first in outs[0].items():
        np.testing.assert_array_equal(first, outs[1][key])
    assert outs[0]['photo'].shape == (1, 548, 824, 3) and outs[0]['photo'].dtype == np.uint8
    assert prepare_data.prepare(pair, tmp_path / 'once', 2, 1, 1, True) == 'a_relit: there'


def test_a_room_is_neither_enlarged_nor_cut_where_it_has_a_view_s_size_and_is_mirrored_in_turn(rng, prepare_data):
    room = scene(rng, 548, 824)
    record = prepare_data.cut_views(room, None, 2, np.random.default_rng(0))
    small = cv2.resize(room * np.float32(look.meter(room)), (412, 274), interpolation=cv2.INTER_AREA)
    np.testing.assert_allclose(record['radiance'][0].astype(np.float32), small, rtol=2e-3)
    np.testing.assert_allclose(record['radiance'][1].astype(np.float32), small[:, ::-1], rtol=2e-3)
    assert np.abs(record['target'][0].astype(int) - record['target'][1][:, ::-1]).mean() < 3     # not to the bit: the pyramid's start


@pytest.mark.parametrize('stage', shots_module.PLAIN)
def test_the_share_of_plain_cameras_is_the_recipe_s(stage, monkeypatch):
    plain = object()
    monkeypatch.setattr(shots_module, 'draw', lambda rng, ev=None: plain)
    monkeypatch.setattr(shots_module, 'draw_with_faults', lambda rng: None)
    rng = np.random.default_rng(1)
    share = np.mean([shots_module.draw_for(stage, rng) is plain for _ in range(1000)])
    assert share == pytest.approx(shots_module.PLAIN[stage], abs=.05)


def test_a_file_that_is_no_picture_is_named(tmp_path, prepare_data):
    (tmp_path / 'not.jpg').write_bytes(b'no picture')
    with pytest.raises(SystemExit, match='not.jpg: not a picture'):
        prepare_data.load(tmp_path / 'not.jpg')


def test_every_photo_of_the_list_has_a_free_licence_and_an_author():
    rows = list(csv.DictReader((ROOT / 'scripts/photos.csv').open(newline='')))
    assert rows and all(row['licence'] in {'CC0-1.0', 'CC-BY-4.0', 'CC-BY-SA-3.0', 'CC-BY-SA-4.0'} and row['author'] for row in rows)
    assert len({row['file'] for row in rows}) == len(rows)


@pytest.fixture
def archive(tmp_path, monkeypatch):
    """An `apt-get download` that hands out a package made here, by the real dpkg-deb."""
    if not shutil.which('dpkg-deb'):
        pytest.skip('needs dpkg-deb')
    tree = tmp_path / 'tree'
    for name, text in (('DEBIAN/control', 'Package: some-photos\nVersion: 1\nArchitecture: all\nMaintainer: A <a@b>\nDescription: x\n'),
                       ('usr/share/backgrounds/one.jpg', 'one'), ('usr/share/doc/some-photos/copyright', 'CC0-1.0')):
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_text(text)
    subprocess.run(['dpkg-deb', '-b', tree, tmp_path / 'some-photos.deb'], check=True, capture_output=True)
    shim = tmp_path / 'bin/apt-get'
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\n[ "$2" = some-photos ] && cp {tmp_path}/some-photos.deb . || {{ echo "E: no $2" >&2; exit 100; }}\n')
    shim.chmod(0o755)
    monkeypatch.setenv('PATH', str(shim.parent), prepend=':')
    out = tmp_path / 'out'
    out.mkdir()
    return out


def test_listed_photos_are_taken_out_of_their_package_with_its_copyright(archive):
    fetch_photos.fetch('some-photos', [{'file': 'one.jpg'}], archive)
    assert (archive / 'one.jpg').read_text() == 'one' and (archive / 'some-photos.copyright').read_text() == 'CC0-1.0'


@pytest.mark.parametrize(('package', 'file', 'message'), [('no-such', 'one.jpg', 'no-such: apt-get failed .E: no no-such.; run apt-get update'),
                                                          ('some-photos', 'two.jpg', 'some-photos: no two.jpg in it')])
def test_a_photo_that_cannot_be_fetched_is_named(archive, package, file, message):
    with pytest.raises(SystemExit, match=message):
        fetch_photos.fetch(package, [{'file': file}], archive)
