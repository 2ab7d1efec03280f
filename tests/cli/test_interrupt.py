"""Runs that are cut off: nothing is left half-done, and the next run goes on."""
import json
import signal
import subprocess
import time

import pytest
from program import BINARY, TIMEOUT_S, enhance, model, names, read, scene, write


def start(folder, count):
    for number in range(count):
        write(folder / f'{number}.jpg', scene(900, 1200))
    photos = sorted(str(p) for p in folder.glob('*.jpg'))
    command = [str(BINARY), 'enhance', *photos, '--model', str(model('slow')), '--device', 'cpu', '--precision', 'fp32', '--tile', '128',
               '--progress', 'json']
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for_tiles(process):
    """Until the program says that it is within a photo: the first progress line after the start of one."""
    for line in process.stdout:
        if json.loads(line)['event'] == 'progress':
            return
    raise AssertionError(process.stderr.read())


@pytest.mark.parametrize('stop', [signal.SIGINT, signal.SIGTERM])
def test_interrupt_leaves_nothing_half_done(tmp_path, stop):
    process = start(tmp_path, 3)
    wait_for_tiles(process)
    process.send_signal(stop)
    _, errors = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 130, errors
    assert 'interrupted' in errors.lower()
    assert [name for name in names(tmp_path) if name not in ('0.jpg', '1.jpg', '2.jpg')] == []


def test_a_killed_run_leaves_no_final_name_and_the_next_one_goes_on(tmp_path):
    process = start(tmp_path, 2)
    wait_for_tiles(process)
    process.kill()
    process.communicate(timeout=TIMEOUT_S)
    assert [p.name for p in tmp_path.glob('*_hdr*')] == []
    result = enhance(tmp_path / '0.jpg', tmp_path / '1.jpg')
    assert result.returncode == 0, result.stderr
    assert read(tmp_path / '1_hdr.jpg').shape == (900, 1200, 3)


def test_a_second_interrupt_ends_at_once(tmp_path):
    process = start(tmp_path, 2)
    wait_for_tiles(process)
    process.send_signal(signal.SIGINT)
    time.sleep(.05)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=TIMEOUT_S)
    assert process.returncode in (130, -signal.SIGINT)
    assert [p.name for p in tmp_path.glob('*_hdr*')] == []
