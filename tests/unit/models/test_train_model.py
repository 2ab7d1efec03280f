"""scripts/train_model.sh: one command from packed scenes to a model file, and one that goes on with it."""
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / 'models'), str(ROOT / 'scripts')]
from live import codec  # noqa: E402

TINY = ['--', '--batch', '2', '--crop', '64', '--log-every', '1', '--set', 'painter.dim=8', '--set', 'painter.blocks=[1]',
        '--set', 'painter.heads=[1]', '--set', 'trunk.width_mult=0.17']


@pytest.fixture(scope='module')
def train_model(tmp_path_factory):
    """The command, on a machine with PyTorch and NumPy alone."""
    bare = tmp_path_factory.mktemp('bare')
    for package in ('cv2', 'OpenEXR', 'skimage'):
        (bare / f'{package}.py').write_text(f'raise ImportError("there is no {package} on a bare GPU machine")')
    return lambda *arguments: command(*arguments, PYTHONPATH=str(bare))


def command(*arguments, **environment):
    return subprocess.run([str(ROOT / 'scripts/train_model.sh'), *map(str, arguments)], capture_output=True, text=True,
                          env=os.environ | environment | {'PYTHON': sys.executable, 'OMP_NUM_THREADS': '1'})


@pytest.fixture(scope='module')
def packed(tmp_path_factory):
    folder = tmp_path_factory.mktemp('packed')
    rng = np.random.default_rng(0)
    for name, kind, size in (('garden', 'panorama', (64, 128)), ('room', 'room', (128, 192))):
        codec.write(folder / f'{name}{codec.SUFFIX}', np.exp(rng.normal(-1.5, 1, (*size, 3))).astype(np.float32), kind)
    return folder


def test_one_command_trains_and_exports_and_one_goes_on(packed, tmp_path, train_model):
    asked = ['--size', 'small', '--data', packed, '--out', tmp_path, '--threads', '1']
    first = train_model(*asked, '--tone-steps', '2', '--gate-steps', '1', '--tile-steps', '1', *TINY)
    assert first.returncode == 0, first.stderr
    assert re.search(r'tone step 2/2 loss \S+ lr \S+ [\d.]+ s a step, \d+ % of it data; [\d.]+ images/s, [\d.]+ cores busy', first.stdout)
    assert 'gate step 1/1' in first.stdout and 'tile step 1/1' in first.stdout
    assert torch.jit.load(str(tmp_path / 'small.pt')).draft

    again = train_model(*asked, *TINY)
    assert again.returncode == 1 and 'holds a run: --resume goes on with it' in again.stderr

    resumed = train_model(*asked, '--resume', '--tone-steps', '3', '--gate-steps', '2', '--tile-steps', '2', *TINY)
    assert resumed.returncode == 0, resumed.stderr
    assert re.findall(r'resumed at step (\d)', resumed.stdout) == ['2', '1', '1']
    assert re.findall(r'step (\d/\d)', resumed.stdout) == ['3/3', '2/2', '2/2']


def test_a_draft_is_trained_without_a_tile_stage_and_ends_when_its_minutes_are_over(packed, tmp_path, train_model):
    done = train_model('--size', 'draft', '--data', packed, '--out', tmp_path, '--minutes', '0.001', '--tone-steps', '900', '--gate-steps', '1', *TINY)
    assert done.returncode == 0, done.stderr
    assert 'minutes are over at step 1' in done.stdout
    assert (tmp_path / 'draft.pt').exists() and not (tmp_path / 'tile.ckpt').exists()


@pytest.mark.parametrize(('arguments', 'told'), [
    (['--size', 'large'], '--size small, base or draft'), (['--size', 'small'], '--data FOLDER and --out RUN are needed'),
    (['--size', 'small', '--data', 'nowhere', '--out', 'x'], 'nowhere: no such folder'), (['--fast'], 'unknown argument --fast'),
    (['--size'], '--size wants a value')])
def test_wrong_arguments_are_told_in_one_line(arguments, told):
    done = command(*arguments)
    assert done.returncode == 1 and told in done.stderr and done.stderr.count('\n') == 1
