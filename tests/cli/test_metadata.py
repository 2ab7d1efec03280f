"""What a photo carries beside its pixels survives, and says the truth."""
import json
import subprocess

import numpy as np
import pytest
from program import enhance, read, scene, write

EXIF = {'EXIF:Make': 'Canon', 'EXIF:Model': 'EOS R5', 'EXIF:FNumber': 8, 'EXIF:ISO': 400, 'EXIF:DateTimeOriginal': '2024:05:06 07:08:09',
        'EXIF:Artist': 'Zoë', 'IPTC:City': 'Lisboa', 'XMP:Rating': 4}
GPS = ['-EXIF:GPSLatitude=38.7', '-EXIF:GPSLatitudeRef=N', '-EXIF:GPSLongitude=9.1', '-EXIF:GPSLongitudeRef=W']


def exiftool(*arguments):
    return subprocess.run(['exiftool', *map(str, arguments)], check=True, capture_output=True, text=True).stdout


def tags(path):
    return json.loads(exiftool('-json', '-G', '-n', path))[0]


@pytest.fixture
def photo(tmp_path):
    path = write(tmp_path / 'a.jpg', scene(120, 160))
    exiftool('-q', '-overwrite_original', '-n', *(f'-{k}={v}' for k, v in EXIF.items()), *GPS, path)
    return path


def test_exif_iptc_and_xmp_survive(photo):
    result = enhance(photo)
    assert result.returncode == 0, result.stderr
    after = tags(photo.with_name('a_hdr.jpg'))
    assert {k: after.get(k) for k in EXIF} == EXIF
    assert abs(after['EXIF:GPSLatitude'] - 38.7) < 1e-3


@pytest.mark.parametrize('policy', ['no-gps', 'none'])
def test_metadata_can_be_left_out(photo, policy):
    assert enhance(photo, '--metadata', policy).returncode == 0
    after = tags(photo.with_name('a_hdr.jpg'))
    assert not [k for k in after if 'GPS' in k]
    assert ('EXIF:Make' in after) == (policy == 'no-gps')


def test_metadata_survives_from_jpeg_to_png(photo):
    assert enhance(photo, '--format', 'png').returncode == 0
    after = tags(photo.with_name('a_hdr.png'))
    assert {k: after.get(k) for k in ('EXIF:Make', 'EXIF:FNumber', 'XMP:Rating')} == {'EXIF:Make': 'Canon', 'EXIF:FNumber': 8, 'XMP:Rating': 4}


def upright(path):
    """Pixels as a viewer shows them."""
    image = read(path)
    turn = {1: lambda i: i, 3: lambda i: i[::-1, ::-1], 6: lambda i: np.rot90(i, -1), 8: lambda i: np.rot90(i),
            2: lambda i: i[:, ::-1], 4: lambda i: i[::-1], 5: lambda i: i.transpose(1, 0, 2), 7: lambda i: i[::-1, ::-1].transpose(1, 0, 2)}
    return turn[tags(path).get('EXIF:Orientation', 1)](image)


@pytest.mark.parametrize('orientation', range(1, 9))
@pytest.mark.parametrize('suffix', ['.jpg', '.png'])
def test_orientation_is_handled_once(tmp_path, orientation, suffix):
    photo = write(tmp_path / f'a{suffix}', scene(120, 160))
    exiftool('-q', '-overwrite_original', '-n', f'-EXIF:Orientation={orientation}', photo)
    result = enhance(photo, '--quality', 98, with_model='identity')
    assert result.returncode == 0, result.stderr
    out = tmp_path / f'a_hdr{suffix}'
    before, after = upright(photo), upright(out)
    assert before.shape == after.shape
    assert np.abs(before.astype(int) - after).mean() < 3, 'shown as it was'
    said = tags(out)
    assert said.get('EXIF:ExifImageWidth', read(out).shape[1]) == read(out).shape[1]


def test_thumbnail_tells_the_truth(photo, tmp_path):
    thumbnail = write(tmp_path / 't.jpg', np.zeros((60, 80, 3), np.uint8))
    exiftool('-q', '-overwrite_original', f'-ThumbnailImage<={thumbnail}', photo)
    assert enhance(photo).returncode == 0
    data = subprocess.run(['exiftool', '-b', '-ThumbnailImage', str(photo.with_name('a_hdr.jpg'))], capture_output=True).stdout
    if data:
        (tmp_path / 'after.jpg').write_bytes(data)
        assert abs(read(tmp_path / 'after.jpg').mean() - read(photo.with_name('a_hdr.jpg')).mean()) < 12


def test_stamp_is_readable_xmp(photo):
    assert enhance(photo).returncode == 0
    assert 'hdrtile' in exiftool('-a', '-G1', '-XMP:all', photo.with_name('a_hdr.jpg')).lower()


def test_a_metadata_fault_is_a_warning(tmp_path):
    photo = write(tmp_path / 'a.jpg', scene(50, 60))
    data = photo.read_bytes()
    broken = b'Exif\x00\x00MM\x00\x2a\xff\xff\xff\xf0' + bytes(20)
    photo.write_bytes(data[:2] + b'\xff\xe1' + (len(broken) + 2).to_bytes(2, 'big') + broken + data[2:])
    result = enhance(photo)
    assert result.returncode == 0, result.stderr
    assert 'a_hdr.jpg' in [p.name for p in tmp_path.iterdir()]
