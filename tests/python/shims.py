"""Faults of the system, injected into the program by LD_PRELOAD: the C sources in tests/cli/shims say what they can do."""
import functools
import os
import subprocess
import tempfile
from pathlib import Path

import pytest
from program import BINARY, ROOT


@functools.cache
def library(name):
    """The shim, compiled: once a process."""
    if b'libasan' in subprocess.run(['ldd', str(BINARY)], capture_output=True, check=True).stdout:
        pytest.skip('AddressSanitizer takes no other library before its own')
    folder = tempfile.mkdtemp(prefix='hdrtile-shim-')
    target = Path(folder) / f'{name}.so'
    subprocess.run(['cc', '-O1', '-Wall', '-Werror', '-shared', '-fPIC', '-pthread', '-o', str(target),
                    str(ROOT / f'tests/cli/shims/{name}.c')], check=True)
    return target


def file_faults(*faults, log=None):
    """The environment of a run with these faults, each 'CALL PART N ACTION'."""
    extra = {'HDRTILE_FAULTS_LOG': str(log)} if log else {}
    return os.environ | {'LD_PRELOAD': str(library('files')), 'HDRTILE_FAULTS': ';'.join(faults)} | extra
