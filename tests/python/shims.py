"""Faults of the system, injected into the program by LD_PRELOAD: the C sources in tests/cli/shims say what they can do."""
import functools
import os
import subprocess
import tempfile
import time
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


def wait_for_call(log, process):
    """Until the first call that a fault is about is under way."""
    while process.poll() is None and not (log.exists() and log.read_text()):
        time.sleep(.01)
    time.sleep(.1)


def refused_memory(nth, least, count=1, log=None):
    """The environment of a run whose nth allocation of so many bytes is refused; 0: none, they are only counted."""
    extra = {'HDRTILE_REFUSE_LOG': str(log)} if log else {}
    return os.environ | {'LD_PRELOAD': str(library('memory')), 'HDRTILE_REFUSE': str(nth), 'HDRTILE_REFUSE_SIZE': str(least),
                         'HDRTILE_REFUSE_COUNT': str(count)} | extra


def limited_threads(most):
    """The environment of a run that the system lets have no more than so many threads beside its first."""
    return os.environ | {'LD_PRELOAD': str(library('threads')), 'HDRTILE_THREADS': str(most)}
