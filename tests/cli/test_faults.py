"""Bad photos and bad flags: each fault has its exit code, names its file and its reason, and leaves nothing behind."""
import json
import os
import shutil
import struct
import subprocess
import zlib

import pytest
from program import assert_fails_alone, enhance, jpeg, model, names, run, scene, write


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


def test_a_small_limit_on_pixels_is_told_as_it_is(tmp_path):
    assert_fails_alone(write(tmp_path / 'large.png', scene(100, 100)), 'the limit is 3072 pixels', flags=('--max-pixels', 48 * 64))


def test_a_photo_that_a_model_of_fixed_tiles_cannot_take_whole(tmp_path):
    photo = write(tmp_path / 'large.png', scene(200, 300))
    assert_fails_alone(photo, 'make it smaller', with_model='restormer', flags=('--tile', 'whole'))


def test_info_names_a_photo_that_is_too_large_for_the_memory_limit(tmp_path):
    photos = [write(tmp_path / f'{name}.png', scene(side, side)) for name, side in (('a', 40), ('large', 1200), ('b', 40))]
    told = run('info', *photos, '--json', '--tile', 'whole', '--max-memory', '1G', '--model', model('mean_gain'), '--device', 'cpu')
    assert told.returncode == 1
    assert f'{photos[1]}: a memory limit of 1024 MiB is too small' in told.stderr
    assert [photo['path'] for photo in json.loads(told.stdout)['photos']] == [str(photos[0]), str(photos[2])]


def test_a_pipe_called_jpg_is_not_waited_for(tmp_path):
    photo = tmp_path / 'bad.jpg'
    os.mkfifo(photo)
    assert_fails_alone(photo, 'is a pipe', prefix=('timeout', '20'))


def test_missing_file(tmp_path):
    good = jpeg(tmp_path, 'good.jpg')
    result = enhance(tmp_path / 'nowhere.jpg', good)
    assert result.returncode == 1, result.stderr
    assert 'nowhere.jpg' in result.stderr and 'no such file' in result.stderr.lower()
    assert names(tmp_path) == ['good.jpg', 'good_hdr.jpg']


def test_cuda_that_is_not_there(tmp_path):
    if shutil.which('nvidia-smi') and subprocess.run(['nvidia-smi'], capture_output=True).returncode == 0:
        pytest.skip('this machine has a GPU')
    photos = [jpeg(tmp_path, f'{i}.jpg') for i in range(4)]
    for device in ('cuda', 'cuda:0,1'):
        result = run('enhance', *photos, '--model', model('lift'), '--device', device, '--report', tmp_path / 'report.json')
        assert result.returncode == 3, result.stderr
        assert 'no CUDA device' in result.stderr
        assert len(json.loads((tmp_path / 'report.json').read_text())['photos']) == 4
        assert names(tmp_path) == ['0.jpg', '1.jpg', '2.jpg', '3.jpg', 'report.json']


@pytest.mark.parametrize('arguments', [
    ('--tile', '-3'), ('--precision', 'fp13'), ('--quality', '0'), ('--quality', '101'), ('--strength', '2'), ('--jobs', '-1'),
    ('--device', 'gpu'), ('--device', 'cuda:0,0'), ('--format', 'bmp'), ('--on-exist', 'perhaps'), ('--metadata', 'some'), ('--progress', 'loud'),
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
