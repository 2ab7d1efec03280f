"""--precision for every kind of model and engine: it runs, or says in one line what to do."""
import json
import os
import shutil
import sys

import numpy as np
import pytest
import torch
from program import BINARY, ROOT, model, packages, read, run, scene, write

FLOATS, QUANTISED = ('fp32', 'fp16', 'bf16'), ('int8', 'mixed')


class Frozen(torch.nn.Module):
    """Frozen, so that its weights are constants; nothing of it can be cast."""

    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 3, 1)

    def forward(self, x):
        return self.conv(x)


@pytest.fixture(scope='module')
def photo(tmp_path_factory):
    return write(tmp_path_factory.mktemp('photo') / 'photo.png', scene(96, 128).astype(np.uint16) * 257)


@pytest.fixture(scope='module')
def frozen(tmp_path_factory):
    path = tmp_path_factory.mktemp('frozen') / 'frozen.pt'
    torch.manual_seed(0)
    torch.jit.save(torch.jit.freeze(torch.jit.script(Frozen().eval())), str(path))
    return path


def of(kind, frozen):
    return {'plain': model('identity'), 'contextual': packages() / 'tiny.pt', 'frozen': frozen, 'draft': 'draft'}[kind]


def quantised():
    """The cache with an INT8 package of tiny.pt."""
    folder = packages() / 'quantised'
    return folder if folder.exists() else pytest.skip('torchao is not installed: nothing is quantised')


def enhance(photo, out, path, precision, *flags, cache=None):
    return run('enhance', photo, '-o', out, '--model', path, '--device', 'cpu', '--precision', precision, '--report', out.with_suffix('.json'),
               *flags, env=os.environ | ({'HDRTILE_CACHE': str(cache)} if cache else {}))


def engine_of(out):
    return json.loads(out.with_suffix('.json').read_text())['engine']


def psnr(a, b):
    return -10 * np.log10(max(np.mean((read(a) / 65535. - read(b) / 65535.) ** 2), 1e-20))


@pytest.mark.parametrize('kind', ['plain', 'contextual'])
def test_every_floating_precision_runs_on_a_cpu_and_gives_the_same_picture(photo, frozen, tmp_path, kind):
    for precision in FLOATS:
        result = enhance(photo, tmp_path / f'{precision}.png', of(kind, frozen), precision)
        assert result.returncode == 0, result.stderr
        assert engine_of(tmp_path / f'{precision}.png')['precision'] == precision
        assert psnr(tmp_path / f'{precision}.png', tmp_path / 'fp32.png') >= 45


def test_a_half_precision_that_the_cpu_lacks_is_told(photo, frozen, tmp_path):
    flags = next(line for line in open('/proc/cpuinfo') if line.startswith('flags')).split()
    native = {'fp16': {'avx512_fp16', 'amx_fp16'}, 'bf16': {'avx512_bf16', 'amx_bf16'}}
    for precision, names in native.items():
        result = enhance(photo, tmp_path / f'{precision}.png', of('plain', frozen), precision)
        assert result.returncode == 0, result.stderr
        told = f'no {precision} arithmetic of its own' in result.stderr
        assert told == (not names & set(flags))


def test_bf16_without_the_instructions_for_it_gives_the_same_picture(photo, frozen, tmp_path):
    """LibTorch's libraries kept from using them, as on an older CPU."""
    assert enhance(photo, tmp_path / 'fp32.png', of('contextual', frozen), 'fp32').returncode == 0
    result = run('enhance', photo, '-o', tmp_path / 'bf16.png', '--model', of('contextual', frozen), '--device', 'cpu', '--precision', 'bf16',
                 env=os.environ | {'ONEDNN_MAX_CPU_ISA': 'AVX2', 'ATEN_CPU_CAPABILITY': 'avx2'})
    assert result.returncode == 0, result.stderr
    assert psnr(tmp_path / 'bf16.png', tmp_path / 'fp32.png') >= 45


@pytest.mark.parametrize('kind', ['frozen', 'draft'])
def test_what_has_nothing_to_cast_runs_in_fp32_and_by_auto_alone(photo, frozen, tmp_path, kind):
    for precision in ('auto', 'fp32'):
        result = enhance(photo, tmp_path / f'{precision}.png', of(kind, frozen), precision)
        assert result.returncode == 0, result.stderr
        assert engine_of(tmp_path / f'{precision}.png')['precision'] == 'fp32'
    for precision in ('fp16', 'bf16'):
        result = enhance(photo, tmp_path / f'{precision}.png', of(kind, frozen), precision)
        assert result.returncode == 2 and f'cannot run in {precision}' in result.stderr and '--precision fp32' in result.stderr
        assert not (tmp_path / f'{precision}.png').exists()


@pytest.mark.parametrize('kind', ['plain', 'contextual', 'frozen'])
@pytest.mark.parametrize('precision', QUANTISED)
def test_int8_without_a_package_names_the_command_that_makes_one(photo, frozen, tmp_path, kind, precision):
    result = enhance(photo, tmp_path / 'out.png', of(kind, frozen), precision, cache=tmp_path / 'none')
    assert result.returncode == 3
    [line] = [line for line in result.stderr.splitlines() if 'error' in line]
    assert precision in line and 'scripts/quantize.py' in line and 'none in' in line and '--precision auto' in line
    assert ('--form mixed' in line) == (precision == 'mixed')
    assert not (tmp_path / 'out.png').exists()


@pytest.mark.parametrize('precision', QUANTISED)
def test_int8_of_what_no_package_can_hold_is_a_mistake_of_usage(photo, frozen, tmp_path, precision):
    draft = enhance(photo, tmp_path / 'out.png', 'draft', precision)
    assert draft.returncode == 2 and 'draft' in draft.stderr
    torchscript = enhance(photo, tmp_path / 'out.png', of('contextual', frozen), precision, '--engine', 'torchscript')
    assert torchscript.returncode == 2 and '--engine torchscript' in torchscript.stderr
    assert not (tmp_path / 'out.png').exists()


def test_an_unknown_precision_is_told_with_those_that_there_are(photo, frozen, tmp_path):
    result = enhance(photo, tmp_path / 'out.png', of('plain', frozen), 'int4')
    assert result.returncode == 2 and all(word in result.stderr for word in ('auto', *FLOATS, *QUANTISED))


def test_a_quantised_package_runs_and_is_named_in_log_report_and_stamp(photo, frozen, tmp_path):
    result = enhance(photo, tmp_path / 'out.png', of('contextual', frozen), 'int8', cache=quantised())
    assert result.returncode == 0, result.stderr
    engine = engine_of(tmp_path / 'out.png')
    assert (engine['backend'], engine['precision']) == ('aotinductor', 'int8') and engine['package'].startswith('tiny-int8-')
    assert engine['package'] in result.stderr and ', int8, compiled: ' in result.stderr
    [told] = json.loads(run('info', '--json', '--model', of('contextual', frozen), tmp_path / 'out.png').stdout)['photos']
    assert 'int8' in told['stamp']['engine'] and 'precision=int8' in told['stamp']['settings']
    enhance(photo, tmp_path / 'fp32.png', of('contextual', frozen), 'fp32')
    assert 30 <= psnr(tmp_path / 'out.png', tmp_path / 'fp32.png') < 80, 'near, and not the same'


def test_int8_is_the_same_in_every_run_whatever_batch_and_jobs(photo, frozen, tmp_path):
    made = []
    for i, flags in enumerate([('--batch', 1, '--jobs', 0), ('--batch', 4, '--jobs', 2)]):
        assert enhance(photo, tmp_path / f'{i}.png', of('contextual', frozen), 'int8', '--tile', 64, *flags, cache=quantised()).returncode == 0
        made.append((tmp_path / f'{i}.png').read_bytes())
    assert made[0] == made[1]


@pytest.fixture
def cache(tmp_path):
    return shutil.copytree(quantised(), tmp_path / 'cache')


def describe(cache, **changes):
    [file] = cache.glob('*.json')
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def test_a_package_of_the_mixed_form_is_another_precision(photo, frozen, cache, tmp_path):
    describe(cache, precision='mixed')
    assert enhance(photo, tmp_path / 'mixed.png', of('contextual', frozen), 'mixed', cache=cache).returncode == 0
    assert engine_of(tmp_path / 'mixed.png')['precision'] == 'mixed'
    result = enhance(photo, tmp_path / 'int8.png', of('contextual', frozen), 'int8', cache=cache)
    assert result.returncode == 3 and 'mixed, not int8' in result.stderr


def test_a_quantised_package_that_cannot_be_used_ends_the_run(photo, frozen, cache, tmp_path):
    [package] = cache.glob('*.pt2')
    os.truncate(package, package.stat().st_size // 2)
    result = enhance(photo, tmp_path / 'out.png', of('contextual', frozen), 'int8', cache=cache)
    assert result.returncode == 3 and 'damaged' in result.stderr and 'scripts/quantize.py' in result.stderr


def test_a_package_installed_by_force_is_told_in_every_run(photo, frozen, cache, tmp_path):
    describe(cache, below_limit='41.0 dB to FP32, at least 45 are asked')
    result = enhance(photo, tmp_path / 'out.png', of('contextual', frozen), 'int8', cache=cache)
    assert result.returncode == 0
    [warning] = engine_of(tmp_path / 'out.png')['warnings']
    assert 'by force' in warning and '41.0 dB' in warning and warning in result.stderr


def test_auto_never_takes_a_quantised_package(photo, frozen, tmp_path):
    result = enhance(photo, tmp_path / 'out.png', of('contextual', frozen), 'auto', cache=quantised())
    assert result.returncode == 0 and engine_of(tmp_path / 'out.png')['backend'] in ('fused', 'torchscript')


def test_a_quantised_run_makes_results_of_another_precision_stale(photo, frozen, tmp_path):
    assert enhance(photo, tmp_path / 'out.png', of('contextual', frozen), 'fp32').returncode == 0
    again = enhance(photo, tmp_path / 'out.png', of('contextual', frozen), 'int8', cache=quantised())
    assert 'stale' in again.stderr and 'precision fp32 -> int8' in again.stderr


@pytest.mark.parametrize('force', [False, True])
def test_what_misses_the_limit_is_installed_by_force_alone(photo, tmp_path, monkeypatch, capsys, force):
    """The package is the one of the other tests, so that nothing is compiled again; the limit is one that it misses."""
    made = quantised()
    monkeypatch.syspath_prepend(str(ROOT / 'scripts'))
    import quantize

    def make(path, form, paths, folder):
        [package], [described] = ([shutil.copy(file, folder / file.name) for file in made.glob(kind)] for kind in ('*.pt2', '*.json'))
        return package, json.loads(described.read_text())

    monkeypatch.setattr(quantize, 'make', make)
    monkeypatch.setattr(quantize.quality, 'LEAST_TO_FP32_DB', 200)
    monkeypatch.setattr(sys, 'argv', ['quantize.py', str(packages() / 'tiny.pt'), '--calibrate', str(photo.parent), '--photos', str(photo.parent),
                                      '--cache', str(tmp_path / 'cache'), '--binary', str(BINARY), *(['--force'] if force else [])])
    assert quantize.main() == (0 if force else 1)
    told = capsys.readouterr()
    if not force:
        assert 'not installed' in told.err and 'at least 200 are asked' in told.err and '--force' in told.err
        assert list((tmp_path / 'cache').iterdir()) == []
        return
    result = enhance(photo, tmp_path / 'out.png', packages() / 'tiny.pt', 'int8', cache=tmp_path / 'cache')
    assert result.returncode == 0 and 'by force below the limit' in result.stderr
