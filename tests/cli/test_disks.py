"""Disks that are full, shut, slow or gone: a photo fails alone with its reason, and nothing half-written is left."""
import errno
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time

import pytest
from mounts import limit_blocks, mounted, network_drive
from program import BINARY, TIMEOUT_S, assert_fails_alone, enhance, jpeg, model, names, pixels, read, run, scene, write
from shims import file_faults


def ordinary_user():
    """A prefix that runs a command without root's right to read and write everything."""
    if os.geteuid() != 0:
        return []
    for prefix in (['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'],
                   ['setpriv', '--bounding-set=-dac_override,-dac_read_search']):  # where nobody cannot reach the program
        if subprocess.run([*prefix, str(BINARY), '--version'], capture_output=True).returncode == 0:
            return prefix
    raise AssertionError('no way to run the program without rights')


@pytest.fixture
def open_folder():
    """A folder the ordinary user can reach: pytest's own are closed again by each pytest that starts beside this one."""
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        yield pathlib.Path(folder)


def test_file_without_rights(open_folder):
    photo = jpeg(open_folder, 'bad.jpg')
    photo.chmod(0)
    assert_fails_alone(photo, 'permission', prefix=ordinary_user())


def test_folder_without_rights(open_folder):
    photo = jpeg(open_folder)
    closed = open_folder / 'closed'
    closed.mkdir()
    closed.chmod(0o555)
    result = enhance(photo, '-o', f'{closed}/', prefix=ordinary_user())
    assert result.returncode == 1, result.stderr
    assert 'closed' in result.stderr and 'permission' in result.stderr.lower()
    assert names(closed) == []


def test_a_folder_that_cannot_be_read_fails_the_run_and_no_other_photo(open_folder):
    """Its photos may be missing: a pipeline must learn that, as of cp -r and grep -r."""
    for name in ('a', 'closed', 'shut', 'z'):
        (open_folder / name).mkdir()
        jpeg(open_folder / name)
    (open_folder / 'shut/below').mkdir()
    (open_folder / 'a').chmod(0o777)
    (open_folder / 'z').chmod(0o777)
    (open_folder / 'closed').chmod(0o333)
    (open_folder / 'shut').chmod(0o444)  # gives names, and nothing of what they name
    report, merged = open_folder / 'report.json', open_folder / 'merged.json'
    for flags in (['--dry-run'], []):
        result = enhance(open_folder, '-r', '--report', report, '--progress', 'json', *flags, prefix=ordinary_user())
        assert result.returncode == 1, result.stderr
        unread = [str(open_folder / 'closed'), str(open_folder / 'shut/below')]
        for folder in unread:
            assert f'error: the folder {folder} cannot be read: Permission denied' in result.stderr
        told = json.loads(report.read_text())
        assert told['unread_folders'] == unread
        assert (told['summary']['done'], told['summary']['failed']) == (2, 1)  # shut/photo.jpg
        assert json.loads(result.stdout.splitlines()[-1])['unread_folders'] == unread
    assert names(open_folder / 'a') == names(open_folder / 'z') == ['photo.jpg', 'photo_hdr.jpg']
    merge = run('report', 'merge', report, '-o', merged)
    assert merge.returncode == 1 and str(open_folder / 'closed') in merge.stderr
    assert json.loads(merged.read_text())['unread_folders'] == unread


def test_a_folder_that_cannot_be_read_is_no_success_where_all_photos_are_done(open_folder):
    jpeg(open_folder)
    (open_folder / 'closed').mkdir(0)
    result = enhance(open_folder, '-r', prefix=ordinary_user())
    assert result.returncode == 1
    assert '1 enhanced, 1 folder not read' in result.stderr
    assert enhance(open_folder, prefix=ordinary_user()).returncode == 0, 'it was not asked for'


@pytest.mark.parametrize('call, error', [
    ('open', errno.ENOSPC), ('open', errno.EROFS), ('write', errno.ENOSPC), ('write', errno.EDQUOT), ('write', errno.EIO),
    ('fsync', errno.ENOSPC), ('close', errno.ENOSPC), ('close', errno.EDQUOT), ('rename', errno.ENOSPC), ('rename', errno.ESTALE)])
def test_a_write_that_fails_at_any_call(tmp_path, call, error):
    assert_fails_alone(jpeg(tmp_path, 'bad.jpg'), os.strerror(error).lower(),
                       env=file_faults(f'{call} /.hdrtile- 1 {error}'))


def test_a_disk_that_takes_a_part_of_the_photo(tmp_path):
    """The second write of the file fails: writes that are cut short go on with the rest."""
    with mounted(tmp_path / 'disk', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs') as disk:
        photo = write(tmp_path / 'photo.png', pixels(400, 600))
        result = enhance(photo, '-o', f'{disk}/')
        assert result.returncode == 1, result.stderr
        assert 'photo_hdr.png' in result.stderr and 'no space left' in result.stderr.lower()
        assert names(disk) == []


def test_a_report_that_finds_a_full_disk_costs_no_photo(tmp_path):
    photo = jpeg(tmp_path)
    (tmp_path / 'reports').mkdir()
    result = enhance(photo, '--report', tmp_path / 'reports/report.json', env=file_faults(f'write /reports/ 1 {errno.ENOSPC}'))
    assert result.returncode == 1, result.stderr
    assert 'report.json' in result.stderr and 'no space left' in result.stderr.lower()
    assert names(tmp_path) == ['photo.jpg', 'photo_hdr.jpg', 'reports'] and names(tmp_path / 'reports') == []


def test_a_quota_that_is_used_up(open_folder):
    prefix = ordinary_user()
    if '--reuid=65534' not in prefix:
        pytest.skip('quotas do not hold for root')
    image = open_folder / 'image'
    with open(image, 'wb') as file:
        file.truncate(16 << 20)
    if not shutil.which('mkfs.ext4'):
        pytest.skip('no mkfs.ext4 here')
    subprocess.run(['mkfs.ext4', '-q', '-O', 'quota', '-E', 'quotatype=usrquota', str(image)], check=True)
    with mounted(open_folder / 'disk', '-o', 'loop,usrquota', str(image)) as disk:
        disk.chmod(0o777)
        limit_blocks(disk, 65534, kib=40)
        photos = [write(open_folder / 'large.png', pixels(300, 400)), jpeg(open_folder, 'small.jpg')]
        result = enhance(*photos, '-o', f'{disk}/', prefix=prefix)
        assert result.returncode == 1, result.stderr
        assert 'large_hdr.png' in result.stderr and 'quota' in result.stderr.lower()
        assert [name for name in names(disk) if name != 'lost+found'] == ['small_hdr.jpg']


def test_a_disk_that_may_only_be_read(tmp_path):
    with mounted(tmp_path / 'disk', '-t', 'tmpfs', 'tmpfs') as disk:
        photo = jpeg(disk)
        subprocess.run(['mount', '-o', 'remount,ro', str(disk)], check=True)
        result = enhance(photo)
        assert result.returncode == 1, result.stderr
        assert 'photo_hdr.jpg' in result.stderr and 'read-only' in result.stderr.lower()
        (tmp_path / 'elsewhere').mkdir()
        assert enhance(photo, '-o', f'{tmp_path}/elsewhere/').returncode == 0
        assert names(disk) == ['photo.jpg']


def start_slowly(folder, count, *flags, **options):
    """A run that is within its first photo, the others still to be read."""
    for number in range(count):
        write(folder / f'{number}.jpg', scene(500, 700))
    process = subprocess.Popen(
        [str(BINARY), 'enhance', *map(str, sorted(folder.glob('*.jpg'))), '--model', str(model('slow')), '--device', 'cpu',
         '--precision', 'fp32', '--tile', '128', '--jobs', '1', '--progress', 'json', *map(str, flags)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)
    for line in process.stdout:
        if '"progress"' in line:
            return process
    raise AssertionError(process.stderr.read())


def test_an_input_folder_that_vanishes(tmp_path):
    folder = tmp_path / 'in'
    folder.mkdir()
    process = start_slowly(folder, 6, '-o', f'{tmp_path}/out/', '--report', tmp_path / 'report.json')
    shutil.rmtree(folder)
    _, errors = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 1, errors
    entries = {pathlib.Path(entry['input']).name: entry for entry in json.loads((tmp_path / 'report.json').read_text())['photos']}
    assert entries['0.jpg']['status'] == 'done' and entries['5.jpg']['status'] == 'failed'
    assert 'no such file' in entries['5.jpg']['reason'].lower()
    assert names(tmp_path / 'out') == [f'{name[0]}_hdr.jpg' for name, entry in sorted(entries.items()) if entry['status'] == 'done']


def test_an_output_folder_that_vanishes_is_made_again(tmp_path):
    (tmp_path / 'out').mkdir()
    process = start_slowly(tmp_path, 1, '-o', f'{tmp_path}/out/')
    shutil.rmtree(tmp_path / 'out')
    _, errors = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, errors
    assert read(tmp_path / 'out/0_hdr.jpg').shape == (500, 700, 3)


@pytest.mark.parametrize('fault', ['read bad.jpg 0 5', 'open bad.jpg 0 5', 'open bad.jpg 0 stall=.5,5', 'open bad.jpg 0 24'])
def test_a_photo_that_cannot_be_read_off_its_disk(tmp_path, fault):
    assert_fails_alone(jpeg(tmp_path, 'bad.jpg'), 'input/output error', 'too many open files', env=file_faults(fault))


def test_a_write_that_stalls_and_fails_holds_up_no_other_photo(tmp_path):
    photos = [jpeg(tmp_path, f'{number}.jpg') for number in range(4)]
    result = enhance(*photos, '--jobs', 2, env=file_faults('write .hdrtile- 2 stall=1.5,5'))
    assert result.returncode == 1, result.stderr
    assert 'input/output error' in result.stderr.lower()
    assert len(list(tmp_path.glob('*_hdr.jpg'))) == 3 and not list(tmp_path.glob('.hdrtile-*'))


def test_a_network_drive_that_works(tmp_path):
    """It has no rename that replaces nothing, as many: then results get their names by a link."""
    with network_drive(tmp_path / 'drive') as drive:
        photo = jpeg(drive)
        assert enhance(photo).returncode == 0
        assert names(drive) == ['photo.jpg', 'photo_hdr.jpg']
        assert 'skipped' in enhance(photo).stderr
        assert enhance(photo, '--on-exist', 'overwrite').returncode == 0
        assert names(drive) == ['photo.jpg', 'photo_hdr.jpg']


def test_a_network_drive_that_stalls_and_fails(tmp_path):
    with network_drive(tmp_path / 'drive', 'stall', 'bad', 1, errno.EIO) as drive:
        jpeg(tmp_path / 'drive.behind', 'bad.jpg')
        good = [jpeg(drive, f'good{number}.jpg') for number in range(2)]
        result = enhance(drive / 'bad.jpg', *good)
        assert result.returncode == 1, result.stderr
        assert 'bad.jpg' in result.stderr and 'input/output error' in result.stderr.lower()
        assert names(drive) == ['bad.jpg', 'good0.jpg', 'good0_hdr.jpg', 'good1.jpg', 'good1_hdr.jpg']


@pytest.mark.parametrize('part', ['photo.jpg', '.hdrtile-'])
def test_interrupts_end_a_run_on_a_network_drive_that_hangs(tmp_path, part):
    """Not before the call comes back: Linux lets no process go, be it by kill -9, while FUSE owes it an answer."""
    with network_drive(tmp_path / 'drive', 'stall', part, 3, errno.EIO) as drive:
        jpeg(tmp_path / 'drive.behind')
        process = subprocess.Popen([str(BINARY), 'enhance', str(drive / 'photo.jpg'), '-o', f'{drive}/photo_hdr.jpg',
                                    '--model', str(model('lift')), '--device', 'cpu', '--precision', 'fp32'], stderr=subprocess.PIPE)
        time.sleep(2)
        for _ in range(2):
            process.send_signal(signal.SIGINT)
            time.sleep(.2)
        process.communicate(timeout=TIMEOUT_S)
        assert process.returncode in (130, -signal.SIGINT)
        assert not (tmp_path / 'drive.behind/photo_hdr.jpg').exists()


def test_names_that_differ_in_case_alone_are_one_file_where_the_disk_says_so(tmp_path):
    with network_drive(tmp_path / 'drive', 'fold') as drive:
        photo = jpeg(drive, 'A.jpg')
        before = photo.read_bytes()
        for on_exist in ('skip', 'overwrite', 'update', 'rename'):
            result = enhance(photo, '-o', drive / 'a.JPG', '--on-exist', on_exist)
            assert result.returncode == 2, result.stderr
            assert 'an input itself' in result.stderr
        assert photo.read_bytes() == before and names(drive) == ['A.jpg']
        jpeg(drive, 'b.jpg')
        result = enhance(photo, drive / 'b.jpg', '-o', f'{drive}/B.jpg'.replace('B.jpg', '{stem}.JPG'), '--on-exist', 'overwrite')
        assert result.returncode == 2, result.stderr
        assert names(drive) == ['A.jpg', 'b.jpg']


def test_outputs_that_differ_in_case_alone_do_not_replace_each_other(tmp_path):
    with network_drive(tmp_path / 'drive', 'fold') as drive:
        photos = [jpeg(tmp_path, 'a.jpg'), jpeg(tmp_path, 'A.jpg')]
        result = enhance(*photos, '-o', f'{drive}/', '--on-exist', 'overwrite')
        assert names(drive) in ([], ['A_hdr.jpg'], ['a_hdr.jpg'])
        assert result.returncode == 2, result.stderr
        assert 'both' in result.stderr
