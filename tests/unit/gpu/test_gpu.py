"""What scripts/gpu_check.sh measures with, on figures that are known; the script itself is tried by --device cpu."""
import argparse
import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).resolve().parents[3] / 'scripts'
sys.path.insert(0, str(SCRIPTS))
from gpu.figures import attempt, failures, make_photo, psnr, read_raw, write_raw  # noqa: E402
from gpu.trace import covered, summary  # noqa: E402


def test_time_that_intervals_cover_counts_what_overlaps_once():
    assert covered([(0, 10), (5, 12), (20, 21), (6, 7)]) == 13
    assert covered([]) == 0


def trace(tmp_path, events):
    path = tmp_path / 'trace.json'
    path.write_text(json.dumps({'traceEvents': [{'ph': 'X', 'cat': cat, 'name': name, 'ts': ts, 'dur': dur} for cat, name, ts, dur in events]}))
    return path


def test_busy_share_is_that_of_kernels_and_copies_beside_them_cost_nothing(tmp_path):
    path = trace(tmp_path, [('kernel', 'conv', 0, 40), ('kernel', 'norm', 60, 40), ('gpu_memcpy', 'up', 10, 20),
                            ('gpu_memcpy', 'down', 40, 10), ('cpu_op', 'aten::conv2d', 0, 100)])
    found = summary(path)
    assert found['busy_share'] == pytest.approx(.8)
    assert found['copies_alone_share'] == pytest.approx(.1)
    assert [(kernel['name'], kernel['share']) for kernel in found['longest']] == [('conv', .5), ('norm', .5)]


def test_a_trace_without_kernels_says_so(tmp_path):
    assert 'error' in summary(trace(tmp_path, []))


def test_what_fails_is_written_down_and_counted():
    results = {'good': {'inner': {}}}
    attempt(results, 'bad', lambda: 1 / 0)
    attempt(results['good']['inner'], 'worse', lambda: [][1])
    assert results['bad']['error'].startswith('ZeroDivisionError')
    assert failures(results) == 2


def test_raw_photos_come_back_as_they_were_and_differ_as_they_do(tmp_path):
    path = make_photo(argparse.Namespace(size=(40, 30), folder=tmp_path))
    pixels = read_raw(path)
    assert pixels.numel() == 3600 and int(pixels.max()) > int(pixels.min()) + 50
    assert psnr(path, path) is None
    assert psnr(path, write_raw(tmp_path / 'other.rgb', pixels + 1)) == pytest.approx(48.13, abs=.01)


def test_the_script_refuses_what_it_does_not_know():
    result = subprocess.run([SCRIPTS / 'gpu_check.sh', '--device', 'tpu'], capture_output=True, text=True)
    assert result.returncode == 2 and 'cuda or cpu' in result.stderr
