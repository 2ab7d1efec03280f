"""The same photo, flags, engine and machine give the same bytes, whatever else is in the run and however it is spread over
threads. Hashes are compared between runs of this machine: those of another may differ in the last places, and how far is
tested, too."""
import hashlib
import json
import os

import cv2
import numpy as np
import pytest
from program import ROOT, enhance, model, names, pixels, read, run, scene, write


def hashes(folder):
    """Of the files, and of the pixels in them."""
    return {name: (hashlib.sha256((folder / name).read_bytes()).hexdigest(), hashlib.sha256(read(folder / name).tobytes()).hexdigest())
            for name in names(folder)}


def room(height, width):
    """A part of a sample photo at 16 bit, where no rounding to 8 hides a difference, with noise in the lower bits."""
    sample = cv2.imread(str(ROOT / 'tests/samples/bedroom.jpg'))[:2 * height, :2 * width].astype(np.float32)
    return (cv2.resize(sample, (width, height), interpolation=cv2.INTER_AREA) * 257).astype(np.uint16)


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / 'in'
    folder.mkdir()
    return [write(folder / 'a.png', room(120, 200)), write(folder / 'b.jpg', scene(100, 140)), write(folder / 'c.webp', pixels(90, 70)),
            write(folder / 'd.png', pixels(64, 131, np.uint16))]


def made(folder, photos, *flags, with_model, precision, **options):
    result = enhance_as(with_model, precision, *photos, '-o', f'{folder}/', '--tile', 96, *flags, **options)
    assert result.returncode == 0, result.stderr
    return hashes(folder)


def enhance_as(with_model, precision, *arguments, **options):
    name = with_model if with_model == 'small' else model(with_model)
    return run('enhance', *arguments, '--model', name, '--device', 'cpu', '--precision', precision, **options)


def test_jobs_order_and_company_change_no_byte(tmp_path, photos):
    how = {'with_model': 'mean_gain', 'precision': 'fp32'}
    alike = made(tmp_path / 'first', photos, '--jobs', 0, **how)
    assert len(alike) == len(photos)
    for jobs in (1, 2, 4):
        assert made(tmp_path / f'jobs{jobs}', photos, '--jobs', jobs, **how) == alike, f'{jobs} jobs'
    assert made(tmp_path / 'turned', photos[::-1], **how) == alike, 'another order'
    assert made(tmp_path / 'alone', photos[:1], **how).items() <= alike.items(), 'alone'


@pytest.mark.parametrize('precision', ['fp32', 'auto'])
def test_the_default_model_gives_the_same_bytes_however_it_is_run(tmp_path, photos, precision):
    """In any batch, too, with a number of threads that is a power of two. Others round otherwise, which is why no run's
    batch depends on what happens to be free (unit tests of the memory plan)."""
    cores = ','.join(map(str, sorted(os.sched_getaffinity(0))[:2]))
    how = {'with_model': 'small', 'precision': precision, 'prefix': ['taskset', '-c', cores]}
    alike = made(tmp_path / 'first', photos[:2], '--jobs', 0, '--batch', 1, **how)
    assert len(alike) == 2
    assert made(tmp_path / 'turned', photos[1::-1], '--jobs', 2, '--batch', 4, **how) == alike
    assert made(tmp_path / 'alone', photos[:1], '--batch', 3, **how).items() <= alike.items()


def test_a_memory_bound_with_the_same_tiles_changes_no_byte(tmp_path, photos):
    """Of the pixels: the bound is a setting and stands in the stamp."""
    found = set()
    for bound in ('2G', '64G'):
        files = made(tmp_path / bound, photos[:1], '--max-memory', bound, with_model='mean_gain', precision='fp32')
        found.add(files['a_hdr.png'][1])
    assert len(found) == 1


def test_nothing_in_a_file_tells_when_or_where_it_was_made(tmp_path):
    """Same name and bytes in another folder, at another time, in another time zone."""
    made_in = []
    for number, zone in enumerate(('UTC', 'Asia/Tokyo')):
        folder = tmp_path / f'place_{number}'
        folder.mkdir()
        for suffix in ('.jpg', '.png', '.webp', '.tif'):
            write(folder / f'a{suffix}', scene(60, 80))
        result = enhance(*folder.iterdir(), '-o', '{dir}/{stem}_{ext}_hdr.{ext}', env=os.environ | {'TZ': zone})
        assert result.returncode == 0, result.stderr
        made_in.append(hashes(folder))
    assert made_in[0] == made_in[1]


def test_a_lossless_result_is_exactly_what_the_model_says(tmp_path):
    """No hash is stored: what a model of one operation gives is computed here."""
    photo = pixels(150, 190, np.uint16)
    write(tmp_path / 'a.png', photo)
    assert enhance(tmp_path / 'a.png', '--tile', 64, with_model='identity').returncode == 0
    assert np.array_equal(read(tmp_path / 'a_hdr.png'), photo)
    write(tmp_path / 'b.png', pixels(150, 190))
    assert enhance(tmp_path / 'b.png', '--tile', 64, with_model='lift').returncode == 0
    lifted = np.rint((pixels(150, 190) / 255 * .5 + .25) * 255)
    difference = np.abs(read(tmp_path / 'b_hdr.png') - lifted)
    assert difference.max() <= 1 and (difference > 0).mean() < .5  # halves fall to either side


def capability_of(report):
    return json.loads(report.read_text())['engine']['cpu_capability']


def test_fp32_agrees_across_instruction_sets_to_50_db(tmp_path):
    """LibTorch's own kernels are capped by ATEN_CPU_CAPABILITY, the convolutions and products behind them by their own,
    hdrtile's by HDRTILE_KERNELS."""
    flags = set(next(line for line in open('/proc/cpuinfo', encoding='utf-8') if line.startswith('flags')).split())
    sets = {'default': ({'sse4_1'}, 'SSE41', 'COMPATIBLE'), 'avx2': ({'avx2', 'fma'}, 'AVX2', 'AVX2'),
            'avx512': ({'avx512f', 'avx512bw', 'avx512vl', 'avx512dq'}, 'AVX512_CORE', 'AVX512')}
    photo = write(tmp_path / 'a.png', room(180, 200))
    results = {}
    for name, (needed, onednn, mkl) in sets.items():
        if not needed <= flags:
            continue
        results[name] = tmp_path / f'{name}.png'
        report = tmp_path / f'{name}.json'
        capped = os.environ | {'ATEN_CPU_CAPABILITY': name, 'ONEDNN_MAX_CPU_ISA': onednn, 'MKL_CBWR': mkl,
                               'HDRTILE_KERNELS': 'none' if name == 'default' else name}
        result = enhance_as('small', 'fp32', photo, '-o', results[name], '--tile', 128, '--report', report, env=capped)
        assert result.returncode == 0, result.stderr
        assert capability_of(report).replace('NO AVX', 'default').lower() == name
    if len(results) < 2:
        pytest.skip('this CPU has one instruction set that LibTorch knows')
    first, *others = results.values()
    for one, other in [(first, other) for other in others] + list(zip(others, others[1:])):
        compared = run('compare', one, other, '--min-psnr', 50)
        assert compared.returncode == 0, f'{one.stem} and {other.stem}: {compared.stdout}{compared.stderr}'


def test_the_report_tells_engines_apart(tmp_path):
    report = tmp_path / 'report.json'
    assert enhance(write(tmp_path / 'a.png', scene(60, 80)), '--report', report).returncode == 0
    engine = json.loads(report.read_text())['engine']
    assert engine['device'] == 'cpu' and engine['precision'] == 'fp32' and engine['backend'] == 'torchscript'
    assert 1 <= engine['threads'] <= len(os.sched_getaffinity(0))
    assert engine['cpu_capability'] and engine['library'].startswith('LibTorch ')
