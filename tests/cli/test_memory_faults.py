"""Memory that is refused, at any stage: the photo fails alone or the run ends with its reason; nothing crashes.

HDRTILE_REFUSALS says how many allocations are refused, one a run, spread over a run; scripts/faults.sh takes each."""
import os
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest
from program import TIMEOUT_S, BINARY, enhance, model, names, pixels, read, scene, write
from shims import refused_memory

REFUSALS = int(os.environ.get('HDRTILE_REFUSALS', 4))


def spread(total):
    """That many numbers of 1 to total."""
    return sorted({1 + round(share * (total - 1) / max(REFUSALS - 1, 1)) for share in range(REFUSALS)}) if REFUSALS < total else range(1, total + 1)


@pytest.mark.parametrize('suffix', ['.jpg', '.png', '.tif', '.webp'])
def test_an_allocation_refused_at_any_stage(tmp_path, suffix):
    photos = [write(tmp_path / f'{name}{suffix}', scene(300, 400)) for name in 'ab']
    log = tmp_path / 'log'
    result = enhance(*photos, '-o', f'{tmp_path}/usual/', env=refused_memory(0, 1 << 16, log=log), with_model='mean_gain')
    assert result.returncode == 0, result.stderr
    outcomes = []
    for nth in spread(int(log.read_text())):
        out = tmp_path / str(nth)
        result = enhance(*photos, '-o', f'{out}/', '--jobs', 1, env=refused_memory(nth, 1 << 16), with_model='mean_gain')
        assert result.returncode in (0, 1, 3), f'allocation {nth}: {result.returncode} {result.stderr}'
        errors = [line for line in result.stderr.splitlines() if line.startswith('error: ')]
        assert len(errors) == (result.returncode != 0)
        assert all('memory' in error for error in errors), errors
        for name in names(out) if out.exists() else []:
            assert (out / name).read_bytes() == (tmp_path / 'usual' / name).read_bytes()
        assert result.returncode != 1 or len(names(out)) == 1, 'the other photo is done'
        outcomes.append(result.returncode)
    assert set(outcomes) & {1}
    print(f'\n{suffix}: {len(outcomes)} allocations refused, {outcomes.count(1)} failed a photo alone, {outcomes.count(3)} ended the run, '
          f'{outcomes.count(0)} were done without')


def test_all_memory_refused_from_some_moment_on(tmp_path):
    photo = write(tmp_path / 'a.jpg', scene(300, 400))
    for nth in (1, 3, 5, 7):
        result = enhance(photo, '-o', f'{tmp_path}/out/', '--jobs', 1, env=refused_memory(nth, 1 << 16, count=10**6), with_model='mean_gain')
        assert result.returncode in (1, 3), result.stderr
        assert 'memory' in result.stderr
        assert not (tmp_path / 'out').exists() or names(tmp_path / 'out') == []


def test_an_address_space_that_is_too_small_is_said(tmp_path):
    """LibTorch takes much of it by loading: what is left decides how far the run comes."""
    photo = write(tmp_path / 'a.jpg', scene(2000, 3000))
    for mib in (100, 800):
        wide = enhance(photo, '-o', f'{tmp_path}/{mib}/', prefix=['bash', '-c', f'ulimit -v $((8 * 1024 * 1024 + {mib} * 1024)); exec "$0" "$@"'])
        assert wide.returncode in (0, 1, 3), wide.stderr
        assert wide.returncode == 0 or 'memory' in wide.stderr, wide.stderr


def memory_group(limit):
    """A cgroup that allows so much memory; where there is none to make, the test skips."""
    for top, names_of_limits in ((Path('/sys/fs/cgroup/memory'), ('memory.limit_in_bytes', 'memory.memsw.limit_in_bytes')),
                                 (Path('/sys/fs/cgroup'), ('memory.max', 'memory.swap.max'))):
        try:
            group = Path(tempfile.mkdtemp(prefix='hdrtile-', dir=top))
        except OSError:
            continue
        if (group / names_of_limits[0]).exists():
            try:
                (group / names_of_limits[0]).write_text(str(limit))
                return group
            except OSError:
                pass
        group.rmdir()
    pytest.skip('no memory cgroup can be made here')


def test_a_run_that_the_kernel_kills_for_its_memory_leaves_nothing_half_done(tmp_path):
    group = memory_group(260 << 20)
    try:
        photos = [write(tmp_path / '0.jpg', scene(60, 80)), write(tmp_path / '1.png', pixels(3000, 4000)), write(tmp_path / '2.jpg', scene(60, 80))]
        join = f'echo $$ > {group}/cgroup.procs && exec "$0" "$@"'
        result = subprocess.run(['bash', '-c', join, str(BINARY), 'enhance', *map(str, photos), '--model', str(model('lift')), '--device', 'cpu',
                                 '--precision', 'fp32', '--jobs', '1', '--tile', 'whole'], capture_output=True, text=True, timeout=TIMEOUT_S)
        if result.returncode != -signal.SIGKILL:
            pytest.skip(f'the kernel did not kill it: {result.returncode} {result.stderr}')
    finally:
        group.rmdir()
    for output in tmp_path.glob('*_hdr*'):
        assert read(output) is not None
    result = enhance(*photos)
    assert result.returncode == 0, result.stderr
    assert names(tmp_path) == ['0.jpg', '0_hdr.jpg', '1.png', '1_hdr.png', '2.jpg', '2_hdr.jpg']
