"""--dry-run: what a run would do and take, and nothing written."""
import json
import re
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from program import ROOT, enhance, model, names, pixels, run, scene, write


def photograph(height, width, seed):
    """Like a photo in what it costs to encode: the detail and the noise of a sample, a part of it."""
    sample = cv2.imread(str(ROOT / 'tests/samples' / ('bedroom.jpg', 'living_room.jpg', 'dining_room.jpg')[seed % 3]))
    top, left = (int(v) for v in np.random.default_rng(seed).integers(0, (sample.shape[0] - height, sample.shape[1] - width)))
    return sample[top:top + height, left:left + width]


def reports(folder, *arguments, **options):
    """Of the dry run and of the real one, and what the dry run said."""
    found = []
    for flags in (['--dry-run'], []):
        report = folder / 'report.json'
        result = enhance(*arguments, *flags, '--report', report, **options)
        found.append((json.loads(report.read_text()), result))
    (dry, said), (real, _) = found
    return dry, real, said


def written(report):
    return sum((ROOT / entry['output']).stat().st_size for entry in report['photos'] if entry['status'] == 'done')


def test_the_summary_names_what_is_to_do_and_what_it_takes(tmp_path):
    photos = [write(tmp_path / name, scene(200, 300)) for name in ('new.jpg', 'done.jpg', 'old.jpg')]
    assert enhance(*photos[1:]).returncode == 0
    write(photos[2], scene(200, 301))
    (tmp_path / 'empty.jpg').touch()
    before = names(tmp_path)
    result = enhance(*photos, tmp_path / 'empty.jpg', '--dry-run')
    assert result.returncode == 1
    last = result.stdout.splitlines()[-1]
    assert re.fullmatch(r'1 to enhance, 2 skipped \(1 stale\), 1 would fail; about [\d.]+ m?s and [\d.]+ \w+ on this machine '
                        r'\(1 tried in memory, nothing written\)', last), last
    assert names(tmp_path) == before


def test_a_photo_that_breaks_off_is_found_where_it_is_tried(tmp_path):
    photo = write(tmp_path / 'a.png', scene(200, 300))
    photo.write_bytes(photo.read_bytes()[:-3000])
    result = enhance(photo, '--dry-run')
    assert result.returncode == 1
    assert 'a.png' in result.stderr and '1 would fail' in result.stdout


def test_nothing_to_do_needs_no_estimate_and_no_engine(tmp_path):
    photo = write(tmp_path / 'a.jpg', scene(60, 80))
    assert enhance(photo).returncode == 0
    dry, _, said = reports(tmp_path, photo)
    assert 'estimate' not in dry and dry['engine'] is None
    assert said.stdout.splitlines()[-1] == '0 to enhance, 1 skipped'


@pytest.mark.parametrize('bad', ['noise', 'state_dict'])
def test_a_bad_model_is_an_error_before_anything_is_said(tmp_path, bad):
    photos = [write(tmp_path / name, scene(60, 80)) for name in ('a.jpg', 'b.jpg')]
    enhance(photos[0])
    result = enhance(*photos, '--dry-run', with_model=bad)
    assert (result.returncode, result.stdout) == (3, '')


def test_a_full_place_is_told(tmp_path):
    """With a file system of its own, where that is allowed."""
    photo = write(tmp_path / 'a.png', pixels(700, 700))
    small = tmp_path / 'small'
    small.mkdir()
    script = f'mount -t tmpfs -o size=64k none {small} && exec "$@"'
    result = enhance(photo, '-o', f'{small}/', '--dry-run', prefix=['unshare', '--mount', '--map-root-user', 'sh', '-c', script, 'sh'])
    if 'mount' in result.stderr or 'unshare' in result.stderr:
        pytest.skip('no mounts here: ' + result.stderr.strip())
    assert 'will not fit' in result.stderr and str(small) in result.stderr
    assert 'will not fit' not in enhance(photo, '--dry-run').stderr


MIXES = [('lift', ['jpg'] * 6, []), ('lift', ['jpg', 'png', 'webp'] * 2, []), ('lift', ['jpg'] * 4, ['--format', 'png']),
         ('lift', ['jpg'] * 4, ['--max-side', 300]), ('small', ['jpg', 'png'], [])]


@pytest.mark.parametrize('with_model, suffixes, flags', MIXES)
def test_space_is_estimated_within_30_percent(tmp_path, with_model, suffixes, flags):
    photos = []
    for number, suffix in enumerate(suffixes):
        height, width = (200, 300) if with_model == 'small' else [(300, 400), (620, 800), (420, 300), (310, 390)][number % 4]
        photos.append(write(tmp_path / f'{number}.{suffix}', photograph(height, width, number)))
    report = tmp_path / 'report.json'
    how = ['--device', 'cpu', '--tile', 128, *flags, '--model', 'small' if with_model == 'small' else model(with_model)]
    assert run('enhance', *photos, *how, '--dry-run', '--report', report).returncode == 0
    estimate = json.loads(report.read_text())['estimate']
    assert run('enhance', *photos, *how, '--report', report).returncode == 0
    actual = written(json.loads(report.read_text()))
    assert abs(estimate['bytes'] / actual - 1) < .3, f"{estimate['bytes']} bytes estimated, {actual} written"
    assert estimate['photos_tried'] >= 1 and estimate['seconds'] > 0
    assert estimate['targets'][0]['fits'] and estimate['targets'][0]['free_bytes'] <= shutil.disk_usage(tmp_path).total


def test_space_counts_what_is_replaced(tmp_path):
    photo = write(tmp_path / 'a.png', pixels(200, 200))
    assert enhance(photo, with_model='identity').returncode == 0
    report = tmp_path / 'report.json'
    enhance(photo, '--dry-run', '--on-exist', 'overwrite', '--report', report, with_model='identity')
    estimate = json.loads(report.read_text())['estimate']
    assert abs(estimate['targets'][0]['bytes']) < .1 * estimate['bytes']


def test_tiles_under_a_memory_limit_are_those_of_the_run_for_16_bit_too(tmp_path):
    photo = write(tmp_path / 'deep.png', np.full((4000, 6000, 3), 30000, np.uint16))
    tiles = []
    for dry in (['-n'], []):
        result = run('enhance', photo, '-o', f'{tmp_path}/out.png', '--max-memory', '1000M', '--model', 'draft', '--max-side', 64,
                     '--device', 'cpu', '--report', tmp_path / 'report.json', *dry)
        assert result.returncode == 0, result.stderr
        tiles.append(json.loads((tmp_path / 'report.json').read_text())['photos'][0]['plan']['tile'])
    assert tiles[0] == tiles[1]


def test_progress_json_is_json_alone_and_says_that_nothing_was_done(tmp_path):
    photos = [write(tmp_path / name, scene(60, 80)) for name in ('a.jpg', 'done.jpg')]
    assert enhance(photos[1]).returncode == 0
    (tmp_path / 'bad.jpg').touch()
    result = enhance(*photos, tmp_path / 'bad.jpg', '--dry-run', '--progress', 'json', '--quiet', '--report', tmp_path / 'report.json')
    batch, *finished, summary = [json.loads(line) for line in result.stdout.splitlines()]
    assert batch['event'] == 'batch' and batch['dry_run'] and batch['photos'] == 3
    assert [(event['event'], Path(event['input']).name, event['status']) for event in finished] == [
        ('finish', 'a.jpg', 'done'), ('finish', 'done.jpg', 'skipped'), ('finish', 'bad.jpg', 'failed')]
    assert summary['event'] == 'summary' and summary['done'] == 1
    assert summary['estimate'] == json.loads((tmp_path / 'report.json').read_text())['estimate']
    assert 'bad.jpg: is empty' in result.stderr


def test_photos_that_the_model_cannot_enhance_are_told_as_the_run_fails_them(tmp_path):
    for i, dark in enumerate((False, True, False)):
        write(tmp_path / f'{i}.png', scene(60, 80) // (50 if dark else 1))
    dry, real, said = reports(tmp_path, *(tmp_path / f'{i}.png' for i in range(3)), '-o', f'{tmp_path}/out/', with_model='raises')
    for report in (dry, real):
        assert {Path(entry['input']).stem for entry in report['photos'] if entry['status'] == 'failed'} == {'1'}
        assert [entry['reason'].split(':')[0] for entry in report['photos'] if entry['status'] == 'failed'] == [f'{tmp_path}/1.png']
    assert '2 to enhance' in said.stdout + said.stderr and '1 would fail' in said.stdout + said.stderr
    assert said.returncode == 1


def test_a_result_that_its_format_does_not_hold_is_told_as_the_run_fails_it(tmp_path):
    photos = [write(tmp_path / 'a.png', scene(60, 80)), write(tmp_path / 'wide.png', scene(2, 17_000))]
    for report in reports(tmp_path, *photos, '--format', 'webp')[:2]:
        assert [entry['reason'].split(' pixels')[0] for entry in report['photos'] if entry['status'] == 'failed'] == [
            f'{photos[1]}: a WebP has at most 16383']


def test_photos_too_large_for_the_memory_limit_are_told_as_the_run_fails_them(tmp_path):
    photos = [write(tmp_path / 'a.png', scene(60, 80)), write(tmp_path / 'large.png', scene(800, 1200)), write(tmp_path / 'b.png', scene(60, 80))]
    dry, real, said = reports(tmp_path, *photos, '--tile', 'whole', '--max-memory', '1G', with_model='mean_gain')
    for report in (dry, real):
        failed = [entry for entry in report['photos'] if entry['status'] == 'failed']
        assert [Path(entry['input']).stem for entry in failed] == ['large']
        assert 'allow ' in failed[0]['reason']
    assert said.returncode == 1 and 'large.png' in said.stderr and '1 would fail' in said.stdout
