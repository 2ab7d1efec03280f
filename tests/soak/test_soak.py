"""A short soak: that of scripts/soak.sh, with fewer photos and a model that takes no time; and that its judge sees what is not flat."""
import csv
import json

import pytest
import soak
import watch
from program import model


def test_a_short_soak_is_flat_and_its_report_right(tmp_path, capsys):
    code = soak.main(['--small', '800', '--large', '24', '--model', str(model('lift')), '--out', str(tmp_path), '--interval', '.1',
                      '--', '--device', 'cpu', '--precision', 'fp32'])
    told = capsys.readouterr().out
    print(told)
    assert code == 0, told
    report = json.loads((tmp_path / 'report.json').read_text())
    assert (len(report['photos']), report['summary']['failed']) == (824, 41)
    with open(tmp_path / 'samples.csv') as file:
        assert int(list(csv.DictReader(file))[-1]['photos_done']) > 0
    assert (tmp_path / 'soak.png').read_bytes().startswith(b'\x89PNG')
    assert sorted(path.name for path in tmp_path.iterdir()) == ['log.txt', 'report.json', 'samples.csv', 'soak.png']


def samples(resident, handles):
    return [(float(second), resident(second), handles(second), second) for second in range(1000)]


def peaks(second):
    """What large photos among small ones look like."""
    return 900 + 150 * (second % 50 < 3)


@pytest.mark.parametrize('resident, handles, word', [
    (peaks, lambda s: 9 + s % 2, None),
    (lambda s: peaks(s) + .1 * s, lambda s: 9, 'memory rises'),
    (lambda s: peaks(s) + 400 * (s == 700), lambda s: 9, 'peak memory'),
    (peaks, lambda s: 9 + s // 100, 'file handles')])
def test_what_is_not_flat_is_told(resident, handles, word):
    _, problems = watch.judge(samples(resident, handles))
    assert (problems == []) if word is None else any(word in problem for problem in problems)


def test_a_report_that_is_wrong_is_told(tmp_path):
    good, bad = tmp_path / 'good.jpg', tmp_path / 'bad.jpg'
    photos = [soak.making.Photo(good), soak.making.Photo(bad, 'empty', 'empty')]
    failed = {'input': str(bad), 'status': 'failed', 'reason': 'bad.jpg: is empty'}
    skipped = {'input': str(good), 'status': 'skipped', 'reason': 'exists'}
    for entries, word in (([failed], 'good.jpg: 0 entries'), ([failed, failed], 'bad.jpg: 2 entries'), ([skipped, failed], 'good.jpg (good): skipped'),
                          ([skipped, failed | {'reason': 'bad.jpg: no'}], 'bad.jpg (empty): failed'),
                          ([failed | {'input': 'x'}], 'x: reported, but not in the list')):
        wrong = soak.check.wrong_entries(photos, {'photos': entries, 'summary': {}})
        assert any(word in line for line in wrong), wrong
