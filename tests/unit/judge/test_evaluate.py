"""scripts/evaluate.py: what it judges on, what it refuses, the model taken apart, and the whole command on made-up scenes."""
import html.parser
import json
import re
import subprocess
import sys
from types import SimpleNamespace

import cv2
import numpy as np
import OpenEXR
import pytest
import torch
from program import BINARY, MODELS, ROOT, model, scene, write

sys.path.insert(0, str(ROOT / 'scripts'))
import camera  # noqa: E402
from judge import measures, scenes, seams, variants  # noqa: E402

WHOLE = torch.tensor([[0., 0., 1., 1.]])


def write_exr(path, height=128, width=256, seed=0):
    """Smooth light over four stops, with a window of 30 times as much."""
    small = np.random.default_rng(seed).uniform(-2, 2, (6, 12, 3)).astype(np.float32)
    light = np.exp2(cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC))
    light[height // 3:height // 2, width // 4:width // 2] *= 30
    header = {'compression': OpenEXR.ZIP_COMPRESSION, 'type': OpenEXR.scanlineimage}
    OpenEXR.File(header, {'RGB': light.astype(np.float16)}).write(str(path))
    return path


@pytest.fixture(scope='module')
def world(tmp_path_factory):
    """Panoramas (indoor, outdoor, and one that is trained on), a room and a photo, all tiny."""
    root = tmp_path_factory.mktemp('world')
    for name in ('panoramas', 'rooms', 'photos'):
        (root / name).mkdir()
    for seed, name in enumerate(('hotel_room', 'kloppenheim_05', 'trained_hall')):
        write_exr(root / 'panoramas' / f'{name}.exr', seed=seed)
    (root / 'panoramas/index.csv').write_text('name,indoor\nhotel_room,1\nkloppenheim_05,0\ntrained_hall,1\n')
    write_exr(root / 'rooms/room_3.exr', 160, 224)
    write(root / 'photos/good.jpg', scene(90, 120))
    (root / 'photos/broken.jpg').write_bytes(b'\xff\xd8\xff no photo')
    return root


def evaluate(*arguments):
    return subprocess.run([sys.executable, '-B', ROOT / 'scripts/evaluate.py', '--binary', BINARY, *map(str, arguments)],
                          capture_output=True, text=True, timeout=550)


@pytest.fixture(scope='module')
def judged(world, tmp_path_factory):
    out = tmp_path_factory.mktemp('judged')
    result = evaluate('--data', world / 'panoramas', '--rooms', world / 'rooms', '--photos', world / 'photos', '--model',
                      ROOT / 'models/small.pt', '--out', out, '--views', 2, '--size', '192x128', '--tile', 64, '--tile', 'whole',
                      '--flag=--device=cpu')
    assert result.returncode == 0, result.stderr
    return SimpleNamespace(out=out, said=result.stdout, figures=json.loads((out / 'report.json').read_text())['sections'])


def test_limits_tell_what_the_truth_would_give(world):
    result = subprocess.run([sys.executable, '-B', ROOT / 'scripts/limits.py', '--data', world / 'panoramas', '--rooms', world / 'rooms',
                             '--views', '2'], capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    rows = [line.strip('| ').split(' | ') for line in result.stdout.splitlines() if line.startswith('|') and '---' not in line]
    figures = {name: float(value) for name, value in rows if value != 'PSNR, dB'}
    assert figures['as judged'] <= figures['as judged, best brightness'] <= figures['as judged, best brightness of each colour']
    assert figures['guide alone'] < figures['guide and best shrinkage of blocks of 16 px']
    assert figures['guide alone'] < figures['guide on the photo without noise'] < figures['guide on the photo without noise and JPEG']
    assert {'guide and tile pass', 'white balance right', 'tone curve known', 'both'} <= figures.keys()


def test_every_section_is_in_the_json_with_the_methods_beside_each_other(judged):
    assert list(judged.figures) == ['Tone', 'Texture', 'Seams', 'A shoot', 'Photos']
    methods = ['nothing', 'CLAHE', 'gamma', 'Mertens of a pseudo-bracket', 'metered Mertens', 'per-tile statistics', 'guide alone', 'small']
    assert list(judged.figures['Tone']['figures']['methods']) == methods
    assert list(judged.figures['Texture']['figures']['medium']) == methods
    assert list(judged.figures['A shoot']['figures']['drift']) == ['the targets themselves', *methods]


def test_interiors_are_told_apart_by_the_index(judged):
    assert [(view['name'].split()[0], view['indoor']) for view in judged.figures['Tone']['figures']['views']] \
        == [('hotel_room', True), ('kloppenheim_05', False)]
    assert 'Interiors, 1 views' in judged.said and 'Outdoor scenes, 1 views' in judged.said


def test_the_model_is_nearer_to_the_targets_than_the_photos_are(judged):
    scores = judged.figures['Tone']['figures']['methods']
    assert all(ours['psnr'] > theirs['psnr'] for ours, theirs in zip(scores['small'], scores['nothing']))


def test_the_truth_fed_back_unchanged_is_perfect(judged):
    untouched = judged.figures['Texture']['figures']['truth']['nothing'][0]
    assert untouched['psnr'] > 58 and untouched['noise'] < .3 and untouched['detail'] == pytest.approx(1, abs=.02)     # 8 bit


def test_how_finished_views_come_back_is_told(judged):
    assert len(judged.figures['Tone']['figures']['fed_back']) == 2 and 'The targets fed back in' in judged.said


def test_noisier_photos_show_more_noise(judged):
    low, medium, high = (judged.figures['Texture']['figures'][kind]['guide alone'][0]['noise'] for kind in ('low', 'medium', 'high'))
    assert low < medium < high


def test_tile_sizes_are_compared_in_pairs(judged):
    (pair,) = judged.figures['Seams']['figures']['fp32']
    assert pair['tiles'] == [64, 'whole'] and pair['psnr'] > 60


def test_a_photo_that_cannot_be_read_is_told(judged):
    assert judged.figures['Photos']['figures']['photos'] == ['good']
    assert 'broken.jpg' in judged.figures['Photos']['figures']['told']


def test_what_must_be_shown_is_said_with_its_figure(judged):
    checks = judged.figures['Tone']['checks']
    assert any(check['claim'] == 'no view worse than its input' for check in checks)
    assert all(('holds: ' if check['holds'] else 'DOES NOT HOLD: ') + check['claim'] in judged.said for check in checks)


def test_the_page_is_whole_and_the_sheet_a_picture(judged):
    page = (judged.out / 'index.html').read_text()
    opened = []

    class Parser(html.parser.HTMLParser):
        def handle_starttag(self, tag, attrs):
            if tag not in ('meta', 'img'):
                opened.append(tag)
            assert tag != 'img' or dict(attrs)['src'].startswith('data:image/jpeg;base64,')

        def handle_endtag(self, tag):
            assert opened.pop() == tag
    Parser().feed(page)
    assert not opened
    assert 'metered Mertens' in page and 'hotel_room' in page
    assert cv2.imread(str(judged.out / 'sheet.png')).shape[1] >= 960


def test_a_plain_model_is_judged_without_a_guide_and_quickly(world, tmp_path):
    result = evaluate('--data', world / 'panoramas', '--only', 'tone', '--views', 1, '--size', '96x64', '--model', model('lift'),
                      '--out', tmp_path, '--quick')
    assert result.returncode == 0, result.stderr
    figures = json.loads((tmp_path / 'report.json').read_text())['sections']['Tone']['figures']
    assert list(figures['methods']) == ['nothing', 'metered Mertens', 'lift']
    assert all(psnr < 30 for psnr in figures['fed_back'])       # half of a target's contrast is gone
    assert re.search(r'share at 35 dB or more\nlift +\d+\.\d\d +0\.000\n', result.stdout)


@pytest.mark.parametrize(('arguments', 'reason'), [
    (['--data', 'panoramas/trained_hall.exr'], 'trained_hall.exr: models are trained on this panorama'),
    (['--data', 'rooms'], 'rooms: none of the held-out panoramas'),
    (['--data', 'nowhere'], 'nowhere: no such file or folder'),
    (['--rooms', 'photos'], 'photos: no room_SEED.exr'),
    ([], 'nothing to judge on'),
    (['--data', 'panoramas', '--only', 'texture'], '--only texture needs --rooms'),
    (['--data', 'panoramas', '--only', 'colour'], '--only colour: no such section'),
    (['--data', 'panoramas', '--size', '1152'], '1152: a size is WIDTHxHEIGHT'),
    (['--data', 'panoramas', '--views', '0'], '0: a whole number of 1 or more'),
    (['--data', 'panoramas', '--model', 'nowhere.pt'], 'nowhere.pt'),
    (['--photos', 'nowhere'], 'nowhere: no such folder'),
])
def test_what_cannot_be_judged_is_refused_in_a_line(world, tmp_path, arguments, reason):
    result = subprocess.run([sys.executable, '-B', ROOT / 'scripts/evaluate.py', '--binary', BINARY, '--out', tmp_path / 'out', *arguments],
                            capture_output=True, text=True, cwd=world, timeout=100)
    assert result.returncode != 0
    assert reason in result.stderr and 'Traceback' not in result.stderr


def test_a_folder_of_trained_panoramas_is_refused(tmp_path):
    write_exr(tmp_path / 'trained_hall.exr')
    with pytest.raises(SystemExit, match='the 1 there are for training'):
        scenes.held_out(tmp_path)


@pytest.mark.parametrize(('name', 'reason'), [('room_100', 'trained on seeds from 100 up'), ('room_60', 'only seeds below 50'),
                                              ('kitchen', 'not named room_SEED.exr')])
def test_rooms_that_may_have_been_trained_on_are_refused(tmp_path, name, reason):
    for stem in ('room_3', name):
        (tmp_path / f'{stem}.exr').touch()
    with pytest.raises(SystemExit, match=f'{name}.exr.*{reason}'):
        list(scenes.rooms(tmp_path))


def test_views_are_the_same_every_time_and_cover_the_exposure_range(world):
    first, second = (list(scenes.views(world / 'panoramas', 4, (96, 64))) for _ in range(2))
    for a, b in zip(first, second):
        np.testing.assert_array_equal(a.photo, b.photo)
        np.testing.assert_allclose(a.target, b.target, atol=1e-6)   # OpenCV adds up a bracket in the order its threads end
    evs = sorted(float(view.name.split()[1]) for view in first)
    assert (evs[0], evs[-1]) == camera.EV_RANGE
    assert not any(view.name.startswith('trained') for view in first)


def test_the_views_of_a_shoot_have_one_exposure(world):
    (shoot,) = scenes.shoots(world / 'panoramas', (288, 192))     # of the indoor panorama
    assert shoot.name.startswith('hotel_room') and len(shoot.photos) == 3
    for i, j, homography in shoot.pairs:
        a, b = (shoot.photos[k].astype(np.float32) / 255 for k in (i, j))
        assert measures.drift(a, b, homography) < 2
        assert measures.drift(a, b / 2, homography) > 4


def test_the_guide_alone_is_the_models_draft(tmp_path):
    path, _ = variants.write(ROOT / 'models/small.pt', tmp_path)['guide alone']
    whole, alone = torch.jit.load(str(ROOT / 'models/small.pt')), torch.jit.load(str(path))
    photo = torch.rand(1, 3, 64, 96)
    with torch.inference_mode():
        guide, mix = whole.prepare(photo)
        assert torch.equal(alone(photo, WHOLE, *alone.prepare(photo)), whole.draft(photo, WHOLE, guide))


def test_per_tile_statistics_take_each_tile_for_a_photo(tmp_path):
    model('mean_gain')
    path, flags = variants.write(MODELS / 'mean_gain.pt', tmp_path)['per-tile statistics']
    tiles = torch.stack([torch.full((3, 64, 64), .1), torch.full((3, 64, 64), .8)])
    assert torch.allclose(torch.jit.load(str(path))(tiles), torch.tensor(.5)) and flags == ['--precision', 'fp32']


def test_tile_sizes_are_those_that_the_model_takes():
    assert seams.tile_sizes({'min': 64, 'max': 8192}) == [64, 128, 256, 512, 1024, 'whole']
    assert seams.tile_sizes({'min': 256, 'max': 512}) == [256, 512, 'whole']
    assert seams.tile_sizes({'fixed': [128, 512]}) == [128, 512]
