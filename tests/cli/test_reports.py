"""What the program says: help, exit codes, progress, reports, info, compare."""
import json
import re
import resource

import pytest
from program import ROOT, enhance, model, names, pixels, run, scene, write

FLAGS = ['--recursive', '--null', '--output', '--on-exist', '--reprocess', '--format', '--quality', '--metadata', '--strength', '--model',
         '--device', '--precision', '--preset', '--tile', '--overlap', '--batch', '--max-memory', '--jobs', '--max-pixels', '--dry-run', '--progress',
         '--report', '--verbose', '--quiet']


@pytest.fixture
def photos(tmp_path):
    return [write(tmp_path / name, scene(150, 200)) for name in ('a.jpg', 'b.jpg')]


def test_help_names_every_flag():
    result = run('enhance', '--help')
    assert result.returncode == 0
    for flag in FLAGS:
        assert flag in result.stdout, f'{flag} is missing in the help text'
    for choice in ('skip', 'update', 'overwrite', 'rename', 'fail', 'fp32', 'bf16', 'fp16', 'no-gps'):
        assert choice in result.stdout, f'{choice} is missing in the help text'


def test_readme_names_every_flag():
    text = (ROOT / 'README.md').read_text()
    assert [flag for flag in re.findall(r'--[a-z][a-z-]+', run('enhance', '--help').stdout) if flag not in text] == []


def test_help_of_the_program_names_subcommands_and_exit_codes():
    result = run('--help')
    assert result.returncode == 0
    for word in ('enhance', 'info', 'compare', '130'):
        assert word in result.stdout


def test_version():
    result = run('--version')
    assert result.returncode == 0
    assert re.search(r'\d+\.\d+\.\d+', result.stdout)


def test_no_arguments_is_a_usage_error():
    assert run().returncode == 2


def test_a_report_is_of_the_last_run_alone_and_says_whether_that_was_a_dry_one(photos, tmp_path):
    report = tmp_path / 'report.json'
    for flags, dry, inputs in (((), False, photos), (('--dry-run',), True, photos[:1])):
        assert enhance(*inputs, '--report', report, *flags).returncode == 0
        told = json.loads(report.read_text())
        assert told['dry_run'] == dry and [entry['input'] for entry in told['photos']] == [str(photo) for photo in inputs]


def test_report(photos, tmp_path):
    bad = tmp_path / 'bad.jpg'
    bad.touch()
    report = tmp_path / 'report.json'
    assert enhance(*photos, bad, '--report', report, '--tile', 96).returncode == 1
    data = json.loads(report.read_text())
    entries = {entry['input'].rsplit('/', 1)[1]: entry for entry in data['photos']}
    assert {name: entry['status'] for name, entry in entries.items()} == {'a.jpg': 'done', 'b.jpg': 'done', 'bad.jpg': 'failed'}
    assert 'empty' in entries['bad.jpg']['reason']
    done = json.dumps(entries['a.jpg'])
    for word in ('a_hdr.jpg', '200', '150', 'decode', 'tiles', 'encode'):
        assert word in done
    assert 'cpu' in json.dumps(data) and 'fp32' in json.dumps(data)
    assert entries['a.jpg']['device'] == data['engine']['device'] == 'cpu' and 'device' not in entries['bad.jpg']
    assert 'further' not in data['engine'], 'one device, one engine'


@pytest.mark.parametrize('jobs', [0, 2])
def test_core_seconds_of_codecs_stand_beside_the_networks(tmp_path, jobs):
    """All of a run's processor time but its start, and no more than that, whoever runs beside whom."""
    photos = [write(tmp_path / f'{i}.png', pixels(700, 900, seed=i)) for i in range(3)]
    report = tmp_path / 'report.json'
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    result = enhance(*photos, '--report', report, '--jobs', jobs, with_model='slow')
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert result.returncode == 0, result.stderr
    data = json.loads(report.read_text())
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    core, entries = data['core_seconds'], [entry['core_ms'] for entry in data['photos']]
    assert core['photos'] == 3
    assert core['network'] == pytest.approx(sum(entry['network'] for entry in entries) / 1000)
    assert core['codecs'] == pytest.approx(sum(entry['decode'] + entry['encode'] for entry in entries) / 1000)
    assert all(0 < entry[stage] <= 1.1 * data['photos'][i]['ms'][stage] + 5 for i, entry in enumerate(entries) for stage in ('decode', 'encode'))
    assert .6 * spent < core['network'] + core['codecs'] < 1.02 * spent
    assert core['network'] > 3 * core['codecs'], 'twelve convolutions a pixel against PNG'
    said = re.search(r'3 enhanced in .*; core-seconds a photo: codecs ([\d.]+), network ([\d.]+)', result.stderr)
    assert [float(value) for value in said.groups()] == [pytest.approx(core[key] / 3, abs=.006) for key in ('codecs', 'network')]


def test_core_seconds_are_not_told_where_a_codec_has_threads_of_its_own(photos, tmp_path):
    report = tmp_path / 'report.json'
    result = enhance(photos[0], '--report', report, '--format', 'avif')
    assert result.returncode == 0, result.stderr
    data = json.loads(report.read_text())
    assert data['core_seconds'] is None and data['photos'][0]['core_ms']['encode'] is None
    assert data['photos'][0]['core_ms']['decode'] > 0, "JPEG's is its thread's"
    assert 'core-seconds' not in result.stderr


def test_report_that_cannot_be_written_is_found_before_the_work(photos, tmp_path):
    result = enhance(photos[0], '--report', tmp_path / 'no/such/folder/report.json')
    assert result.returncode != 0
    assert 'report.json' in result.stderr


def test_progress_json_is_lines_of_json_on_stdout(photos):
    result = enhance(*photos, '--progress', 'json', '--tile', 96)
    assert result.returncode == 0, result.stderr
    events = [json.loads(line) for line in result.stdout.splitlines()]
    assert len(events) >= 3
    assert {event['event'] for event in events} == {'batch', 'start', 'progress', 'finish', 'summary'}
    assert events[0]['dry_run'] is False
    for photo in photos:
        assert any(str(photo) in json.dumps(event) for event in events)


def test_stdout_is_empty_without_json(photos):
    result = enhance(*photos)
    assert result.returncode == 0
    assert result.stdout == ''


def test_quiet_says_nothing_when_all_is_well(photos):
    result = enhance(*photos, '-q')
    assert (result.returncode, result.stdout, result.stderr) == (0, '', '')


def test_verbose_tells_the_plan(photos):
    result = enhance(*photos, '-v', '--tile', 96)
    assert result.returncode == 0
    assert 'tile' in result.stderr


def test_decoders_and_encoders_are_half_of_the_cores_that_the_network_takes(photos, tmp_path):
    """Cores, not their threads, as far as affinity and quota leave them to the process."""
    report = tmp_path / 'report.json'
    result = enhance(photos[0], '-v', '--report', report)
    assert result.returncode == 0, result.stderr
    jobs, = re.findall(r'decoding on (\d+) threads?, encoding on \d+', result.stderr)
    assert int(jobs) == min(max(json.loads(report.read_text())['engine']['threads'] // 2, 1), 4)


def test_no_bar_where_there_is_no_terminal(photos):
    assert '\x1b' not in enhance(*photos).stderr


def test_info_describes_a_model_and_a_plan(photos):
    result = run('info', '--model', model('lift'), photos[0], '--device', 'cpu')
    assert result.returncode == 0, result.stderr
    for word in ('lift', 'cpu', '200', '150'):
        assert word in result.stdout


def test_info_of_a_missing_photo_fails(tmp_path):
    assert run('info', '--model', model('lift'), tmp_path / 'none.jpg').returncode == 1


def test_compare_equal_and_different(tmp_path, photos):
    other = write(tmp_path / 'other.png', 255 - scene(150, 200))
    same = run('compare', photos[0], photos[1])
    assert same.returncode == 0, same.stderr
    assert 'PSNR' in same.stdout and 'SSIM' in same.stdout
    assert run('compare', photos[0], other).returncode == 0, 'without a limit nothing can be missed'
    for flags in (('--min-psnr', 30), ('--min-ssim', .9), ('--max-delta-e', 2), ('--max-delta-e-max', 5), ('--max-diff', 1)):
        assert run('compare', photos[0], photos[1], *flags).returncode == 0, flags
        missed = run('compare', photos[0], other, *flags)
        assert missed.returncode == 1, missed.stderr


def test_compare_of_different_sizes_is_a_usage_error(tmp_path, photos):
    other = write(tmp_path / 'other.png', scene(151, 200))
    result = run('compare', photos[0], other)
    assert result.returncode == 2, result.stderr


def test_compare_of_a_missing_file_fails(tmp_path, photos):
    result = run('compare', photos[0], tmp_path / 'none.jpg')
    assert result.returncode == 1
    assert 'none.jpg' in result.stderr
    assert names(tmp_path) == ['a.jpg', 'b.jpg']
