"""What goes wrong: each fault has its exit code, names its file and its reason, and leaves nothing behind."""
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import zlib

import pytest
from program import BINARY, enhance, model, names, pixels, run, scene, write

WRITE_FAULT = r'''
#define _GNU_SOURCE
#include <errno.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
ssize_t write(int fd, const void* data, size_t size) {
  struct stat s;
  if (fstat(fd, &s) == 0 && S_ISREG(s.st_mode)) { errno = ENOSPC; return -1; }
  return syscall(SYS_write, fd, data, size);
}
'''


def jpeg(folder, name='photo.jpg'):
    return write(folder / name, scene(48, 64))


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


def assert_fails_alone(photo, *reasons, prefix=(), **options):
    """The photo fails with its name and one of the reasons, the good one beside it is done, nothing else appears."""
    good = jpeg(photo.parent, 'good.jpg')
    before = set(names(photo.parent))
    result = enhance(photo, good, prefix=prefix, **options)
    assert result.returncode == 1, result.stderr
    assert str(photo.name) in result.stderr
    assert any(reason in result.stderr.lower() for reason in reasons), result.stderr
    assert set(names(photo.parent)) == before | {'good_hdr.jpg'}


def test_empty_file(tmp_path):
    photo = tmp_path / 'bad.jpg'
    photo.touch()
    assert_fails_alone(photo, 'empty')


@pytest.mark.parametrize('suffix', ['.jpg', '.png'])
@pytest.mark.parametrize('share', [.1, .5, .95])
def test_truncated_file(tmp_path, suffix, share):
    photo = write(tmp_path / f'bad{suffix}', scene(300, 400))
    data = photo.read_bytes()
    photo.write_bytes(data[:int(len(data) * share)])
    assert_fails_alone(photo, 'truncated', 'damaged', 'corrupt', 'ends')


def test_text_file_called_jpg(tmp_path):
    photo = tmp_path / 'bad.jpg'
    photo.write_text('this is a shopping list\n' * 20)
    assert_fails_alone(photo, 'not a jpeg or png', 'no photo', 'not a photo', 'unknown format', 'neither')


def test_mislabelled_file_of_another_kind(tmp_path):
    photo = tmp_path / 'bad.jpg'
    photo.write_bytes(b'%PDF-1.7\n' + bytes(1000))
    assert_fails_alone(photo, 'not a jpeg or png', 'no photo', 'not a photo', 'unknown format', 'neither')


def test_noise_after_a_jpeg_signature(tmp_path):
    photo = tmp_path / 'bad.jpg'
    photo.write_bytes(b'\xff\xd8\xff\xe0' + bytes(range(256)) * 4)
    assert_fails_alone(photo, 'damaged', 'corrupt', 'truncated', 'jpeg')


def png_chunk(kind, data):
    return struct.pack('>I', len(data)) + kind + data + struct.pack('>I', zlib.crc32(kind + data))


def test_decompression_bomb_is_refused_by_its_header(tmp_path):
    side = 100_000  # 30 GB of pixels in 30 MB of zeros, deflated once more to nothing: only its head is needed
    photo = tmp_path / 'bad.png'
    photo.write_bytes(b'\x89PNG\r\n\x1a\n' + png_chunk(b'IHDR', struct.pack('>IIBBBBB', side, side, 8, 2, 0, 0, 0)) +
                      png_chunk(b'IDAT', zlib.compress(bytes(1 << 20))) + png_chunk(b'IEND', b''))
    assert_fails_alone(photo, 'pixels', 'too large', 'limit')


def test_bomb_within_jpeg_dimensions(tmp_path):
    data = bytearray(jpeg(tmp_path, 'bad.jpg').read_bytes())
    at = data.index(b'\xff\xc0') + 5
    data[at:at + 4] = struct.pack('>HH', 65500, 65500)
    (tmp_path / 'bad.jpg').write_bytes(data)
    assert_fails_alone(tmp_path / 'bad.jpg', 'pixels', 'too large', 'limit')


def test_missing_file(tmp_path):
    good = jpeg(tmp_path, 'good.jpg')
    result = enhance(tmp_path / 'nowhere.jpg', good)
    assert result.returncode == 1, result.stderr
    assert 'nowhere.jpg' in result.stderr and 'no such file' in result.stderr.lower()
    assert names(tmp_path) == ['good.jpg', 'good_hdr.jpg']


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


def test_disk_full_by_write_fault(tmp_path):
    shim = tmp_path / 'shim.so'
    source = tmp_path / 'shim.c'
    source.write_text(WRITE_FAULT)
    subprocess.run(['cc', '-shared', '-fPIC', '-o', str(shim), str(source)], check=True)
    photo = jpeg(tmp_path)
    out = tmp_path / 'out'
    out.mkdir()
    result = enhance(photo, '-o', f'{out}/', env=os.environ | {'LD_PRELOAD': str(shim)})
    assert result.returncode == 1, result.stderr
    assert 'photo_hdr.jpg' in result.stderr and 'no space left' in result.stderr.lower()
    assert names(out) == []


def test_disk_full_on_a_small_file_system(tmp_path):
    disk = tmp_path / 'disk'
    disk.mkdir()
    if subprocess.run(['mount', '-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', str(disk)], capture_output=True).returncode:
        pytest.skip('mounting is not allowed here; the write-fault test covers the full disk')
    try:
        photo = write(tmp_path / 'photo.png', pixels(400, 600))
        result = enhance(photo, '-o', f'{disk}/')
        assert result.returncode == 1, result.stderr
        assert 'photo_hdr.png' in result.stderr and 'no space left' in result.stderr.lower()
        assert names(disk) == []
    finally:
        subprocess.run(['umount', str(disk)], check=True)


def assert_model_is_refused(tmp_path, path, *reasons):
    photo = jpeg(tmp_path)
    result = run('enhance', photo, '--model', path, '--device', 'cpu')
    assert result.returncode == 3, result.stderr
    assert os.path.basename(path) in result.stderr
    assert any(reason in result.stderr.lower() for reason in reasons), result.stderr
    assert names(tmp_path) == ['photo.jpg']


def test_missing_model(tmp_path):
    assert_model_is_refused(tmp_path, '/nowhere/none.pt', 'no such file', 'not found', 'missing')


def test_unknown_model_name(tmp_path):
    assert_model_is_refused(tmp_path, 'nosuchmodel', 'no such', 'not found', 'unknown')


@pytest.mark.parametrize('name', ['noise', 'cut', 'state_dict'])
def test_model_that_is_none(tmp_path, name):
    assert_model_is_refused(tmp_path, str(model(name)), 'torchscript')


def test_model_with_a_broken_description(tmp_path):
    assert_model_is_refused(tmp_path, str(model('bad_description')), 'multiple')


def test_model_of_wrong_shape(tmp_path):
    assert_model_is_refused(tmp_path, str(model('cropped')), 'shape', 'returned')


def test_model_of_nan(tmp_path):
    assert_model_is_refused(tmp_path, str(model('nan')), 'nan')


def test_cuda_that_is_not_there(tmp_path):
    if shutil.which('nvidia-smi') and subprocess.run(['nvidia-smi'], capture_output=True).returncode == 0:
        pytest.skip('this machine has a GPU')
    result = run('enhance', jpeg(tmp_path), '--model', model('lift'), '--device', 'cuda')
    assert result.returncode == 3, result.stderr
    assert 'cuda' in result.stderr.lower()
    assert names(tmp_path) == ['photo.jpg']


@pytest.mark.parametrize('arguments', [
    ('--tile', '-3'), ('--precision', 'fp13'), ('--quality', '0'), ('--quality', '101'), ('--strength', '2'), ('--jobs', '-1'),
    ('--device', 'gpu'), ('--format', 'bmp'), ('--on-exist', 'perhaps'), ('--metadata', 'some'), ('--progress', 'loud'),
    ('--no-such-flag',), ('--max-memory', 'lots')])
def test_wrong_flags_are_usage_errors(tmp_path, arguments):
    result = enhance(jpeg(tmp_path), *arguments)
    assert result.returncode == 2, result.stderr
    assert arguments[0] in result.stderr
    assert names(tmp_path) == ['photo.jpg']


def test_tile_too_small_for_the_overlap_says_what_works(tmp_path):
    photo = write(tmp_path / 'photo.jpg', scene(300, 400))
    result = enhance(photo, '--tile', 32, '--overlap', 64)
    assert result.returncode in (1, 2), result.stderr
    assert 'tile' in result.stderr
    assert names(tmp_path) == ['photo.jpg']
