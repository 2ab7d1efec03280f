"""A limit on threads: those that there are do all of the work, and nothing hangs."""
import json

import pytest
from program import model, run, scene, write
from shims import limited_threads


@pytest.mark.parametrize('with_model', ['small', 'mean_gain'])
def test_photos_are_done_by_the_threads_that_the_system_allows(tmp_path, with_model):
    photos = [write(tmp_path / f'{name}.jpg', scene(300, 400)) for name in 'abc']
    how = ['--jobs', 2, '--model', 'small' if with_model == 'small' else model(with_model), '--device', 'cpu', '--precision', 'fp32']
    assert run('enhance', *photos, '-o', f'{tmp_path}/usual/', *how).returncode == 0
    for most in range(12):
        report = tmp_path / f'{most}.json'
        result = run('enhance', *photos, '-o', f'{tmp_path}/{most}/', *how, '--report', report, env=limited_threads(most))
        assert result.returncode == 0, f'{most} threads: {result.stderr}'
        assert [entry['status'] for entry in json.loads(report.read_text())['photos']] == ['done'] * 3
        if with_model == 'small':  # whose bytes do not depend on the number of threads
            for usual in (tmp_path / 'usual').iterdir():
                assert (tmp_path / str(most) / usual.name).read_bytes() == usual.read_bytes()
