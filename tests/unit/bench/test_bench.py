"""scripts/bench.py: its loops are what they say, its figures those of the system, and its tables end up where they should."""
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import cv2
import pytest
import torch

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / 'scripts'))
from bench import contest, loops, markdown, photos, plot  # noqa: E402
from bench.processes import RunFailed, Usage, measure, physical_cores  # noqa: E402
from bench.results import Results  # noqa: E402
from bench.setting import command_of  # noqa: E402
from judge.section import Section, Table  # noqa: E402

PHOTO = torch.rand(1, 3, 90, 140)


def calls(loop, photo=PHOTO, tile=64, overlap=16):
    places = []

    def network(patch, top, left):
        assert torch.equal(patch, photo[:, :, top:top + patch.shape[2], left:left + patch.shape[3]]), 'a tile is not where it is said to be'
        places.append((top, left))
        return 1 - patch
    return loop(photo, network, tile, overlap), places


def loop_of(name):
    if name == 'monai':
        pytest.importorskip('monai')
    return loops.LOOPS[name]


@pytest.mark.parametrize('name', loops.LOOPS)
def test_a_loop_over_a_pointwise_network_is_that_network(name):
    result, _ = calls(loop_of(name))
    assert (result - (1 - PHOTO)).abs().max() < 1e-5


@pytest.mark.parametrize('name', loops.LOOPS)
def test_loops_compute_as_many_tiles_as_are_counted_for_them(name):
    for height, width in ((90, 140), (64, 112), (160, 65)):
        _, places = calls(loop_of(name), torch.rand(1, 3, height, width))
        network = SimpleNamespace(tile=64, overlap=16)
        assert contest.computed_pixels(network, (width, height), None) == len(set(places)) * 64 ** 2


def test_the_official_loop_is_the_mean_of_all_tiles_over_a_pixel():
    result = loops.official(torch.zeros(1, 1, 64, 112), lambda patch, top, left: patch + left, 64, 16)
    assert result[0, 0, 0, [0, 47, 48, 63, 64, 111]].tolist() == [0, 0, 24, 24, 48, 48]


def test_photos_have_the_size_asked_for_and_differ(tmp_path):
    for size in ((96, 64), (3600, 2400)):
        made = photos.make(tmp_path, *size, 2)
        images = [cv2.imread(str(photo)) for photo in made]
        assert all(image.shape == (size[1], size[0], 3) for image in images)
        assert (images[0] != images[1]).any()
    width, height = photos.sized(24)
    assert abs(width * height / 24e6 - 1) < .01 and width % 8 == height % 8 == 0


def test_a_run_is_measured_as_the_system_counts_it():
    usage, told = measure([sys.executable, '-c', 'import os; x = bytearray(300 << 20); print(len(os.sched_getaffinity(0)))\nwhile os.times().user < .5: pass'], 1)
    assert usage.cpu_s > .5 and usage.wall_s > .5 and usage.peak_mb > 300
    assert int(told) == 1 <= len(physical_cores())


def test_a_run_that_fails_says_why():
    with pytest.raises(RunFailed, match='^no such thing$'):
        measure([sys.executable, '-c', 'raise SystemExit("one line\\nno such thing")'], 1)


def test_medians_are_taken_of_each_figure():
    assert Usage.median([Usage(1, 9, 5), Usage(2, 8, 4), Usage(3, 1, 9)]) == Usage(2, 8, 5)


@pytest.mark.parametrize(('times', 'psnr', 'holds'), [(1.6, 45., True), (1.4, 45., False), (1.6, 39., False)])
def test_a_mode_must_be_as_fast_as_asked_with_the_same_picture(times, psnr, holds):
    section = Section('', '')
    figures = {'ratio': {'wall_s': times, 'cpu_s': times}, 'psnr_db': psnr, 'max_error': 3.}
    contest.check(section, SimpleNamespace(name='restormer-16', arguments={}), {'hdrtile, TorchScript FP32': figures})
    (asked, measured, held), = section.checks
    assert held is holds and '1.5 times' in asked and f'{times:.2f} times' in measured


@pytest.mark.parametrize(('times', 'holds'), [(.95, True), (.8, False), (1.2, False)])
def test_a_loop_far_from_monai_is_no_fair_copy(times, holds):
    section = Section('', '')
    contest.check(section, SimpleNamespace(name='restormer-16', arguments={'dim': 16}), {'MONAI': {'ratio': {'wall_s': times, 'cpu_s': times}}})
    assert section.checks[0][2] is holds


@pytest.mark.parametrize(('network', 'engine', 'options'), [
    (None, None, ''), (['small'], None, ' --network small'), (None, ['fused'], ' --engine fused'),
    (['small'], ['fused', 'auto'], ' --network small --engine fused auto')])
def test_a_section_names_the_command_that_measures_it_alone(network, engine, options):
    args = SimpleNamespace(quick=True, rounds=None, network=network, engine=engine)
    assert command_of('contest', args) == f'scripts/bench.py contest --quick{options}'
    assert command_of('photos', args) == 'scripts/bench.py photos --quick'


def results_of(folder, key, title, holds=True):
    section = Section(title, 'about', [Table('', ['', 'ms'], [['row', 1.5], ['other | row', None]])])
    section.check('a claim', '1 of 2', holds)
    section.figures['rows'] = [{'label': '1 MP', 'megapixels_per_s': 1., 'peak_mb': 2.}]
    results = Results(folder)
    results.add(key, section, SimpleNamespace(device='cpu', threads=2, quick=True), f'scripts/bench.py {key}', .1)
    return results


def test_a_run_replaces_its_own_section_and_keeps_the_others(tmp_path):
    results_of(tmp_path, 'size', 'old')
    results_of(tmp_path, 'tile', 'other')
    results_of(tmp_path, 'size', 'new', holds=False)
    sections = json.loads((tmp_path / 'bench.json').read_text())['sections']
    assert {key: section['title'] for key, section in sections.items()} == {'size': 'new', 'tile': 'other'}
    assert [holds for *_, holds in Results(tmp_path).checks()] == [False, True]


def test_tables_are_written_between_the_marks_and_nowhere_else(tmp_path):
    page = tmp_path / 'page.md'
    page.write_text(f'# Title\n\n{markdown.BEGIN}\nof before\n{markdown.END}\n\nend\n')
    markdown.write_between_marks(page, markdown.of(results_of(tmp_path, 'size', 'Size')))
    text = page.read_text()
    assert text.startswith(f'# Title\n\n{markdown.BEGIN}\n') and text.endswith(f'{markdown.END}\n\nend\n') and 'of before' not in text
    assert '| row | 1.5 |' in text and r'| other \| row | - |' in text and '| a claim | 1 of 2 | yes |' in text
    markdown.write_between_marks(page, markdown.of(results_of(tmp_path / 'other', 'tile', 'Tile', holds=False)))
    assert '### Size' in page.read_text() and '### Tile' in page.read_text(), 'what was not measured anew stays'
    assert '| a claim | 1 of 2 | **no** |' in page.read_text() and '| a claim | 1 of 2 | yes |' not in page.read_text()
    page.write_text('no marks')
    with pytest.raises(SystemExit, match='lacks the lines'):
        markdown.write_between_marks(page, '')


def test_the_plot_is_drawn(tmp_path):
    assert cv2.imread(str(plot.draw(results_of(tmp_path, 'size', 'Size'), tmp_path))) is not None


@pytest.mark.parametrize('arguments', [['nothing'], ['parts', '--threads', '0'], ['parts', '--rounds', '0']])
def test_a_mistaken_command_line_is_a_usage_error(arguments):
    result = subprocess.run([sys.executable, str(ROOT / 'scripts/bench.py'), *arguments], capture_output=True, text=True)
    assert result.returncode == 2 and 'bench.py: error' in result.stderr
