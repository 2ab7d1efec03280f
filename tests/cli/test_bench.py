"""hdrtile bench: what this machine does, and the command line that it says to use."""
import json
import os
import shlex
import signal
import subprocess
import time

import pytest
from program import BINARY, model, names, packages, run, scene, write

QUICK = ['--seconds', 0.01]


@pytest.fixture
def photo(tmp_path):
    return write(tmp_path / 'a.jpg', scene(700, 900))


@pytest.fixture(scope='module')
def usual(tmp_path_factory):
    """The folder of a photo, and what is told of it when nothing else is asked."""
    folder = tmp_path_factory.mktemp('usual')
    return folder, found(write(folder / 'a.jpg', scene(700, 900)))


def bench(*flags, with_model='identity', **options):
    return run('bench', '--model', model(with_model), '--device', 'cpu', *QUICK, *flags, **options)


def found(*flags, **options):
    result = bench('--json', *flags, **options)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_each_way_to_run_the_model_is_measured_against_fp32(usual):
    told = usual[1]
    first, *others = told['modes']
    assert (first['precision'], first['engine'], first['psnr_db']) == ('fp32', 'torchscript', None)
    assert first['runs'] >= 1 and first['ms']['tiles'] > 0 and first['megapixels_per_s'] > 0
    for mode in others:  # no package was compiled, and the kernels know no such model; psnr_db is null where nothing differs
        assert mode['why_not'] if mode['engine'] in ('compiled', 'fused') else (mode['psnr_db'] or 99) > 40
    assert told['ms']['decode'] > 0 and told['ms']['encode'] > 0
    assert all(told['peak']['flop_per_s'][mode['precision']] > 0 for mode in told['modes']) and told['peak']['copy_bytes_per_s'] > 0


def test_memory_is_that_of_the_mode(usual):
    assert 2 ** 26 < usual[1]['modes'][0]['peak_bytes'] < 2 ** 32


def test_the_command_that_it_ends_with_runs(usual):
    folder, told = usual
    assert names(folder) == ['a.jpg'], 'bench itself writes nothing'
    command = told['command']
    assert command.startswith('hdrtile enhance PHOTOS --model ')
    words = [str(folder / 'a.jpg') if word == 'PHOTOS' else word for word in shlex.split(command)[1:]]
    result = run(*words)
    assert result.returncode == 0, result.stderr
    assert 'a_hdr.jpg' in names(folder)


def test_what_was_asked_for_is_measured_alone_and_kept_in_the_command(photo):
    told = found(photo, '--precision', 'fp32', '--engine', 'torchscript', '--tile', 256, '--overlap', 32)
    assert len(told['modes']) == 1 and told['tiles'] == []
    assert told['modes'][0]['plan']['overlap'] == 32 and max(told['modes'][0]['plan']['tile'].values()) <= 256
    assert '--precision fp32 --engine torchscript --tile 256 --overlap 32' in told['command']


def test_a_preset_is_kept_in_the_command(photo):
    assert '--preset mobile --jobs' in found(photo, '--preset', 'mobile', '--precision', 'fp32', '--engine', 'torchscript')['command']


def test_a_compiled_model_is_measured_beside_torchscript(photo):
    folder = packages()
    result = run('bench', photo, '--model', folder / 'tiny.pt', '--device', 'cpu', '--json', '--precision', 'fp32', *QUICK, env=os.environ | {'HDRTILE_CACHE': str(folder / 'cache')})
    assert result.returncode == 0, result.stderr
    compiled = [mode for mode in json.loads(result.stdout)['modes'] if mode['engine'] == 'compiled' and 'why_not' not in mode]
    assert compiled and all(mode['package'] and mode['psnr_db'] > 40 for mode in compiled)


def test_text_names_device_modes_and_command():
    result = bench('--precision', 'fp32', '--engine', 'torchscript')
    assert result.returncode == 0, result.stderr
    for part in ('GFLOP/s', 'GB/s', 'synthetic', 'fp32 torchscript', 'hdrtile enhance PHOTOS'):
        assert part in result.stdout


def test_a_photo_that_cannot_be_read_is_told(tmp_path):
    broken = tmp_path / 'broken.jpg'
    broken.write_bytes(b'\xff\xd8\xff\xe0 no photo')
    for photo in (broken, tmp_path / 'missing.jpg'):
        result = bench(photo)
        assert result.returncode == 1 and photo.name in result.stderr


def test_a_photo_too_large_for_the_memory_limit_is_named(tmp_path):
    photo = write(tmp_path / 'large.png', scene(1200, 1200))
    result = bench(photo, '--tile', 'whole', '--max-memory', '1G', with_model='mean_gain')
    assert result.returncode == 1 and f'{photo}: a memory limit of 1024 MiB is too small' in result.stderr


def test_a_model_that_is_missing_or_broken_ends_it(photo):
    assert run('bench', photo, '--model', photo.parent / 'none.pt').returncode == 3
    assert bench(photo, with_model='cropped').returncode == 3


def test_tiles_that_cannot_be_are_a_usage_error(photo):
    assert bench(photo, '--tile', 64, '--overlap', 100).returncode == 2


def test_seconds_out_of_range_are_a_usage_error(photo):
    assert bench(photo, '--seconds', -1).returncode == 2


def test_it_can_be_interrupted(photo):
    process = subprocess.Popen([BINARY, 'bench', photo, '--model', model('slow'), '--device', 'cpu', '--seconds', '300'], stderr=subprocess.PIPE, text=True)
    time.sleep(4)
    process.send_signal(signal.SIGINT)
    assert process.wait(120) == 130
