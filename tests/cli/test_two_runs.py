"""Two runs on one folder at once: every photo whole, both content, and neither takes what is the other's."""
import subprocess

import pytest
from program import BINARY, TIMEOUT_S, model, names, read, scene, write
from shims import file_faults, wait_for_call

COUNT = 6


def at_once(folder, on_exist, **options):
    """Exit codes and logs of two runs that started together."""
    for number in range(COUNT):
        write(folder / f'{number}.jpg', scene(60, 80))
    command = [str(BINARY), 'enhance', *[str(folder / f'{number}.jpg') for number in range(COUNT)], '--on-exist', on_exist,
               '--model', str(model('lift')), '--device', 'cpu', '--precision', 'fp32', '--jobs', '2']
    runs = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options) for _ in range(2)]
    return [(run.communicate(timeout=TIMEOUT_S)[1], run.returncode) for run in runs]


def assert_whole(folder, results):
    for result in results:
        assert read(folder / result).shape == (60, 80, 3)
    assert names(folder) == sorted([f'{number}.jpg' for number in range(COUNT)] + list(results))


@pytest.mark.parametrize('on_exist', ['skip', 'update', 'overwrite'])
def test_both_succeed_and_every_photo_is_whole(tmp_path, on_exist):
    slow = file_faults('fsync .hdrtile- 0 stall=.02')  # so that one writes while the other starts and cleans
    runs = at_once(tmp_path, on_exist, env=slow)
    assert [code for _, code in runs] == [0, 0], runs
    assert_whole(tmp_path, [f'{number}_hdr.jpg' for number in range(COUNT)])
    assert not any('a run that was killed' in log for log, _ in runs), 'a file in use was taken for a stray'
    if on_exist == 'skip':
        assert sum(log.count(' -> ') for log, _ in runs) == COUNT, 'each photo has one run that wrote it'


def test_with_rename_each_run_has_its_results(tmp_path):
    runs = at_once(tmp_path, 'rename')
    assert [code for _, code in runs] == [0, 0], runs
    assert_whole(tmp_path, [f'{number}_hdr{end}.jpg' for number in range(COUNT) for end in ('', '_2')])


def test_with_fail_the_later_one_fails(tmp_path):
    runs = at_once(tmp_path, 'fail')
    assert {code for _, code in runs} <= {0, 1}
    assert sum(log.count(' -> ') for log, _ in runs) == COUNT
    assert sum(log.count('exists; remove it') for log, _ in runs) == COUNT
    assert_whole(tmp_path, [f'{number}_hdr.jpg' for number in range(COUNT)])


def test_a_run_that_starts_takes_no_file_of_one_that_writes(tmp_path):
    (photo,) = [write(tmp_path / 'a.jpg', scene(60, 80))]
    command = [str(BINARY), 'enhance', str(photo), '--model', str(model('lift')), '--device', 'cpu', '--precision', 'fp32']
    log = tmp_path / 'log'
    writer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=file_faults('fsync .hdrtile- 1 stall=4', log=log))
    wait_for_call(log, writer)
    other = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S)
    assert other.returncode == 0 and 'a run that was killed' not in other.stderr
    errors = writer.communicate(timeout=TIMEOUT_S)[1]
    assert writer.returncode == 0, errors
    assert 'another run' in errors
    assert names(tmp_path) == ['a.jpg', 'a_hdr.jpg', 'log']
