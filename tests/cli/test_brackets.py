"""Brackets are found, fused and enhanced; what only looks like one stays single photos."""
import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from program import ROOT, enhance, names, read, write

REAL = Path(os.environ.get('HDRTILE_SHARED_DATA', ROOT.parent / 'shared/data')) / 'photos'


def radiance(height=240, width=320, seed=1):
    """Furniture where chance puts it, and a window forty times as bright."""
    rng = np.random.default_rng(seed)
    light = np.full((height, width, 3), 0.1)
    for _ in range(80):
        y, x, h, w = rng.integers(0, height), rng.integers(0, width), *rng.integers(10, 60, 2)
        light[y:y + h, x:x + w] = rng.uniform(0.03, 0.3, 3)
    light[40:110, 60:140] = 4 + 2 * np.sin(np.arange(80) * 0.4)[None, :, None]
    return light


def take(folder, name, stops, second, seed=1, camera='X100', iso=100):
    values = np.clip(radiance(seed=seed) * 2.0 ** stops, 0, 1)
    photo = write(folder / name, np.round(255 * values ** (1 / 2.2)).astype(np.uint8))
    subprocess.run(['exiftool', '-q', '-overwrite_original', '-n', '-Make=Test', f'-Model={camera}', f'-ExposureTime={2.0 ** stops / 60}',
                    '-FNumber=8', f'-ISO={iso}', f'-DateTimeOriginal=2026:05:06 07:08:{second:02d}', str(photo)], check=True)
    return photo


def run(folder, *flags, model='identity'):
    photos = sorted(p for p in folder.glob('*.jpg'))
    result = enhance(*photos, '--brackets', *flags, with_model=model)
    assert result.returncode == 0, result.stderr
    return result


def test_a_bracket_becomes_one_photo_named_after_its_middle(tmp_path):
    for name, stops, second in (('a.jpg', 0, 1), ('b.jpg', -2.5, 2), ('c.jpg', 2, 3)):
        take(tmp_path, name, stops, second)
    result = run(tmp_path, '--report', tmp_path / 'report.json')
    assert names(tmp_path) == ['a.jpg', 'a_hdr.jpg', 'b.jpg', 'c.jpg', 'report.json']
    assert 'bracket of 3' in result.stderr
    entry, = json.loads((tmp_path / 'report.json').read_text())['photos']
    assert [Path(p).name for p in entry['further_exposures']] == ['b.jpg', 'c.jpg']
    window = np.s_[50:100, 70:130]
    assert read(tmp_path / 'a.jpg')[window].std() < 4 < read(tmp_path / 'a_hdr.jpg')[window].std(), 'the window is back'


def test_again_does_nothing_and_results_are_no_exposures(tmp_path):
    for name, stops, second in (('a.jpg', 0, 1), ('b.jpg', -2, 2), ('c.jpg', 2, 3)):
        take(tmp_path, name, stops, second)
    run(tmp_path)
    before = (tmp_path / 'a_hdr.jpg').stat().st_mtime_ns
    again = run(tmp_path)
    assert 'bracket of 3' in again.stderr and (tmp_path / 'a_hdr.jpg').stat().st_mtime_ns == before
    assert names(tmp_path) == ['a.jpg', 'a_hdr.jpg', 'b.jpg', 'c.jpg']
    take(tmp_path, 'c.jpg', 1.5, 3)
    run(tmp_path, '--on-exist', 'update')
    assert (tmp_path / 'a_hdr.jpg').stat().st_mtime_ns != before, 'another exposure, another input'


def test_two_rooms_taken_like_a_bracket_stay_photos(tmp_path):
    for name, stops, second, seed in (('a.jpg', 0, 1, 1), ('b.jpg', -2, 9, 2), ('c.jpg', 2, 17, 3)):
        take(tmp_path, name, stops, second, seed)
    result = run(tmp_path)
    assert len(names(tmp_path)) == 6
    assert 'show different things' in result.stderr


def test_single_photos_and_damaged_exposures_are_done_by_themselves(tmp_path):
    for name, stops, second in (('a.jpg', 0, 1), ('b.jpg', -2, 2), ('c.jpg', 2, 3), ('z.jpg', 0, 50)):
        take(tmp_path, name, stops, second)
    data = (tmp_path / 'b.jpg').read_bytes()
    (tmp_path / 'b.jpg').write_bytes(data[:len(data) // 2])
    result = enhance(*sorted(tmp_path.glob('*.jpg')), '--brackets', with_model='identity')
    assert result.returncode == 1 and 'b.jpg' in result.stderr
    assert {'a_hdr.jpg', 'c_hdr.jpg', 'z_hdr.jpg'} <= set(names(tmp_path)) and 'b_hdr.jpg' not in names(tmp_path)


def test_an_exposure_is_never_written_to(tmp_path):
    for name, stops, second in (('a.jpg', 0, 1), ('b.jpg', -2, 2), ('c.jpg', 2, 3)):
        take(tmp_path, name, stops, second)
    result = enhance(*sorted(tmp_path.glob('*.jpg')), '--brackets', '-o', tmp_path / 'c.jpg', '--on-exist', 'overwrite',
                     with_model='identity')
    assert result.returncode == 2 and 'never written to' in result.stderr


@pytest.mark.skipif(not REAL.exists(), reason='the real photographs are not there')
def test_a_real_bracket(tmp_path):
    for photo in REAL.glob('bracket_A_*.jpg'):
        shutil.copy(photo, tmp_path)
    result = run(tmp_path)
    assert 'bracket of 5' in result.stderr
    assert [n for n in names(tmp_path) if 'hdr' in n] == ['bracket_A_2_hdr.jpg']
    single, fused = read(tmp_path / 'bracket_A_2.jpg'), read(tmp_path / 'bracket_A_2_hdr.jpg')
    assert (single < 16).mean() > 1.5 * (fused < 16).mean(), 'shadows open'
