"""The weights of a model file: checked against what the file states of them, and stored in any precision."""
import json
import os
import sys

import numpy as np
import pytest
import torch
from program import ROOT, read, run, scene, write

sys.path.insert(0, str(ROOT / 'scripts'))
import model_file  # noqa: E402


@pytest.fixture
def scripted():
    """The default model, with what its file says of it."""
    extra = {'hdrtile.json': ''}
    model = torch.jit.load(str(ROOT / 'models/small.pt'), _extra_files=extra)
    return model, json.loads(extra['hdrtile.json'])


def enhance(tmp_path, model, description):
    torch.jit.save(model, str(tmp_path / 'mine.pt'), _extra_files={'hdrtile.json': json.dumps(description)})
    photo = write(tmp_path / 'a.png', scene(96, 144))
    result = run('enhance', photo, '--model', tmp_path / 'mine.pt', '--device', 'cpu', '--precision', 'fp32', '--on-exist', 'overwrite')
    return result, tmp_path / 'a_hdr.png'


def test_the_weights_of_the_default_model_are_those_it_states(scripted):
    model, description = scripted
    assert model_file.weights_sha256(model) == description['weights_sha256']


@pytest.mark.parametrize('name', ['trunk.output.weight', 'painter.net.latent.blocks.0.attn.temperature'])
def test_a_model_with_another_weight_is_refused(tmp_path, scripted, name):
    model, description = scripted
    with torch.no_grad():
        model.state_dict()[name].view(-1)[0] += 1e-6
    result, output = enhance(tmp_path, model, description)
    assert result.returncode == 3, result.stderr
    assert 'mine.pt' in result.stderr and 'weights_sha256' in result.stderr and 'damaged or was changed' in result.stderr
    assert not output.exists()


def test_info_tells_of_another_weight(tmp_path, scripted):
    model, description = scripted
    torch.jit.save(model, str(tmp_path / 'mine.pt'), _extra_files={'hdrtile.json': json.dumps(description | {'weights_sha256': '0' * 64})})
    result = run('info', env=os.environ | {'HDRTILE_MODELS': str(tmp_path)})
    assert result.returncode == 0 and 'weights_sha256' in result.stderr


def test_weights_stored_in_fp16_run_as_fp32(tmp_path, scripted):
    model, description = scripted
    model.half()
    description['weights_sha256'] = model_file.weights_sha256(model)
    result, output = enhance(tmp_path, model, description)
    assert result.returncode == 0, result.stderr
    halved = read(output).astype(int)
    model.float()      # the same rounded weights
    description['weights_sha256'] = model_file.weights_sha256(model)
    result, output = enhance(tmp_path, model, description)
    assert result.returncode == 0, result.stderr
    assert np.array_equal(halved, read(output))
