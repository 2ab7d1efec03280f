"""LibTorch's CUDA half is loaded where there is a driver, and nowhere else."""
import os
import subprocess
from pathlib import Path

import pytest
from program import BUILD, run, scene, write

LIBRARY = BUILD / 'libhdrtile_cuda.so'
pytestmark = pytest.mark.skipif(not LIBRARY.exists(), reason='this LibTorch was built without CUDA')


def stub_of_a_driver():
    """The CUDA toolkit has one to link against, which answers every call with an error."""
    toolkits = [Path(found) for found in os.environ.get('CUDA_PATH', '').split(':') if found]
    toolkits += [*Path('/usr/local').glob('cuda*'), *BUILD.parent.glob('.venv/lib/python3.*/site-packages/nvidia/cu13')]
    return next((stub for toolkit in toolkits for stub in toolkit.glob('**/stubs/libcuda.so')), None)


@pytest.fixture
def driver(tmp_path):
    """The environment of a machine with that driver."""
    stub = stub_of_a_driver()
    if stub is None:
        pytest.skip('no CUDA toolkit with a stub of the driver')
    (tmp_path / 'driver').mkdir()
    (tmp_path / 'driver/libcuda.so.1').symlink_to(stub)
    return os.environ | {'LD_LIBRARY_PATH': str(tmp_path / 'driver')}


def opened(tmp_path, environment, *arguments):
    """The result, and the names of all libraries that the program has loaded."""
    result = run(*arguments, env=environment | {'LD_DEBUG': 'files', 'LD_DEBUG_OUTPUT': str(tmp_path / 'loader')})
    log = ''.join(path.read_text(errors='replace') for path in tmp_path.glob('loader.*'))
    return result, {Path(line.split('file=')[1].split()[0]).name for line in log.splitlines() if 'file=' in line}


@pytest.mark.skipif(Path('/dev/nvidiactl').exists(), reason='this machine has a GPU')
def test_without_a_driver_nothing_of_cuda_is_loaded(tmp_path):
    photo = write(tmp_path / 'a.png', scene(96, 128))
    result, libraries = opened(tmp_path, dict(os.environ), 'enhance', photo)
    assert result.returncode == 0, result.stderr
    assert 'there is no libcuda.so.1' in result.stderr
    assert 'libtorch_cpu.so' in libraries
    assert not [name for name in libraries if 'cuda.so' in name and name != 'libcuda.so.1'], libraries


def test_device_cpu_does_not_look_for_a_driver(tmp_path, driver):
    photo = write(tmp_path / 'a.png', scene(96, 128))
    result, libraries = opened(tmp_path, driver, 'enhance', photo, '--device', 'cpu')
    assert result.returncode == 0, result.stderr
    assert not {'libcuda.so.1', 'libtorch_cuda.so', LIBRARY.name} & libraries


@pytest.mark.parametrize('device,code', [('auto', 0), ('cuda', 3)])
def test_with_a_driver_libtorch_says_what_is_wrong_with_it(tmp_path, driver, device, code):
    """It is asked after the model was loaded: what is loaded later than LibTorch's first look at GPUs would not be seen."""
    photo = write(tmp_path / 'a.png', scene(96, 128))
    result, libraries = opened(tmp_path, driver, 'enhance', photo, '--device', device)
    assert result.returncode == code, result.stderr
    assert {'libtorch_cuda.so', LIBRARY.name} <= libraries
    assert 'CUDA driver is a stub library' in result.stderr


def test_an_installed_program_has_it_beside_and_names_it_where_it_is_missing(tmp_path, driver):
    installed = tmp_path / 'installed'
    subprocess.run(['cmake', '--install', str(BUILD), '--prefix', str(installed)], check=True, capture_output=True)
    command = [installed / 'bin/hdrtile', 'enhance', write(tmp_path / 'a.png', scene(96, 128)), '--device', 'cuda']
    result = subprocess.run(command, env=driver, capture_output=True, text=True)
    assert result.returncode == 3 and 'CUDA driver is a stub library' in result.stderr
    next(installed.glob(f'lib*/{LIBRARY.name}')).unlink()
    result = subprocess.run(command, env=driver, capture_output=True, text=True)
    assert result.returncode == 3 and f"hdrtile's CUDA library cannot be loaded: {LIBRARY.name}" in result.stderr
