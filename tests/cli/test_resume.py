"""Runs over what earlier runs left: the rest is done, nothing twice, and what is out of date is told."""
import json
import re
import signal
import struct
import subprocess

import pytest
from program import BINARY, TIMEOUT_S, enhance, model, names, run, scene, write


@pytest.fixture
def photo(tmp_path):
    photo = write(tmp_path / 'a.jpg', scene(60, 80))
    assert enhance(photo).returncode == 0
    return photo


def again(photo, *flags, **options):
    """Its report entry, the run's summary and what was said."""
    report = photo.parent / 'report.json'
    result = enhance(photo, *flags, '--report', report, **options)
    data = json.loads(report.read_text())
    return data['photos'][0], data['summary'], result


def test_what_is_up_to_date_is_skipped_and_told_so(photo):
    entry, summary, result = again(photo)
    assert (entry['status'], entry['existing'], summary['stale'], result.returncode) == ('skipped', 'current', 0, 0)
    assert 'stale' not in entry and 'up to date' in entry['reason']


@pytest.mark.parametrize('change, words', [('photo', 'another version of the photo'), ('model', 'model lift sha256:'),
                                           ('settings', 'quality 92 -> 80')])
def test_a_stale_output_is_left_alone_told_and_redone_with_update(photo, change, words):
    output = photo.with_name('a_hdr.jpg')
    before = output.read_bytes()
    if change == 'photo':
        write(photo, scene(60, 81))
    options = {'with_model': 'identity'} if change == 'model' else {}
    flags = ['--quality', 80] if change == 'settings' else []

    entry, summary, result = again(photo, *flags, '--quiet', **options)
    assert (entry['status'], entry['existing'], entry['stale']) == ('skipped', 'stale', [change])
    assert (summary['skipped'], summary['stale'], result.returncode) == (1, 1, 0)
    for text in (entry['reason'], result.stderr):
        assert words in text and '--on-exist update' in text
    assert output.read_bytes() == before

    assert '(1 of them stale' in enhance(photo, *flags, **options).stderr
    entry, summary, result = again(photo, *flags, '--on-exist', 'update', **options)
    assert (entry['status'], entry['stale'], result.returncode) == ('done', [change], 0)
    assert output.read_bytes() != before
    assert again(photo, *flags, **options)[0]['existing'] == 'current'


def test_every_reason_is_told(photo):
    write(photo, scene(60, 81))
    entry, _, _ = again(photo, '--strength', 0.5, '--format', 'jpg', with_model='identity')
    assert entry['stale'] == ['photo', 'model', 'settings']
    assert 'strength 1 -> 0.5' in entry['reason'] and 'format own -> jpeg' in entry['reason']


def test_progress_events_tell_what_is_stale(photo):
    write(photo, scene(60, 81))
    events = [json.loads(line) for line in enhance(photo, '--progress', 'json').stdout.splitlines()]
    finish = next(event for event in events if event['event'] == 'finish')
    assert (finish['status'], finish['stale']) == ('skipped', ['photo'])
    assert events[-1]['stale'] == 1


def test_where_and_how_fast_it_ran_makes_nothing_stale(photo):
    """An archive does not become stale by being looked at from another machine, or with other threads."""
    for flags in (['--jobs', 0], ['--batch', 1], ['--max-pixels', '1M'], ['--device', 'auto']):
        assert again(photo, *flags)[0]['existing'] == 'current', flags


def test_outputs_of_others_are_told_and_left_alone(photo):
    output = write(photo.with_name('a_hdr.jpg'), scene(10, 10))
    before = output.read_bytes()
    for flags in ([], ['--on-exist', 'update']):
        entry, summary, result = again(photo, *flags)
        assert (entry['status'], entry['existing'], summary['stale'], result.returncode) == ('skipped', 'foreign', 0, 0)
        assert 'not made by hdrtile' in result.stderr
        assert output.read_bytes() == before


def cmyk_without_profile():
    """A TIFF of one pixel whose colours nobody knows."""
    tags = ((256, 3, 1, 1), (257, 3, 1, 1), (258, 3, 4, 122), (259, 3, 1, 1), (262, 3, 1, 5), (273, 4, 1, 130), (277, 3, 1, 4),
            (278, 3, 1, 1), (279, 4, 1, 4))
    head = struct.pack('<2sHIH', b'II', 42, 8, len(tags))
    return head + b''.join(struct.pack('<HHII', *tag) for tag in tags) + bytes(4) + struct.pack('<4H', 8, 8, 8, 8) + bytes(4)


def test_outputs_of_others_are_so_whatever_their_colours(photo):
    photo.with_name('a_hdr.jpg').write_bytes(cmyk_without_profile())
    assert run('info', photo.with_name('a_hdr.jpg'), '--model', model('lift')).returncode == 1, 'as a photo it would fail'
    entry, _, result = again(photo, '--on-exist', 'update')
    assert (entry['status'], entry['existing'], result.returncode) == ('skipped', 'foreign', 0)


@pytest.mark.parametrize('damage', [b'', b'\xff\xd8\xff', b'no photo'])
def test_an_output_that_cannot_be_read_is_told_and_fails_an_update(photo, damage):
    output = photo.with_name('a_hdr.jpg')
    output.write_bytes(damage)
    entry, _, result = again(photo, '--quiet')
    assert (entry['status'], entry['existing'], result.returncode) == ('skipped', 'unreadable', 0)
    assert 'a_hdr.jpg' in result.stderr and 'cannot be told' in result.stderr
    entry, _, result = again(photo, '--on-exist', 'update')
    assert (entry['status'], entry['existing'], result.returncode) == ('failed', 'unreadable', 1)
    assert output.read_bytes() == damage
    assert again(photo, '--on-exist', 'overwrite')[0]['status'] == 'done'


def run_to_a_stop(command, stop, after):
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in process.stdout:
        after -= json.loads(line)['event'] == 'finish'
        if after == 0:
            process.send_signal(stop)
            break
    process.stdout.read()
    process.wait(timeout=TIMEOUT_S)


@pytest.mark.parametrize('stop', [signal.SIGINT, signal.SIGKILL])
def test_the_same_command_does_exactly_the_rest(tmp_path, stop):
    photos = [write(tmp_path / f'{number:02}.jpg', scene(200, 300)) for number in range(8)]
    report = tmp_path / 'report.json'
    command = [str(part) for part in (BINARY, 'enhance', *photos, '--model', model('slow'), '--device', 'cpu', '--precision', 'fp32',
                                      '--progress', 'json', '--report', report)]
    run_to_a_stop(command, stop, after=2)
    made = {path: path.read_bytes() for path in tmp_path.glob('*_hdr.jpg')}
    assert 2 <= len(made) < 8

    assert subprocess.run(command, capture_output=True, timeout=TIMEOUT_S, check=False).returncode == 0
    entries = json.loads(report.read_text())['photos']
    assert sorted(entry['input'] for entry in entries) == sorted(map(str, photos))
    status = {entry['output']: entry['status'] for entry in entries}
    assert {path for path, what in status.items() if what == 'skipped'} == {str(path) for path in made}, 'nothing is done twice'
    assert {what for path, what in status.items() if path not in map(str, made)} == {'done'}
    assert all(path.read_bytes() == before for path, before in made.items())
    assert all(re.fullmatch(r'\d\d(_hdr)?\.jpg|report\.json', name) for name in names(tmp_path))
