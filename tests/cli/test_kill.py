"""Killed at any moment: no photo half-done under its name, no input changed, and the next run finishes the rest.

HDRTILE_KILLS says how many moments are drawn by chance; scripts/faults.sh takes 200."""
import hashlib
import os
import random
import subprocess
import time

import pytest
from program import BINARY, TIMEOUT_S, enhance, model, pixels, scene, write
from shims import file_faults

KILLS = int(os.environ.get('HDRTILE_KILLS', 12))
FLAGS = ['--model', str(model('lift')), '--device', 'cpu', '--precision', 'fp32', '--jobs', '2']
REST = ['-o', '{dir}/out/{stem}_hdr.{ext}']


def contents(folder):
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.rglob('*') if p.is_file()}


def make_photos(folder):
    folder.mkdir()
    for number in range(3):
        write(folder / f'{number}.jpg', scene(120 + number, 160))
    write(folder / '3.png', pixels(90, 100))
    return sorted(folder.iterdir())


@pytest.fixture(scope='module')
def undisturbed(tmp_path_factory):
    """What a folder holds after a run that nothing disturbs, and the seconds it takes."""
    folder = tmp_path_factory.mktemp('undisturbed') / 'photos'
    photos = make_photos(folder)
    start = time.monotonic()
    assert enhance(*photos, *REST).returncode == 0
    return contents(folder), time.monotonic() - start


def assert_nothing_is_half_done(folder, whole):
    left = {name: digest for name, digest in contents(folder).items() if '/.hdrtile-' not in name}
    assert left == {name: whole[name] for name in left}, 'a file that is neither its input nor the whole result'
    assert {name for name in whole if not name.startswith('out/')} <= set(left), 'an input is gone'


def kill(folder, seconds, from_first_photo):
    """Starts a run and kills it after that time: since its start, or since its first photo went through the model."""
    command = [str(BINARY), 'enhance', *map(str, sorted(folder.glob('*.*'))), *REST, *FLAGS, '--progress', 'json', '-q']
    slow_disk = file_faults('fsync .hdrtile- 0 stall=.03')  # most of the time is in the middle of a write then
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=slow_disk) as process:
        if from_first_photo:
            for line in process.stdout:
                if '"progress"' in line:
                    break
        time.sleep(seconds)
        process.kill()
        process.wait(timeout=TIMEOUT_S)


def test_killed_at_random_moments(tmp_path, undisturbed):
    whole, seconds = undisturbed
    chance = random.Random(7)
    finished = []
    for number in range(KILLS):
        folder = tmp_path / str(number)
        make_photos(folder)
        near_writes = number % 2 == 1
        kill(folder, chance.uniform(0, .15 if near_writes else seconds), near_writes)
        assert_nothing_is_half_done(folder, whole)
        finished.append(len(contents(folder)))
    strays = len(list(tmp_path.rglob('.hdrtile-*')))
    photos = [p for number in range(KILLS) for p in sorted((tmp_path / str(number)).glob('*.*'))]
    result = enhance(*photos, *REST)
    assert result.returncode == 0, result.stderr
    assert result.stderr.count('a run that was killed') == strays
    for number in range(KILLS):
        assert contents(tmp_path / str(number)) == whole
    print(f'\n{KILLS} runs killed, files there after each: {finished}, temporaries removed by the next run: {strays}')


def test_killed_at_every_call_of_the_write(tmp_path, undisturbed):
    log = tmp_path / 'log'
    photos, strays = [], 0
    for nth in range(1, 100):
        folder = tmp_path / str(nth)
        photos.append(make_photos(folder)[0])
        log.unlink(missing_ok=True)
        result = enhance(photos[-1], *REST, env=file_faults(f'any {folder}/out {nth} half', log=log))
        left = contents(folder)
        assert left.get('out/0_hdr.jpg') in (None, undisturbed[0]['out/0_hdr.jpg'])
        strays += sum('/.hdrtile-' in name for name in left)
        if result.returncode == 0:
            break
        assert result.returncode == -9
    calls = {line.split()[1] for line in log.read_text().splitlines()}
    assert {'open', 'flock', 'write', 'fsync', 'close', 'rename'} <= calls, 'a call of the write was not tried'
    assert strays >= 5
    result = enhance(*photos, *REST)
    assert result.returncode == 0, result.stderr
    assert not list(tmp_path.rglob('.hdrtile-*'))
    for photo in photos:
        assert contents(photo.parent)['out/0_hdr.jpg'] == undisturbed[0]['out/0_hdr.jpg']


def test_a_killed_run_that_replaces_leaves_the_old_photo_or_the_new(tmp_path, undisturbed):
    for call in ('write', 'fsync', 'rename'):
        folder = tmp_path / call
        photo = make_photos(folder)[0]
        (folder / 'out').mkdir()
        (folder / 'out/0_hdr.jpg').write_bytes(b'the old one')
        result = enhance(photo, *REST, '--on-exist', 'overwrite', env=file_faults(f'{call} .hdrtile- 1 half'))
        assert result.returncode == -9
        assert (folder / 'out/0_hdr.jpg').read_bytes() == b'the old one'
        assert enhance(photo, *REST, '--on-exist', 'overwrite').returncode == 0
        assert set(contents(folder / 'out').values()) == {undisturbed[0]['out/0_hdr.jpg']}
