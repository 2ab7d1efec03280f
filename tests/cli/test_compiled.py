"""Compiled packages: used where they fit, survived where they do not."""
import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile

import numpy as np
import pytest
import torch
from program import ROOT, model, packages, read, run, scene, write


@pytest.fixture
def cache(tmp_path):
    return shutil.copytree(packages() / 'cache', tmp_path / 'cache')


@pytest.fixture(scope='module')
def photo(tmp_path_factory):
    noise = np.random.default_rng(0).integers(0, 8192, (300, 420, 3), dtype=np.uint16)
    return write(tmp_path_factory.mktemp('photo') / 'photo.png', scene(300, 420).astype(np.uint16) * 200 + noise)


@pytest.fixture(scope='module')
def by_torchscript(photo, tmp_path_factory):
    """The bytes of what TorchScript makes of it."""
    folder = tmp_path_factory.mktemp('torchscript')
    _, engine, _, made = enhance(photo, folder / 'out.png', folder / 'none')
    assert (engine['backend'], engine['warnings'], engine['notes']) == ('torchscript', [], [])
    return made


def environment(cache):
    """Without hdrtile's own kernels, which would go before a package."""
    return os.environ | {'HDRTILE_CACHE': str(cache), 'HDRTILE_KERNELS': 'none'}


def package_in(cache):
    return next(cache.glob('*.pt2'))


def description_in(cache):
    return next(cache.glob('*.json'))


def describe(cache, **changes):
    file = description_in(cache)
    file.write_text(json.dumps(json.loads(file.read_text()) | changes))


def rehash(cache):
    describe(cache, package_sha256=hashlib.sha256(package_in(cache).read_bytes()).hexdigest())


def enhance(photo, out, cache, *flags, precision='fp32', tile=192, name='tiny'):
    """The process, what the report says of engine and photo, and the result's bytes."""
    report = out.with_suffix('.json')
    result = run('enhance', photo, '-o', out, '--model', packages() / f'{name}.pt', '--device', 'cpu', '--precision', precision,
                 '--tile', tile, '--report', report, *flags, env=environment(cache))
    assert result.returncode == 0, result.stderr
    said = json.loads(report.read_text())
    return result, said['engine'], said['photos'][0], out.read_bytes()


def psnr(a, b):
    a, b = (read(path).astype(np.float64) / 65535 for path in (a, b))
    return -10 * np.log10(max(np.mean((a - b) ** 2), 1e-20))


def test_a_package_that_fits_is_used_and_named(cache, photo, tmp_path):
    result, engine, _, _ = enhance(photo, tmp_path / 'out.png', cache)
    assert engine['backend'] == 'aotinductor' and engine['precision'] == 'fp32'
    digest = hashlib.sha256(package_in(cache).read_bytes()).hexdigest()
    assert engine['package'] == f'{package_in(cache).name} sha256:{digest[:12]}'
    assert engine['package'] in result.stderr
    info = run('info', photo, '--model', packages() / 'tiny.pt', '--precision', 'fp32', env=environment(cache))
    assert f"aotinductor {engine['package']}" in info.stdout


@pytest.mark.parametrize('height,width,tile', [(300, 420, 192), (500, 230, 'whole'), (64, 1500, 192), (1, 1, 192), (900, 3, 192)])
def test_its_pictures_are_those_of_torchscript_to_60_db(cache, tmp_path, height, width, tile):
    photo = write(tmp_path / 'photo.png', scene(height, width).astype(np.uint16) * 257)
    entries = [enhance(photo, tmp_path / f'{engine}.png', cache, '--engine', engine, tile=tile)[2] for engine in ('compiled', 'torchscript')]
    assert len({json.dumps([entry['plan'][key] for key in ('tile', 'tiles', 'overlap')]) for entry in entries}) == 1
    assert psnr(tmp_path / 'compiled.png', tmp_path / 'torchscript.png') >= 60


@pytest.mark.parametrize('name,precision,least', [('plain', 'fp32', 60), ('plain', 'bf16', 40), ('windows', 'fp32', 60), ('preview', 'fp32', 60)])
def test_a_restormers_pictures_are_those_of_torchscript(photo, tmp_path, name, precision, least):
    """Plain: statistics of each tile, or of windows; and with those of the preview."""
    for engine, backend in (('compiled', 'aotinductor'), ('torchscript', 'torchscript')):
        _, told, entry, _ = enhance(photo, tmp_path / f'{engine}.png', packages() / 'restormers', '--engine', engine, name=name, precision=precision)
        assert (told['backend'], told['precision'], told['warnings']) == (backend, precision, [])
        assert entry['plan']['tiles'] > 1
    assert psnr(tmp_path / 'compiled.png', tmp_path / 'torchscript.png') >= least
    assert psnr(tmp_path / 'compiled.png', photo) < 30, 'it does something'


def test_a_compiled_plain_model_takes_small_photos_and_tiles_of_any_size(tmp_path):
    for height, width, tile in ((1, 1, 512), (64, 700, 512), (300, 420, 'whole')):
        photo = write(tmp_path / 'photo.png', scene(height, width).astype(np.uint16) * 257)
        plans = [enhance(photo, tmp_path / f'{engine}.png', packages() / 'restormers', '--engine', engine, '--on-exist', 'overwrite', tile=tile,
                         name='plain')[2]['plan'] for engine in ('compiled', 'torchscript')]
        assert plans[0]['tile'] == plans[1]['tile']
        assert psnr(tmp_path / 'compiled.png', tmp_path / 'torchscript.png') >= 60


def test_a_package_of_a_plain_model_that_cannot_be_used_costs_a_warning(photo, tmp_path):
    restormers = shutil.copytree(packages() / 'restormers', tmp_path / 'restormers')
    for package in restormers.glob('plain-fp32-*.pt2'):
        os.truncate(package, package.stat().st_size // 2)
    _, engine, _, _ = enhance(photo, tmp_path / 'out.png', restormers, name='plain')
    assert engine['backend'] == 'torchscript' and 'damaged' in engine['warnings'][0]


def test_same_bytes_whatever_the_batch_and_the_jobs(cache, photo, tmp_path):
    results = [enhance(photo, tmp_path / f'{i}.png', cache, *flags)[3]
               for i, flags in enumerate([('--batch', 1, '--jobs', 0), ('--batch', 4, '--jobs', 2)])]
    assert len(set(results)) == 1


def cut(cache):
    os.truncate(package_in(cache), package_in(cache).stat().st_size // 2)


def flipped(cache):
    whole = bytearray(package_in(cache).read_bytes())
    whole[len(whole) // 2] ^= 1
    package_in(cache).write_bytes(whole)


def missing(cache):
    package_in(cache).unlink()


def for_another_cpu(cache):
    describe(cache, cpu_flags=[*json.loads(description_in(cache).read_text())['cpu_flags'], 'avx2048'])


def for_another_torch(cache):
    describe(cache, torch='2.7.1')


def half_described(cache):
    describe(cache, sides={'min': 'sixty-four'})


def writable_by_others(cache):
    package_in(cache).chmod(0o666)


def in_a_folder_writable_by_others(cache):
    cache.chmod(0o777)


def a_link(cache):
    package_in(cache).rename(cache / 'elsewhere')
    package_in_place = description_in(cache).with_suffix('.pt2')
    package_in_place.symlink_to(cache / 'elsewhere')


def no_package_at_all(cache):
    package_in(cache).write_bytes(b'\x7fELF' * 1000)
    rehash(cache)


def cut_and_hashed_again(cache):
    cut(cache)
    rehash(cache)


def patch_code(cache, change):
    """The package with `change` applied to its shared library, and its hash made right."""
    file = package_in(cache)
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(file, 'w') as archive:
        for name, data in parts.items():
            archive.writestr(name, change(data) if name.endswith('.so') else data)
    rehash(cache)


def library_that_does_not_load(cache):
    patch_code(cache, lambda code: b'no code' * 1000)


def for_another_kind_of_model(cache):
    describe(cache, inputs=[[1, 3, 0, 0]])


FAULTS = {cut: 'damaged', flipped: 'damaged', missing: 'missing', for_another_cpu: 'another CPU: this one lacks avx2048',
          for_another_torch: 'LibTorch 2.7.1', half_described: 'cannot be read',
          writable_by_others: 'written by others', in_a_folder_writable_by_others: 'written by others',
          a_link: 'link', no_package_at_all: '', cut_and_hashed_again: '',
          library_that_does_not_load: '', for_another_kind_of_model: 'kind of model'}


@pytest.mark.parametrize('fault,reason', FAULTS.items(), ids=[fault.__name__ for fault in FAULTS])
def test_a_package_that_cannot_be_used_costs_a_warning(cache, photo, by_torchscript, tmp_path, fault, reason):
    fault(cache)
    result, engine, _, made = enhance(photo, tmp_path / 'out.png', cache)
    assert engine['backend'] == 'torchscript' and engine['package'] is None
    [warning] = engine['warnings']
    assert '.pt2' in warning and reason in warning and 'TorchScript' in warning
    assert warning in result.stderr and 'warning' in result.stderr
    assert made == by_torchscript


@pytest.mark.skipif(os.geteuid() != 0, reason='only root can give a file away')
def test_a_package_of_another_user_is_not_loaded(cache, photo, tmp_path):
    os.chown(package_in(cache), 12345, 12345)
    engine = enhance(photo, tmp_path / 'out.png', cache)[1]
    assert engine['backend'] == 'torchscript' and 'another user' in engine['warnings'][0]


def test_packages_of_other_models_are_passed_over_in_silence(cache, photo, tmp_path):
    describe(cache, model_sha256='0' * 64)
    _, engine, _, _ = enhance(photo, tmp_path / 'out.png', cache)
    assert (engine['backend'], engine['warnings'], engine['notes']) == ('torchscript', [], [])


def test_a_package_of_another_precision_is_no_fault(cache, photo, tmp_path):
    _, engine, _, _ = enhance(photo, tmp_path / 'out.png', cache, precision='bf16')
    assert engine['backend'] == 'torchscript' and engine['warnings'] == []
    assert 'fp32, not bf16' in engine['notes'][0]


def test_an_old_package_beside_the_right_one_is_not_spoken_of(cache, photo, tmp_path):
    shutil.copy(package_in(cache), cache / 'aaa.pt2')
    facts = json.loads(description_in(cache).read_text())
    (cache / 'aaa.json').write_text(json.dumps(facts | {'torch': '2.7.1'}))
    _, engine, _, _ = enhance(photo, tmp_path / 'out.png', cache)
    assert engine['backend'] == 'aotinductor' and engine['warnings'] == []


def test_tiles_with_nan_are_done_again_by_torchscript_in_fp32(cache, photo, by_torchscript, tmp_path):
    weight = torch.jit.load(str(packages() / 'tiny.pt')).state_dict()['trunk.embed.weight']
    weight = weight.permute(0, 2, 3, 1).contiguous().numpy().tobytes()  # as a CPU likes them
    first = weight[:16]

    def spoil(code):
        assert code.count(first) == 1
        return code.replace(first, np.full(4, np.nan, np.float32).tobytes())

    patch_code(cache, spoil)
    _, engine, entry, _ = enhance(photo, tmp_path / 'out.png', cache)
    assert engine['backend'] == 'aotinductor'
    assert 'computed again in fp32' in entry['downgrades'][0]
    (tmp_path / 'by_torchscript.png').write_bytes(by_torchscript)
    assert (read(tmp_path / 'out.png') == read(tmp_path / 'by_torchscript.png')).all(), 'all but the stamp, which names the engine'


@pytest.mark.parametrize('fault', [None, cut])
def test_engine_compiled_without_a_package_ends_the_run_and_says_what_to_do(cache, photo, tmp_path, fault):
    if fault:
        fault(cache)
    result = run('enhance', photo, '-o', tmp_path / 'out.png', '--model', packages() / 'tiny.pt', '--engine', 'compiled', '--precision', 'fp32',
                 env=environment(cache if fault else tmp_path / 'none'))
    assert result.returncode == 3
    assert 'scripts/compile_model.py' in result.stderr and ('damaged' if fault else 'none in') in result.stderr
    assert not (tmp_path / 'out.png').exists()


def test_another_engine_makes_no_result_stale(cache, photo, tmp_path):
    """It rounds otherwise, no more: a machine that has a package need not redo what another made."""
    enhance(photo, tmp_path / 'out.png', cache, '--engine', 'torchscript')
    assert enhance(photo, tmp_path / 'out.png', cache, '--engine', 'compiled', '--on-exist', 'update')[2]['status'] == 'skipped'


def compile_model(*arguments):
    return subprocess.run([sys.executable, '-B', ROOT / 'scripts/compile_model.py', *arguments], capture_output=True, text=True)


def test_compiling_again_does_nothing(cache):
    result = compile_model(packages() / 'tiny.pt', '--precision', 'fp32', '--cache', cache)
    assert result.returncode == 0 and 'there already' in result.stdout, result.stderr


def test_models_of_others_are_refused_by_the_compiler(tmp_path):
    result = compile_model(model('identity'), '--cache', tmp_path / 'cache')
    assert result.returncode != 0 and 'identity.pt' in result.stderr and 'TorchScript' in result.stderr
    assert 'Traceback' not in result.stderr
    assert not list((tmp_path / 'cache').glob('*'))
