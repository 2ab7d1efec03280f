"""Models that are missing, broken, or break their contract: exit 3, the file and the fault named, no photo touched."""
import json
import os
import shutil
import subprocess

import numpy as np
import pytest
from program import BINARY, TIMEOUT_S, enhance, jpeg, model, names, read, run, scene, write
from shims import file_faults, wait_for_call


def assert_model_is_refused(tmp_path, path, *reasons):
    photo = jpeg(tmp_path)
    result = run('enhance', photo, '--model', path, '--device', 'cpu')
    assert result.returncode == 3, result.stderr
    assert os.path.basename(path) in result.stderr
    assert any(reason in result.stderr.lower() for reason in reasons), result.stderr
    assert names(tmp_path) == ['photo.jpg']


def test_missing_model(tmp_path):
    assert_model_is_refused(tmp_path, '/nowhere/none.pt', 'no such file', 'not found', 'missing')


def test_unknown_model_name(tmp_path):
    assert_model_is_refused(tmp_path, 'nosuchmodel', 'no such', 'not found', 'unknown')


@pytest.mark.parametrize('name', ['noise', 'cut', 'state_dict'])
def test_model_that_is_none(tmp_path, name):
    assert_model_is_refused(tmp_path, str(model(name)), 'torchscript')


@pytest.mark.parametrize('name, reason', [
    ('bad_description', 'multiple'), ('cropped', 'shape'), ('nan', 'nan'), ('pair', 'expected one tensor'),
    ('prepare_raises', 'nothing to prepare'), ('prepare_nan', 'nan'), ('prepares_one', 'expected two tensors'), ('prepares_with_two', 'takes 2')])
def test_model_that_breaks_its_contract(tmp_path, name, reason):
    assert_model_is_refused(tmp_path, str(model(name)), reason)


@pytest.mark.parametrize('share', [.2, .9, .999])
def test_model_that_was_truncated(tmp_path, share):
    whole = model('mean_gain').read_bytes()
    broken = tmp_path / 'models/broken.pt'
    broken.parent.mkdir()
    broken.write_bytes(whole[:int(len(whole) * share)])
    (tmp_path / 'photos').mkdir()
    assert_model_is_refused(tmp_path / 'photos', str(broken), 'torchscript')


def test_whole_numbers_are_values(tmp_path):
    photo = write(tmp_path / 'a.png', scene(48, 64))
    assert enhance(photo, with_model='whole_numbers').returncode == 0
    assert set(np.unique(read(tmp_path / 'a_hdr.png'))) == {0, 255}


@pytest.mark.parametrize('name, reason', [('raises', 'too dark for me'), ('infinite_in_one_tile', 'nan or inf')])
def test_model_that_fails_for_one_photo(tmp_path, name, reason):
    """The photo fails alone: it must not keep a night's others from theirs, now and in each run that follows."""
    image = scene(300, 300) if name == 'raises' else np.minimum(scene(300, 300), 200)
    bad = image.copy()
    bad[:] = 5
    if name == 'infinite_in_one_tile':
        bad[:140, :140] = 255
    photos = [write(tmp_path / '0.png', image), write(tmp_path / '1.png', bad), write(tmp_path / '2.png', image)]
    result = enhance(*photos, '--tile', 96, '--overlap', 16, '--jobs', 0, '--report', tmp_path / 'report.json', with_model=name)
    assert result.returncode == 1, result.stderr
    assert reason in result.stderr.lower() and '1.png' in result.stderr
    assert sorted(p.name for p in tmp_path.glob('*_hdr*')) == ['0_hdr.png', '2_hdr.png']
    statuses = [entry['status'] for entry in json.loads((tmp_path / 'report.json').read_text())['photos']]
    assert statuses == ['done', 'failed', 'done']


@pytest.mark.parametrize('change', ['replaced', 'truncated', 'removed'])
def test_a_model_that_changes_before_it_is_loaded_is_an_error(tmp_path, change):
    """What the stamp says made the photo must have made it: the file is told by its hash before the run, and loaded later:
    with --jobs 0, when the first photo has been decoded."""
    used = shutil.copy(model('lift'), tmp_path / 'used.pt')
    photo = jpeg(tmp_path)
    log = tmp_path / 'log'
    process = subprocess.Popen([str(BINARY), 'enhance', str(photo), '--model', str(used), '--device', 'cpu', '--precision', 'fp32',
                                '--jobs', '0'], stderr=subprocess.PIPE, text=True, env=file_faults('open photo.jpg 1 stall=1', log=log))
    wait_for_call(log, process)
    if change == 'replaced':
        os.replace(shutil.copy(model('identity'), tmp_path / 'new.pt'), used)
    elif change == 'truncated':
        os.truncate(used, 100)
    else:
        os.unlink(used)
    errors = process.communicate(timeout=TIMEOUT_S)[1]
    assert process.returncode == 3, errors
    assert 'used.pt' in errors
    assert not (tmp_path / 'photo_hdr.jpg').exists()


def test_a_model_that_changes_once_it_is_loaded_changes_nothing(tmp_path):
    used = shutil.copy(model('lift'), tmp_path / 'used.pt')
    photos = [jpeg(tmp_path, f'{number}.jpg') for number in range(3)]
    assert enhance(*photos, '-o', f'{tmp_path}/usual/').returncode == 0
    log = tmp_path / 'log'
    process = subprocess.Popen([str(BINARY), 'enhance', *map(str, photos), '--model', str(used), '--device', 'cpu', '--precision', 'fp32'],
                               stderr=subprocess.PIPE, env=file_faults('write .hdrtile- 1 stall=1', log=log))
    wait_for_call(log, process)
    os.truncate(used, 100)
    errors = process.communicate(timeout=TIMEOUT_S)[1]
    assert process.returncode == 0, errors
    for photo in photos:
        assert (tmp_path / f'{photo.stem}_hdr.jpg').read_bytes() == (tmp_path / f'usual/{photo.stem}_hdr.jpg').read_bytes()
