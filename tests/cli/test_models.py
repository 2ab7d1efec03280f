"""Models are code: which are loaded, and that ours are what they were."""
import hashlib
import os
import shutil
import subprocess

import pytest
from program import ROOT, model, run, scene, write


@pytest.fixture
def folder(tmp_path):
    """A models folder with a model 'mine' and its sum."""
    models = tmp_path / 'models'
    models.mkdir()
    shutil.copy(model('lift'), models / 'mine.pt')
    (models / 'SHA256SUMS').write_text(f'{hashlib.sha256((models / "mine.pt").read_bytes()).hexdigest()}  mine.pt\n')
    write(tmp_path / 'a.jpg', scene(64, 96))
    return models


def enhance(folder, name, *more):
    return run('enhance', 'a.jpg', '--model', name, '--device', 'cpu', '--precision', 'fp32', *more, cwd=folder.parent,
               env=os.environ | {'HDRTILE_MODELS': str(folder)})


def test_a_model_whose_sum_is_right_runs(folder):
    assert enhance(folder, 'mine').returncode == 0


def test_a_model_that_was_changed_is_refused_by_name_before_it_is_loaded(folder):
    (folder / 'mine.pt').write_bytes(b'PK\3\4 not even a model')
    result = enhance(folder, 'mine')
    assert result.returncode == 3
    assert str(folder / 'mine.pt') in result.stderr and 'SHA256SUMS' in result.stderr
    assert not (folder.parent / 'a_hdr.jpg').exists()


def test_by_its_path_a_model_is_the_users_own_choice(folder):
    shutil.copy(model('identity'), folder / 'mine.pt')
    assert enhance(folder, folder / 'mine.pt').returncode == 0


def test_info_tells_of_a_model_that_was_changed_and_goes_on(folder):
    shutil.copy(model('identity'), folder / 'mine.pt')
    result = run('info', env=os.environ | {'HDRTILE_MODELS': str(folder)})
    assert result.returncode == 0
    assert 'SHA256SUMS' in result.stderr and 'small' in result.stdout


def test_a_file_of_a_models_name_in_the_current_folder_is_not_loaded(folder):
    shutil.copy(model('identity'), folder.parent / 'mine')
    result = enhance(folder, 'mine', '-v')
    assert result.returncode == 0
    assert str(folder / 'mine.pt') in result.stdout + result.stderr


def test_the_models_that_come_with_hdrtile_are_those_of_their_sums():
    models = sorted(p.name for p in (ROOT / 'models').glob('*.pt'))
    named = sorted(line[66:] for line in (ROOT / 'models/SHA256SUMS').read_text().splitlines())
    assert models == named
    subprocess.run(['sha256sum', '--quiet', '-c', 'SHA256SUMS'], cwd=ROOT / 'models', check=True)
