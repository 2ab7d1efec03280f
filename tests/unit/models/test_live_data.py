"""Training data made on the device: what is packed, and that views, targets and JPEGs are those of the NumPy recipe."""
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
import torch

torch.set_num_threads(1)
ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / 'models'), str(ROOT / 'scripts')]
import camera  # noqa: E402
import look  # noqa: E402
import pack_data  # noqa: E402
import panorama  # noqa: E402
import relight  # noqa: E402
import tone  # noqa: E402
import shots  # noqa: E402
from contextual import ContextualModel  # noqa: E402
from live import relight as live_relight  # noqa: E402
from live import codec, sensor, texture, views  # noqa: E402
from live.data import LiveData  # noqa: E402
from live.jpeg import jpeg  # noqa: E402


def scene(height, width, seed=0):
    """Radiance of flat and shaded patches, from a lit window to a dark corner."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width].astype(np.float32) / height
    radiance = (.1 + .3 * np.abs(np.sin(2 * y + 3 * x)))[..., None] * np.array([1.2, 1, .8])
    for _ in range(40):
        top, left = rng.integers(height), rng.integers(width)
        radiance[top:top + rng.integers(4, height // 3), left:left + rng.integers(4, width // 4)] = np.exp(rng.normal(-1.5, 1.5) + rng.normal(0, .4, 3))
    return (radiance * np.exp(rng.normal(0, .05, radiance.shape))).astype(np.float32)      # a fusion of flat grey is undefined


def to_tensor(image):
    return torch.from_numpy(np.ascontiguousarray(image)).permute(2, 0, 1)


def psnr(a, b):
    return float(-10 * np.log10(np.mean((np.asarray(a) - np.asarray(b)) ** 2)))


@pytest.fixture(scope='module')
def packed(tmp_path_factory):
    folder = tmp_path_factory.mktemp('packed')
    for seed in range(2):
        codec.write(folder / f'panorama_{seed}{codec.SUFFIX}', scene(128, 256, seed), 'panorama')
    codec.write(folder / f'room{codec.SUFFIX}', scene(160, 240, 2), 'room')
    return folder


def live(folder):
    return LiveData(folder, ContextualModel().working, 'cpu', sizes=((206, 137), (240, 160)))


def write_exr(path, pixels):
    OpenEXR.File({'type': OpenEXR.scanlineimage}, {'RGB': pixels.astype(np.float16)}).write(str(path))


def pack(tmp_path, *options):
    sys.argv = ['pack_data.py', '--data', str(tmp_path), '--out', str(tmp_path / 'packed'), *options]
    pack_data.main()


@pytest.mark.parametrize('size', [(128, 256), (91, 133)])
def test_packing_keeps_radiance_to_a_fraction_of_a_stop(tmp_path, size):
    radiance = scene(*size)
    codec.write(tmp_path / 'scene.npz.xz', radiance, 'room')
    packed, kind = codec.read(tmp_path / 'scene.npz.xz')
    packed = packed.permute(1, 2, 0).numpy()
    assert kind == 'room' and packed.shape == radiance.shape
    assert np.sqrt(np.mean(np.log2((packed + codec.FLOOR) / (radiance + codec.FLOOR)) ** 2)) < .08
    assert psnr(look.target(packed), look.target(radiance)) > 36
    assert (tmp_path / 'scene.npz.xz').stat().st_size < radiance.size      # of 4 bytes each


def test_what_may_be_trained_on_is_packed_within_the_budget(tmp_path, capsys):
    for name, shape in (('garden', (64, 128)), ('hotel_room', (64, 128)), ('room_100', (64, 96))):
        write_exr(tmp_path / f'{name}.exr', scene(*shape))
    pack(tmp_path, '--panorama-width', '96')
    packed = {p.name: codec.read(p) for p in (tmp_path / 'packed').iterdir()}
    assert {name: kind for name, (_, kind) in packed.items()} == {'garden.npz.xz': 'panorama', 'room_100.npz.xz': 'room'}
    assert packed['garden.npz.xz'][0].shape == (3, 48, 96)
    assert '1 panoramas' in capsys.readouterr().out


def test_a_folder_over_its_budget_is_an_error_that_says_what_to_remove(tmp_path):
    for seed in range(3):
        write_exr(tmp_path / f'room_{100 + seed}.exr', scene(64, 96, seed))
    with pytest.raises(SystemExit, match='is more than the budget of 0.00 MB. Remove about . of the 3 rooms'):
        pack(tmp_path, '--budget', '4k')


def test_a_damaged_packed_file_is_named(packed, tmp_path):
    (tmp_path / 'a.npz.xz').write_bytes((packed / 'room.npz.xz').read_bytes()[:500])
    with pytest.raises(SystemExit, match='a.npz.xz: not what scripts/pack_data.py writes'):
        live(tmp_path)


@pytest.mark.parametrize('yaw', [0., 1.3, 3.1, -3.1])
def test_views_are_those_of_panorama_py(yaw):
    source = scene(128, 256)
    wrapped = views.with_margin(to_tensor(source))
    theirs = panorama.view(source, 206, 137, 80, yaw, .06)
    assert psnr(views.view(wrapped, 206, 137, 80, yaw, .06).permute(1, 2, 0), theirs) > 60


def test_a_crop_is_sharp_where_the_picture_is_large_enough():
    source = to_tensor(scene(160, 240))
    crop = views.random_crop(source, 168, 112, np.random.default_rng(0))
    assert crop.shape == (3, 112, 168)
    whole = views.random_crop(source, 240, 160, np.random.default_rng(0))
    assert torch.equal(whole, source)


def test_a_room_is_not_enlarged_where_others_are_large_enough(packed, tmp_path):
    data = live(packed)
    assert {kind: len(scenes) for kind, scenes in data.sharp_at((240, 160)).items()} == {'panorama': 2, 'room': 1}
    assert {kind: len(scenes) for kind, scenes in data.sharp_at((246, 164)).items()} == {'panorama': 2}
    (tmp_path / 'room.npz.xz').write_bytes((packed / 'room.npz.xz').read_bytes())
    assert list(live(tmp_path).sharp_at((246, 164))) == ['room']


def test_other_light_leaves_greys_grey_but_for_a_local_tint():
    view, partner = scene(96, 144, 1), scene(96, 144, 2)
    view, partner = (np.repeat(tone.luma(to_tensor(x)[None])[0].permute(1, 2, 0).numpy(), 3, axis=-1) for x in (view, partner))
    torch.manual_seed(0)
    lit = [relight.vary(view, partner, np.random.default_rng(seed)) for seed in range(4)]
    lit += list(live_relight.vary(to_tensor(view).repeat(4, 1, 1, 1), to_tensor(partner).repeat(4, 1, 1, 1)).permute(0, 2, 3, 1).numpy())
    casts = np.array([np.log(one[..., [0, 2]] / one[..., [1]]) for one in lit])
    assert np.abs(casts.mean(axis=(1, 2))).max() < 1e-3        # the whole has none
    assert .02 < np.abs(casts).mean() < .2


@pytest.mark.parametrize('angle', [.4, -1.])
def test_turned_hues_keep_greys_and_brightness(angle):
    view = scene(32, 48)
    turned = relight.hues_turned(view, angle)
    np.testing.assert_allclose(live_relight.hues_turned(to_tensor(view)[None], torch.tensor(angle))[0].permute(1, 2, 0), turned, atol=1e-5)
    np.testing.assert_allclose(relight.hues_turned(np.full((2, 2, 3), .3, np.float32), angle), .3, rtol=1e-6)
    assert np.abs(turned - view).mean() > .02
    kept = turned.min(axis=-1) > 0      # else a colour was cut at black
    np.testing.assert_allclose(turned.mean(axis=-1)[kept], view.mean(axis=-1)[kept], rtol=1e-5)


def test_the_live_target_is_the_looks(packed):
    data = live(packed)
    radiance = data.cut(data.scenes, ['panorama', 'room'], (412, 274), np.random.default_rng(0))
    for one, target in zip(radiance, tone.fuse(radiance)):
        assert psnr(target.permute(1, 2, 0), look.target(one.permute(1, 2, 0).numpy())) > 45


@pytest.mark.parametrize('sampling', camera.JPEG_SAMPLING)
@pytest.mark.parametrize('quality', [40, 75, 85, 92, 98])
def test_jpeg_loses_what_libjpeg_loses(quality, sampling):
    photo = np.rint(look.to_srgb(scene(130, 201)) * 255).astype(np.uint8)
    theirs = camera.compress(photo, quality, sampling) / 255
    ours = jpeg(to_tensor(photo)[None].float() / 255, torch.tensor([quality]), torch.tensor([sampling == '4:2:0']))[0].permute(1, 2, 0)
    assert psnr(ours, theirs) > 42
    assert psnr(ours, theirs) > psnr(photo / 255, theirs) + 3


def test_each_photo_of_a_batch_has_its_own_jpeg():
    photos = to_tensor(look.to_srgb(scene(64, 96))).repeat(2, 1, 1, 1)
    quality, halved = torch.tensor([40, 95]), torch.tensor([True, False])
    both = jpeg(photos, quality, halved)
    assert all(torch.equal(both[i:i + 1], jpeg(photos[:1], quality[i:i + 1], halved[i:i + 1])) for i in range(2))


@pytest.mark.parametrize('faults', [{'noise_blur': 0.}, {'noise_blur': .7}, {'raw_gains': (2.1, 1., 1.7)}])
def test_noise_of_a_whole_photo_is_the_cameras(faults):
    """As strong in each colour, and as like its neighbour's."""
    shot = replace(shots.draw(np.random.default_rng(0)), shot_noise=1e-3, read_noise=3e-3, **faults)
    signal = np.full((128, 192, 3), [.2, .4, .1], np.float32)
    torch.manual_seed(0)
    ours = sensor.noise(to_tensor(signal)[None], [shot])[0].permute(1, 2, 0).numpy()
    for field in zip(np.moveaxis(ours, -1, 0), np.moveaxis(camera.noise(signal, shot, np.random.default_rng(1)), -1, 0)):
        deviation, likeness = zip(*[(f.std(), np.corrcoef(f[:, 1:].ravel(), f[:, :-1].ravel())[0, 1]) for f in field])
        assert deviation[0] == pytest.approx(deviation[1], rel=.04) and likeness[0] == pytest.approx(likeness[1], abs=.04)


def test_textures_add_detail_of_the_size_of_a_pixel():
    torch.manual_seed(0)
    flat = torch.full((8, 3, 96, 144), .18)
    fields = [field(flat) for field in (texture.grain, texture.weave, texture.shapes)]
    assert all(torch.diff(field, dim=3).abs().amax(dim=(1, 2, 3)).min() > .05 for field in fields)
    textured = texture.apply(flat)
    assert torch.isfinite(textured).all() and (textured > 0).all()
    assert not torch.equal(textured, flat)


def test_live_batches_are_photos_and_follow_from_the_seed(packed):
    data = live(packed)
    draw = lambda seed: (*data.tone_batch(3, np.random.default_rng(seed)),  # noqa: E731
                         *vars(data.tile_batch(2, 3, 64, np.random.default_rng(seed))).values())
    x, y, names, previews, crops, targets, rects = draw(1)
    assert x.shape == y.shape == (3, 3, 137, 206) and previews.shape == (2, 3, 137, 206)
    assert crops.shape == targets.shape == (6, 3, 64, 64) and rects.shape == (6, 4) and names == [None, None]
    for picture in (x, y, previews, crops, targets):
        assert torch.isfinite(picture).all() and picture.min() >= 0 and picture.max() <= 1 and picture.std() > .02
    assert torch.equal(crops * 255, (crops * 255).round())      # a JPEG's bytes
    again, other = draw(1), draw(2)
    assert all(torch.equal(a, b) for a, b in zip((x, y, crops), (again[0], again[1], again[4])))
    assert not torch.equal(x, other[0]) and not torch.equal(crops, other[4])


def test_crops_that_do_not_fit_are_an_error(packed):
    with pytest.raises(SystemExit, match='crops of 512 pixels do not fit'):
        live(packed).tile_batch(1, 1, 512, np.random.default_rng(0))
