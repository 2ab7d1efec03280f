"""A student of convolutions alone (models/convnext.py): its mixing matrices are empty, and it runs as any model does."""
import json
import sys

import numpy as np
import pytest
import torch
from program import ROOT, read, run, scene, write

sys.path[:0] = [str(ROOT / 'models'), str(ROOT / 'scripts')]
import model_facts  # noqa: E402
import model_file  # noqa: E402
from contextual import ContextualModel  # noqa: E402
from sizes import SIZES, ConvNextConfig  # noqa: E402


@pytest.fixture(scope='module')
def student(tmp_path_factory):
    """The student's form, narrow and with weights that do something."""
    torch.manual_seed(0)
    architecture = SIZES['student'].with_settings({'trunk.dims': [8, 8, 8], 'painter.dim': 8})
    assert isinstance(architecture.trunk, ConvNextConfig)
    model = ContextualModel(architecture).eval()
    torch.nn.init.normal_(model.trunk.output.weight, std=.02)
    path = tmp_path_factory.mktemp('models') / 'student.pt'
    halo = -(-model_facts.receptive_field(architecture) // 8) * 8
    description = {'name': 'student', 'scale': 1, 'multiple': 8, 'halo': halo, 'context_px': architecture.painter.context_px,
                   'tile': model_facts.tile_sides(halo), 'weights_sha256': model_file.weights_sha256(model)}
    torch.jit.save(torch.jit.script(model), str(path), _extra_files={'hdrtile.json': json.dumps(description)})
    return path


def test_a_student_runs_whole_and_in_tiles_alike(tmp_path, student):
    photo = write(tmp_path / 'a.png', scene(300, 400).astype(np.uint16) * 257)
    results = []
    for name, flags in (('whole', ['--tile', '512']), ('tiles', ['--tile', '256'])):
        out = tmp_path / f'{name}.png'
        result = run('enhance', photo, '-o', out, '--model', student, '--device', 'cpu', '--precision', 'fp32', *flags)
        assert result.returncode == 0, result.stderr
        results.append(read(out).astype(float) / 65535)
    assert np.abs(results[0] - read(photo) / 65535.).max() > .01
    assert np.square(results[0] - results[1]).mean() < 1e-6 and np.abs(results[0] - results[1]).max() < 1 / 255
