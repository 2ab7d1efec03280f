"""hdrtile's own kernels: used where they know the model, the same pictures as TorchScript's."""
import ctypes
import json
import os
import sys

import numpy as np
import pytest
import torch
from program import ROOT, model, read, run, scene, write

sys.path.insert(0, str(ROOT / 'models'))
import feed_forward  # noqa: E402
from attention import BiasFreeNorm  # noqa: E402
from contextual import ContextualModel  # noqa: E402
from restorer import ContextualRestorer, Restorer  # noqa: E402
from restormer import Restormer  # noqa: E402
from sizes import Architecture, PainterConfig, TrunkConfig  # noqa: E402
from windowed import localise  # noqa: E402


def may_use_tiles():
    """Linux lets a process use AMX's registers when it asks for them; a virtual machine may refuse."""
    request_permission, tile_data, number_of_arch_prctl = 0x1023, 18, 158
    return os.uname().machine == 'x86_64' and ctypes.CDLL(None).syscall(number_of_arch_prctl, request_permission, tile_data) == 0


def instruction_sets():
    """What HDRTILE_KERNELS can cap the kernels to on this CPU, by precision."""
    flags = set(next(line for line in open('/proc/cpuinfo', encoding='utf-8') if line.startswith('flags')).split())
    needed = [('fp32', 'avx2', {'avx2', 'fma'}), ('fp32', 'avx512', {'avx512f', 'avx512bw', 'avx512vl', 'avx512dq'}),
              ('bf16', 'avx512_bf16', {'avx512_bf16'})]
    if may_use_tiles():
        needed.append(('bf16', 'amx', {'avx512_bf16', 'amx_tile', 'amx_bf16'}))
    return [(precision, name) for precision, name, wanted in needed if wanted <= flags]


pytestmark = pytest.mark.skipif(not instruction_sets(), reason='this CPU has no AVX2: there are no kernels for it')


@pytest.fixture(scope='module')
def photo(tmp_path_factory):
    noise = np.random.default_rng(0).integers(0, 8192, (300, 420, 3), dtype=np.uint16)
    return write(tmp_path_factory.mktemp('photo') / 'photo.png', scene(300, 420).astype(np.uint16) * 200 + noise)


def enhance(photo, out, *flags, name='small', precision='fp32', kernels='', engine='auto'):
    """What the report says of the engine, and the result's bytes."""
    report = out.with_suffix('.json')
    result = run('enhance', photo, '-o', out, '--model', name, '--device', 'cpu', '--precision', precision, '--engine', engine, '--tile', 192,
                 '--report', report, *flags, env=os.environ | {'HDRTILE_KERNELS': kernels})
    assert result.returncode == 0, result.stderr
    return json.loads(report.read_text())['engine'], out.read_bytes()


def psnr(a, b):
    a, b = (read(path).astype(np.float64) / 65535 for path in (a, b))
    return -10 * np.log10(max(np.mean((a - b) ** 2), 1e-20))


@pytest.mark.parametrize('precision', ['fp32', 'auto'])
def test_the_number_of_threads_changes_no_byte_of_small(photo, tmp_path, precision):
    cores = sorted(os.sched_getaffinity(0))
    made = {}
    for count in {1, min(2, len(cores)), min(5, len(cores))}:
        report = tmp_path / f'{count}.json'
        result = run('enhance', photo, '-o', tmp_path / f'{count}.png', '--model', 'small', '--device', 'cpu', '--precision', precision, '--tile', 192,
                     '--report', report, prefix=['taskset', '-c', ','.join(map(str, cores[:count]))])
        assert result.returncode == 0, result.stderr
        engine = json.loads(report.read_text())['engine']
        assert engine['backend'] == 'fused'
        made[engine['threads']] = read(tmp_path / f'{count}.png').tobytes()
    assert 1 in made and len(set(made.values())) == 1


@pytest.mark.parametrize('precision,kernels', instruction_sets())
def test_pictures_of_small_are_those_of_torchscript(photo, tmp_path, precision, kernels):
    engine, _ = enhance(photo, tmp_path / 'fused.png', precision=precision, kernels=kernels)
    assert engine['backend'] == 'fused' and engine['precision'] == precision
    assert f'({kernels})' in engine['notes'][-1]
    enhance(photo, tmp_path / 'torchscript.png', precision=precision, engine='torchscript')
    assert psnr(tmp_path / 'fused.png', tmp_path / 'torchscript.png') >= (80 if precision == 'fp32' else 50)


@pytest.mark.parametrize('precision,kernels', instruction_sets())
def test_same_bytes_whatever_the_batch_and_the_jobs(photo, tmp_path, precision, kernels):
    results = [enhance(photo, tmp_path / 'a.png', '--on-exist', 'overwrite', *flags, precision=precision, kernels=kernels)[1]
               for flags in (('--batch', 1, '--jobs', 0), ('--batch', 4, '--jobs', 2))]
    assert len(set(results)) == 1


def test_a_draft_is_that_of_torchscript(photo, tmp_path):
    assert enhance(photo, tmp_path / 'fused.png', name='draft')[0]['backend'] == 'fused'
    enhance(photo, tmp_path / 'torchscript.png', name='draft', engine='torchscript')
    assert psnr(tmp_path / 'fused.png', tmp_path / 'torchscript.png') >= 80


def test_a_model_they_do_not_know_runs_through_torchscript(photo, tmp_path):
    engine, _ = enhance(photo, tmp_path / 'out.png', name=model('identity'))
    assert engine['backend'] == 'torchscript'


def test_without_kernels_models_run_through_torchscript_or_the_run_ends(photo, tmp_path):
    assert enhance(photo, tmp_path / 'out.png', kernels='none')[0]['backend'] == 'torchscript'
    result = run('enhance', photo, '-o', tmp_path / 'other.png', '--engine', 'fused', '--precision', 'fp32',
                 env=os.environ | {'HDRTILE_KERNELS': 'none'})
    assert result.returncode == 3 and 'there are none for fp32 on this CPU' in result.stderr


def test_engine_fused_ends_the_run_where_they_do_not_know_the_model(photo, tmp_path):
    result = run('enhance', photo, '-o', tmp_path / 'out.png', '--model', model('identity'), '--engine', 'fused')
    assert result.returncode == 3
    assert 'cannot run through the fused kernels, as it is no Restormer of models/restormer.py' in result.stderr
    assert not (tmp_path / 'out.png').exists()


def save(net, path, multiple):
    """A model file of a network whose last convolution does something."""
    for part in net.modules():
        if isinstance(part, Restormer):
            torch.nn.init.normal_(part.output.weight, std=.02)
    description = {'name': 'made', 'scale': 1, 'multiple': multiple, 'halo': 16, 'context_px': 96, 'tile': {'min': 64, 'max': 1024, 'default': 512}}
    torch.jit.save(torch.jit.script(net.eval()), str(path), _extra_files={'hdrtile.json': json.dumps(description)})
    return path


def contextual(painter=None, **trunk):
    torch.manual_seed(0)
    painter = PainterConfig(**({'dim': 8, 'blocks': (1,), 'heads': (1,)} | (painter or {})))
    return ContextualModel(Architecture(painter, TrunkConfig(**({'depth_mult': .25} | trunk))))


def restormer(**options):
    torch.manual_seed(0)
    return Restormer(3, 3, **({'dim': 12, 'blocks': [1, 1], 'heads': [1, 2], 'reduce_first': False} | options))


def windowed():
    net = restormer()
    localise(net, 16)
    return Restorer(net)


MODELS = {'three levels of an odd width': lambda: contextual(width_mult=.25, levels=3),
          'at full resolution': lambda: contextual(width_mult=.25, levels=2),
          'one level': lambda: contextual(width_mult=1 / 6, levels=1, refinement=False, unshuffle=2),
          'a painter that sees no metered copy': lambda: contextual({'metered': False}, width_mult=1 / 6, levels=1),
          'a restorer with statistics from the preview': lambda: ContextualRestorer(restormer()),
          'one with biases and refinement': lambda: ContextualRestorer(restormer(bias=True, refinement=2)),
          'a plain restorer': lambda: Restorer(restormer()),
          'a plain one with windows': windowed,
          'a plain one without a bias in its norms': lambda: Restorer(restormer(norm=BiasFreeNorm))}


@pytest.mark.parametrize('make', MODELS.values(), ids=MODELS.keys())
def test_any_width_and_depth_gives_the_pictures_of_torchscript(photo, tmp_path, make):
    name = save(make(), tmp_path / 'made.pt', multiple=8)
    enhance(photo, tmp_path / 'fused.png', name=name, engine='fused')
    enhance(photo, tmp_path / 'torchscript.png', name=name, engine='torchscript')
    assert psnr(tmp_path / 'fused.png', tmp_path / 'torchscript.png') >= 80


def test_other_feed_forward_networks_run_through_torchscript(photo, tmp_path):
    name = save(contextual(width_mult=1 / 6, levels=1, feed_forward='inverted_residual'), tmp_path / 'made.pt', multiple=8)
    engine, _ = enhance(photo, tmp_path / 'out.png', name=name)
    assert engine['backend'] == 'torchscript'


def test_a_model_that_only_looks_like_ours_is_not_computed_wrongly(photo, tmp_path, monkeypatch):
    """The same names and shapes, and other arithmetic."""
    class Halved(feed_forward.GDFN):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            gate, value = self.dwconv(self.project_in(x)).chunk(2, dim=1)
            return self.project_out(torch.relu(gate) * value)

    monkeypatch.setitem(feed_forward.KINDS, 'gdfn', Halved)
    name = save(contextual(width_mult=1 / 6, levels=1), tmp_path / 'made.pt', multiple=8)
    assert enhance(photo, tmp_path / 'out.png', name=name)[0]['backend'] == 'torchscript'
    result = run('enhance', photo, '-o', tmp_path / 'other.png', '--model', name, '--engine', 'fused')
    assert result.returncode == 3 and 'as they do not give what its own code gives' in result.stderr
