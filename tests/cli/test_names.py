"""Names of any bytes and any length, and other locales."""
import json
import os
import subprocess
import urllib.parse

import pytest
from program import enhance, jpeg, model, names, run


def rename(photo, name):
    return photo.rename(os.fsdecode(os.fsencode(photo.parent) + b'/' + name))


def true_name(entry, key):
    return urllib.parse.unquote_to_bytes(entry[f'{key}_bytes']) if f'{key}_bytes' in entry else os.fsencode(entry[key])


@pytest.mark.parametrize('name', [b'caf\xe9 100% \xff.jpg', 'casa 🏠\n"\\.jpg'.encode(), b'half \xf0\x9f\x8f.jpg', b'%41.jpg'])
def test_json_gives_every_name_back_byte_by_byte(tmp_path, name):
    photo = rename(jpeg(tmp_path), name)
    result = enhance(photo, '--report', tmp_path / 'report.json', '--progress', 'json')
    assert result.returncode == 0, result.stderr
    entries = json.loads((tmp_path / 'report.json').read_bytes().decode('utf-8'))['photos']
    events = [json.loads(line) for line in result.stdout.splitlines()]
    for entry in entries + [event for event in events if event['event'] in ('start', 'progress', 'finish')]:
        assert true_name(entry, 'input') == os.fsencode(photo)
    output = true_name(entries[0], 'output')
    assert output == os.fsencode(photo)[:-4] + b'_hdr.jpg' and os.path.exists(output)


def test_names_in_square_brackets_are_names(tmp_path):
    (tmp_path / '[2024]').mkdir()
    jpeg(tmp_path / '[2024]')
    jpeg(tmp_path).rename(tmp_path / '[a,b]')
    result = enhance('[2024]', '[a,b]', '-o', '[out]', cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert names(tmp_path / '[out]') == ['[a,b]_hdr.jpg', 'photo_hdr.jpg']
    told = run('info', '[a,b]', '--json', '--model', model('lift'), cwd=tmp_path)
    assert [photo['path'] for photo in json.loads(told.stdout)['photos']] == ['./[a,b]']


@pytest.mark.parametrize('photos', [('--', '-x.jpg', 'photo.jpg', '--'), ('photo.jpg', '--', '-x.jpg', '--')])
def test_after_two_dashes_all_are_names(tmp_path, photos):
    for name in ('-x.jpg', '--', 'photo.jpg'):
        jpeg(tmp_path).rename(tmp_path / name)
    result = run('enhance', '-o', 'out/', '--model', model('lift'), '--device', 'cpu', *photos, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert names(tmp_path / 'out') == ['--_hdr.jpg', '-x_hdr.jpg', 'photo_hdr.jpg']


def test_a_fault_names_a_file_that_is_no_utf8(tmp_path):
    photo = rename(jpeg(tmp_path), b'caf\xe9.jpg')
    photo.write_bytes(b'')
    result = enhance(photo)
    assert result.returncode == 1
    assert os.fsdecode(b'caf\xe9.jpg') in result.stderr


def test_the_longest_name_that_has_a_result(tmp_path):
    photo = rename(jpeg(tmp_path), b'x' * 247 + b'.jpg')
    assert enhance(photo).returncode == 0
    assert names(tmp_path) == sorted([photo.name, 'x' * 247 + '_hdr.jpg'])


def test_no_text_takes_control_characters_to_the_terminal(tmp_path):
    photo = tmp_path / 'esc\x1b]0;owned\x07\nx.jpg'
    assert enhance(jpeg(tmp_path), '--to-srgb', '-o', photo).returncode == 0
    photo.write_bytes(photo.read_bytes().replace('sRGB'.encode('utf-16-be'), 's\x1bGB'.encode('utf-16-be')))  # its profile's name
    told = run('info', photo, '--model', model('lift'), '--device', 'cpu')
    assert 'profile: s?GB' in told.stdout
    for result in (told, enhance(photo, '--reprocess', '--dry-run')):
        assert result.returncode == 0, result.stderr
        assert 'esc?]0;owned? x.jpg' in result.stdout
        assert not set(result.stdout + result.stderr) & {'\x1b', '\x07'}


@pytest.mark.parametrize('name', ['esc\x1b]0;owned\x07', 'csi\x9b31m'])
def test_no_usage_error_takes_control_characters_to_the_terminal(name):
    for arguments in (['enhance', 'a.jpg', f'--{name}'], [name], ['enhance', 'a.jpg', '--tile', name]):
        result = run(*arguments)
        assert result.returncode == 2
        assert not set(result.stdout + result.stderr) & {'\x1b', '\x07', '\x9b'}


@pytest.mark.parametrize('length', [252, 255])
def test_a_name_too_long_for_its_result_fails_alone_before_the_work(tmp_path, length):
    photo, good = rename(jpeg(tmp_path), b'x' * (length - 4) + b'.jpg'), jpeg(tmp_path, 'good.jpg')
    for on_exist in ('skip', 'overwrite'):
        result = enhance(photo, good, '--on-exist', on_exist, '-v')
        assert result.returncode == 1, 'not skipped as if its result existed'
        assert 'File name too long' in result.stderr and '-o' in result.stderr
        assert 'begins' not in ''.join(line for line in result.stderr.splitlines() if 'xxx' in line)
        assert names(tmp_path) == sorted([photo.name, 'good.jpg', 'good_hdr.jpg'])
    assert enhance(photo, '-o', f'{tmp_path}/short.jpg').returncode == 0


@pytest.mark.parametrize('locale', ['C', 'POSIX', 'C.UTF-8', 'de_DE.UTF-8', 'tr_TR.UTF-8'])
def test_locales_change_nothing(tmp_path, locale):
    """hdrtile sets none, so that a comma is no decimal point and I is the capital of i; where a locale is missing, C counts."""
    photo = rename(jpeg(tmp_path), 'INDIGO ı.JPG'.encode())
    result = enhance(photo, '--strength', .5, '--report', tmp_path / 'report.json', env=os.environ | {'LC_ALL': locale, 'LANG': locale})
    assert result.returncode == 0, result.stderr
    report = json.loads((tmp_path / 'report.json').read_text())
    assert 'strength=0.5' in report['settings'] and report['photos'][0]['ms']['decode'] > 0
    assert 'INDIGO ı_hdr.JPG' in names(tmp_path)


def test_the_bytes_do_not_depend_on_the_locale(tmp_path):
    known = subprocess.run(['locale', '-a'], capture_output=True, text=True).stdout.split()
    photo = jpeg(tmp_path)
    outputs = []
    for locale in {'C', *[name for name in known if name.startswith(('de_DE', 'tr_TR', 'C.'))]}:
        folder = tmp_path / locale
        assert enhance(photo, '--strength', .5, '-o', f'{folder}/', env=os.environ | {'LC_ALL': locale}).returncode == 0
        outputs.append((folder / 'photo_hdr.jpg').read_bytes())
    assert len(outputs) > 1 and len(set(outputs)) == 1
