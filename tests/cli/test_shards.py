"""Several runs that share a list: --shard, and the reports of the parts merged into one."""
import json
import os
import shutil

import pytest
from program import enhance, names, run, scene, write

SCHEDULERS = ('SLURM_', 'JOB_COMPLETION', 'AWS_BATCH')


def shoot(folder):
    folder.mkdir()
    return [write(folder / f'{name}.jpg', scene(60, 80)) for name in 'abcdefg']


@pytest.fixture
def photos(tmp_path):
    return shoot(tmp_path / 'shoot')


@pytest.fixture(scope='module')
def done(tmp_path_factory):
    """A list that was done in three shards, and their reports."""
    folder = tmp_path_factory.mktemp('done')
    photos = shoot(folder / 'shoot')
    return photos, shards(photos, 3, folder)


@pytest.fixture
def reports(done, tmp_path):
    """Copies, to be changed."""
    return [tmp_path / shutil.copy(report, tmp_path) for report in done[1]]


def environment(**variables):
    return {k: v for k, v in os.environ.items() if not k.startswith(SCHEDULERS)} | {k: str(v) for k, v in variables.items()}


def shard(photos, which, report, *flags, **variables):
    return enhance(*photos, '--shard', which, '--report', report, *flags, env=environment(**variables))


def shards(photos, count, folder, *flags):
    """Runs all of them; their reports."""
    reports = [folder / f'shard-{number}.json' for number in range(1, count + 1)]
    for number, report in enumerate(reports, 1):
        result = shard(photos, f'{number}/{count}', report, *flags)
        assert result.returncode in (0, 1), result.stderr
    return reports


def merge(*arguments):
    result = run('report', 'merge', *arguments)
    return result, json.loads(result.stdout) if result.stdout else None


def inputs(report):
    return [photo['input'].rsplit('/', 1)[1] for photo in json.loads(report.read_text())['photos']]


def edit(report, change):
    data = json.loads(report.read_text())
    change(data)
    report.write_text(json.dumps(data))


def test_shards_make_up_the_list_and_each_photo_is_done_once(done):
    photos, reports = done
    assert [sorted(inputs(report)) for report in reports] == [['a.jpg', 'd.jpg', 'g.jpg'], ['b.jpg', 'e.jpg'], ['c.jpg', 'f.jpg']]
    assert {entry['status'] for report in reports for entry in json.loads(report.read_text())['photos']} == {'done'}
    assert len([name for name in names(photos[0].parent) if '_hdr' in name]) == 7
    assert [json.loads(report.read_text())['shard'] for report in reports] == [{'number': n, 'count': 3} for n in (1, 2, 3)]


def test_shard_without_photos_has_nothing_to_do(photos, tmp_path):
    result = shard(photos[:2], '3/3', tmp_path / 'r.json')
    assert result.returncode == 0, result.stderr
    assert 'shard 3 of 3: 0 of 2 photos, nothing to do' in result.stderr
    assert json.loads((tmp_path / 'r.json').read_text())['photos'] == []


def test_json_events_name_the_shard(photos):
    for flags, count, which in ((('--shard', '2/3'), 2, {'number': 2, 'count': 3}), ((), 7, None)):
        batch = json.loads(enhance(*photos, *flags, '--progress', 'json').stdout.splitlines()[0])
        assert (batch['photos'], batch['shard']) == (count, which)


def test_dry_run_tells_of_the_shard_alone(photos):
    result = enhance(*photos, '--shard', '3/3', '--dry-run')
    assert result.returncode == 0, result.stderr
    assert [line.split(' -> ')[0].rsplit('/', 1)[1] for line in result.stdout.splitlines() if ' -> ' in line] == ['c.jpg', 'f.jpg']


@pytest.mark.parametrize('variables, expected', [
    ({'SLURM_ARRAY_TASK_ID': 1, 'SLURM_ARRAY_TASK_MIN': 0, 'SLURM_ARRAY_TASK_MAX': 2, 'SLURM_ARRAY_TASK_STEP': 1,
      'SLURM_ARRAY_TASK_COUNT': 3}, {'number': 2, 'count': 3}),
    ({'AWS_BATCH_JOB_ARRAY_INDEX': 2, 'AWS_BATCH_JOB_ARRAY_SIZE': 3}, {'number': 3, 'count': 3})])
def test_auto_reads_the_scheduler(photos, tmp_path, variables, expected):
    assert shard(photos, 'auto', tmp_path / 'r.json', **variables).returncode == 0
    assert json.loads((tmp_path / 'r.json').read_text())['shard'] == expected


def test_auto_with_a_count_reads_a_kubernetes_job(photos, tmp_path):
    assert shard(photos, 'auto/7', tmp_path / 'r.json', JOB_COMPLETION_INDEX=6).returncode == 0
    assert inputs(tmp_path / 'r.json') == ['g.jpg']


@pytest.mark.parametrize('which, variables, word', [
    ('0/3', {}, 'numbered from 1 to 3'), ('4/3', {}, 'numbered from 1 to 3'), ('half', {}, 'auto/N'), ('auto', {}, 'SLURM_ARRAY_TASK_ID'),
    ('auto', {'JOB_COMPLETION_INDEX': 0}, 'auto/N'), ('auto', {'SLURM_ARRAY_TASK_ID': 0}, 'SLURM_ARRAY_TASK_COUNT')])
def test_shard_that_cannot_be_told_is_a_usage_error(photos, tmp_path, which, variables, word):
    result = shard(photos, which, tmp_path / 'r.json', **variables)
    assert result.returncode == 2
    assert word in result.stderr
    assert not any('_hdr' in name for name in names(photos[0].parent))


def test_names_that_collide_anywhere_in_the_list_stop_every_shard(photos, tmp_path):
    other = tmp_path / 'other'
    other.mkdir()
    twin = write(other / 'a.jpg', scene(60, 80))
    for which in ('1/3', '2/3', '3/3'):
        result = enhance(photos[0], twin, '-o', tmp_path / 'out/', '--shard', which)
        assert result.returncode == 2
        assert 'would both be written to' in result.stderr
    assert not (tmp_path / 'out').exists()


def test_one_file_name_is_for_one_photo_of_the_list_not_of_the_shard(photos, tmp_path):
    result = enhance(*photos[:2], '-o', tmp_path / 'out.jpg', '--shard', '1/2')
    assert result.returncode == 2
    assert 'there are 2 photos' in result.stderr


def test_merge_is_one_report_of_the_list(done):
    photos, reports = done
    result, merged = merge(*reports)
    assert (result.returncode, result.stderr) == (0, '')
    assert merged['summary'] == {'done': 7, 'skipped': 0, 'failed': 0, 'cancelled': 0, 'stale': 0}
    assert sorted(photo['input'] for photo in merged['photos']) == sorted(str(photo) for photo in photos)
    parts = [json.loads(report.read_text()) for report in reports]
    assert merged['seconds'] == max(part['seconds'] for part in parts)
    assert merged['machine_seconds'] == pytest.approx(sum(part['seconds'] for part in parts))
    assert merged['core_seconds'] == pytest.approx({key: sum(part['core_seconds'][key] for part in parts) for key in ('photos', 'codecs', 'network')})
    assert merged['core_seconds']['photos'] == 7
    assert [part['engine'] for part in merged['shards']] == [part['engine'] for part in parts] == 3 * [merged['engine']]
    assert (merged['error'], merged['missing_shards'], merged['shard']) == (None, [], None)
    assert set(parts[0]) <= set(merged)


def test_merge_writes_a_file(reports, tmp_path):
    result, nothing = merge(*reports, '-o', tmp_path / 'merged.json')
    assert (result.returncode, nothing) == (0, None)
    again, merged = merge(tmp_path / 'merged.json')
    assert again.returncode == 0 and merged['summary']['done'] == 7
    assert merge(*reports, '-o', reports[0])[0].returncode == 2
    assert merge(*reports, '-o', tmp_path / 'merged.jpg')[0].returncode == 2


def test_merge_names_folders_that_no_run_could_read(reports):
    """A run that could has found the same list: nothing of the folder is missing in it."""
    def say_unread(report, *folders):
        report.write_text(json.dumps(json.loads(report.read_text()) | {'unread_folders': folders}))
    for report in reports[:2]:
        say_unread(report, 'shoot/a', 'shoot/b')
    result, merged = merge(*reports)
    assert (result.returncode, merged['unread_folders'], merged['error']) == (0, [], None)
    say_unread(reports[2], 'shoot/b', 'shoot/c')
    result, merged = merge(*reports)
    assert (result.returncode, merged['unread_folders']) == (1, ['shoot/b'])
    assert 'shoot/b' in result.stderr and merged['error'].endswith('folders could not be read: shoot/b')
    say_unread(reports[2], 7)
    assert merge(*reports)[0].returncode == 2


def test_merge_names_missing_shards(reports):
    result, merged = merge(reports[1])
    assert result.returncode == 1
    assert 'no report of shard 1, 3 of 3' in result.stderr
    assert merged['missing_shards'] == [1, 3] and 'shard 1, 3' in merged['error']
    assert sorted(photo['input'][-5:] for photo in merged['photos']) == ['b.jpg', 'e.jpg']


def test_merge_finds_photos_that_no_report_has(reports):
    edit(reports[0], lambda data: data['photos'].pop())
    result, _ = merge(*reports)
    assert result.returncode == 1
    assert '6 photos are reported, 7 are in the list' in result.stderr


def test_merge_tells_of_photos_that_failed(photos, tmp_path):
    photos[1].write_bytes(b'')
    result, merged = merge(*shards(photos, 2, tmp_path))
    assert result.returncode == 1
    assert '1 photos failed' in result.stderr
    assert [photo['input'] for photo in merged['photos'] if photo['status'] == 'failed'] == [str(photos[1])]


def test_merge_takes_the_best_of_several_runs_of_a_shard(photos, tmp_path):
    rest = tmp_path / 'rest.json'
    assert shard(photos, '2/2', rest).returncode == 0
    for made in (photos[4], photos[6]):
        write(made.with_stem(f'{made.stem}_hdr'), scene(60, 80))
    good = photos[2].read_bytes()
    photos[2].write_bytes(b'')
    first, second, third = (tmp_path / f'try-{n}.json' for n in (1, 2, 3))
    assert shard(photos, '1/2', first).returncode == 1, 'a done, c failed, e and g skipped'
    photos[2].write_bytes(good)
    assert shard(photos, '1/2', second).returncode == 0, 'c done, the others skipped'
    assert shard(photos, '1/2', third).returncode == 0, 'all skipped'
    for order in ((first, second, third), (third, second, first)):
        result, merged = merge(rest, *order)
        assert (result.returncode, result.stderr) == (0, '')
        status = {photo['input'][-5:]: photo['status'] for photo in merged['photos']}
        assert {name: status[name] for name in ('a.jpg', 'c.jpg', 'e.jpg', 'g.jpg')} == {
            'a.jpg': 'done', 'c.jpg': 'done', 'e.jpg': 'skipped', 'g.jpg': 'skipped'}
        assert merged['summary'] == {'done': 5, 'skipped': 2, 'failed': 0, 'cancelled': 0, 'stale': 0}
        assert [part['number'] for part in merged['shards']] == [1, 1, 1, 2]


def test_merge_warns_of_work_done_twice(done, tmp_path):
    photos, reports = done
    assert shard(photos, '1/3', tmp_path / 'again.json', '--on-exist', 'overwrite').returncode == 0
    result, merged = merge(*reports, tmp_path / 'again.json')
    assert result.returncode == 0 and merged['summary']['done'] == 7
    assert '3 photos were enhanced more than once' in result.stderr


def test_merge_refuses_what_is_not_of_one_list_and_one_command(done, reports, tmp_path):
    photos, (one, two, _) = done[0], reports
    other = tmp_path / 'other.json'
    for flags, list_, which, word in ((('--strength', .5), photos, '2/3', 'settings'), ((), photos[:5], '2/3', 'list of photos'),
                                      ((), photos, '2/2', 'number of shards'), (('--dry-run',), photos, '2/3', 'dry run')):
        assert shard(list_, which, other, *flags).returncode == 0
        result, _ = merge(one, other)
        assert result.returncode == 2, word
        assert word in result.stderr and str(one) in result.stderr and str(other) in result.stderr
    edit(two, lambda data: data['model'].update(sha256='0' * 64))
    result, _ = merge(one, two)
    assert result.returncode == 2 and 'model file' in result.stderr


def test_merge_refuses_what_is_no_report(reports, tmp_path):
    one = reports[0]
    other = tmp_path / 'other.json'
    for text in ('', 'text', '[]', '{}', '{"tool": "hdrtile", "shard": null}', one.read_text()[:-20], one.read_text().replace('"done"', '"fine"'),
                 one.read_text().replace('"seconds"', '"hours"')):
        other.write_text(text)
        result, nothing = merge(one, other)
        assert (result.returncode, nothing) == (2, None), text
        assert 'other.json is no report' in result.stderr
    assert merge(one, tmp_path / 'none.json')[0].returncode == 2
    assert run('report').returncode == 2
    assert run('report', 'merge').returncode == 2


def test_names_that_look_the_same_in_a_report_stay_apart(tmp_path):
    for byte in (b'\xff', b'\xfe'):
        write(tmp_path / os.fsdecode(b'p' + byte + b'.jpg'), scene(60, 80))
    result, merged = merge(*shards(sorted(tmp_path.glob('p*.jpg')), 1, tmp_path))
    assert result.returncode == 0, result.stderr
    assert merged['summary']['done'] == len(merged['photos']) == 2
