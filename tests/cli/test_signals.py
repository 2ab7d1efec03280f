"""Signals, and standard streams that are closed or full: the photos come out right, and what went wrong is said."""
import array
import fcntl
import json
import signal
import subprocess
import termios
import time

import pytest
from program import BINARY, TIMEOUT_S, enhance, model, names, read, scene, write
from shims import file_faults, wait_for_call

FLAGS = ['--device', 'cpu', '--precision', 'fp32']


def start(*arguments, with_model='lift', **options):
    command = [str(BINARY), 'enhance', *map(str, arguments), '--model', str(model(with_model)), *FLAGS]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def ended(process):
    errors = process.communicate(timeout=TIMEOUT_S)[1]
    return process.returncode, errors


def photos_in(folder, count=3):
    return [write(folder / f'{number}.jpg', scene(60, 80)) for number in range(count)]


def test_hang_up_is_an_interrupt(tmp_path):
    photo = write(tmp_path / 'a.jpg', scene(900, 1200))
    process = start(photo, '--tile', 128, '--progress', 'json', with_model='slow')
    for line in process.stdout:
        if '"progress"' in line:
            break
    process.send_signal(signal.SIGHUP)
    code, errors = ended(process)
    assert code == 130, errors
    assert names(tmp_path) == ['a.jpg']


@pytest.mark.parametrize('stop', [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupt_before_the_first_photo_is_one_too(stop):
    process = start('-', stdin=subprocess.PIPE)
    process.stdin.write('a.jp')
    process.stdin.flush()
    while array.array('i', fcntl.ioctl(process.stdin, termios.FIONREAD, bytes(4)))[0] > 0:  # until it waits for the rest of its list
        assert process.poll() is None
        time.sleep(.02)
    process.send_signal(stop)
    code, errors = ended(process)
    assert code == 130, errors


def test_nohup_is_respected(tmp_path):
    photos = photos_in(tmp_path)
    process = start(*photos, '--progress', 'json', preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    process.stdout.readline()
    process.send_signal(signal.SIGHUP)
    code, errors = ended(process)
    assert code == 0, errors
    assert len(names(tmp_path)) == 6


def test_a_reader_of_events_that_goes_away_stops_no_photo(tmp_path):
    photos = photos_in(tmp_path)
    process = start(*photos, '--progress', 'json', '--report', tmp_path / 'report.json')
    process.stdout.close()  # as `| head -1` does
    errors = process.stderr.read()
    assert process.wait(timeout=TIMEOUT_S) == 1, errors
    assert 'stdout' in errors
    assert [p.name for p in sorted(tmp_path.glob('*_hdr.jpg'))] == ['0_hdr.jpg', '1_hdr.jpg', '2_hdr.jpg']
    assert json.loads((tmp_path / 'report.json').read_text())['summary']['done'] == 3


def test_a_reader_of_the_log_that_goes_away_stops_no_photo(tmp_path):
    photos = photos_in(tmp_path)
    process = start(*photos, '-v')
    process.stderr.close()
    process.stdout.read()
    assert process.wait(timeout=TIMEOUT_S) == 0
    assert len(names(tmp_path)) == 6


@pytest.mark.parametrize('arguments', [('info', '--json'), ('--help',)])
def test_results_that_a_full_disk_swallows_are_a_failure(arguments):
    with open('/dev/full', 'w') as full:
        result = subprocess.run([str(BINARY), *arguments], stdout=full, stderr=subprocess.PIPE, text=True, timeout=TIMEOUT_S)
    assert result.returncode == 1
    assert 'stdout' in result.stderr


@pytest.mark.parametrize('closed', ['<&-', '>&-', '2>&-', '<&- >&- 2>&-'])
def test_closed_standard_streams_do_not_get_into_photos(tmp_path, closed):
    """The next file opened takes a closed stream's number: what is said would go into it."""
    photo = write(tmp_path / 'a.jpg', scene(60, 80))
    assert enhance(photo, '-o', f'{tmp_path}/usual/').returncode == 0
    command = f'"$0" "$@" {closed}'
    subprocess.run(['sh', '-c', command, str(BINARY), 'enhance', str(photo), '--model', str(model('lift')), *FLAGS, '-v', '--progress', 'json'],
                   timeout=TIMEOUT_S)
    assert (tmp_path / 'a_hdr.jpg').read_bytes() == (tmp_path / 'usual/a_hdr.jpg').read_bytes()


def test_a_file_size_limit_fails_the_photo_alone(tmp_path):
    large, small = write(tmp_path / 'large.png', scene(300, 400)), write(tmp_path / 'small.jpg', scene(24, 32))
    result = enhance(large, small, prefix=['bash', '-c', 'ulimit -f 8; exec "$0" "$@"'])
    assert result.returncode == 1, result.stderr
    assert 'large_hdr.png' in result.stderr and 'file sizes' in result.stderr
    assert names(tmp_path) == ['large.png', 'small.jpg', 'small_hdr.jpg']


def test_stopped_and_continued_it_goes_on(tmp_path):
    photos = photos_in(tmp_path)
    process = start(*photos, '--progress', 'json')
    process.stdout.readline()
    process.send_signal(signal.SIGSTOP)
    time.sleep(.2)
    assert process.poll() is None
    process.send_signal(signal.SIGCONT)
    code, errors = ended(process)
    assert code == 0, errors
    assert len(names(tmp_path)) == 6


@pytest.mark.parametrize('jobs', [0, 1])
@pytest.mark.parametrize('fault', ['open stalls.jpg', 'fsync .hdrtile-'])
def test_two_interrupts_end_a_run_whose_disk_hangs(tmp_path, jobs, fault):
    photo = write(tmp_path / 'stalls.jpg', scene(60, 80))
    log = tmp_path / 'log'
    process = start(photo, '--jobs', jobs, env=file_faults(f'{fault} 1 stall=60', log=log))
    wait_for_call(log, process)
    process.send_signal(signal.SIGINT)
    time.sleep(.1)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    code, errors = ended(process)
    assert code == 130, errors
    assert time.monotonic() - started < 20, 'at once, not when the disk comes back'
    assert not (tmp_path / 'stalls_hdr.jpg').exists()


@pytest.mark.parametrize('stage', ['start', 'decode', 'encode'])
def test_an_interrupt_at_any_stage(tmp_path, stage):
    photos = photos_in(tmp_path)
    fault = {'start': 'read lift.pt 1 stall=.5', 'decode': 'open 1.jpg 1 stall=.5', 'encode': 'write .hdrtile- 1 stall=.5'}[stage]
    log = tmp_path / 'log'
    process = start(*photos, '--jobs', 1, env=file_faults(fault, log=log))
    wait_for_call(log, process)
    process.send_signal(signal.SIGINT)
    code, errors = ended(process)
    assert code in (130, -signal.SIGINT), errors
    for output in tmp_path.glob('*_hdr.jpg'):
        assert read(output).shape == (60, 80, 3)
    assert not list(tmp_path.glob('.hdrtile-*'))
