"""File systems that the tests mount; where that is not allowed, or its tools are missing, a test skips."""
import contextlib
import ctypes
import functools
import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

import pytest
from program import ROOT


def unmount(folder):
    """Lazily, if need be: whatever still hangs in it must not keep the tests from ending."""
    if subprocess.run(['umount', str(folder)], capture_output=True).returncode:
        subprocess.run(['umount', '-l', str(folder)], capture_output=True)


@contextlib.contextmanager
def mounted(folder, *arguments):
    folder.mkdir(exist_ok=True)
    if subprocess.run(['mount', *arguments, str(folder)], capture_output=True).returncode:
        pytest.skip(f'mount {" ".join(arguments)} is not possible here')
    try:
        yield folder
    finally:
        unmount(folder)


@functools.cache
def network_drive_program():
    if not os.access('/dev/fuse', os.R_OK | os.W_OK):
        pytest.skip('no FUSE here')
    flags = subprocess.run(['pkg-config', '--cflags', '--libs', 'fuse3'], capture_output=True, text=True) if shutil.which('pkg-config') else None
    if flags is None or flags.returncode:
        pytest.skip('libfuse3-dev or pkg-config is not installed')
    target = Path(tempfile.mkdtemp(prefix='hdrtile-fuse-')) / 'mount'
    subprocess.run(['cc', '-O1', '-o', str(target), str(ROOT / 'tests/cli/shims/mount.c'), *flags.stdout.split()], check=True)
    return target


@contextlib.contextmanager
def network_drive(folder, *behaviour):
    """folder.behind, shown under `folder` by a process that can be slow (see shims/mount.c)."""
    behind = folder.with_name(folder.name + '.behind')
    for place in (folder, behind):
        place.mkdir(exist_ok=True)
    process = subprocess.Popen([str(network_drive_program()), str(behind), str(folder), *map(str, behaviour)], stderr=subprocess.PIPE)
    try:
        while not os.path.ismount(folder):
            if process.poll() is not None:
                pytest.skip(f'FUSE does not mount here: {process.stderr.read()}')
            time.sleep(.01)
        yield folder
    finally:
        unmount(folder)
        process.kill()
        process.communicate()


def limit_blocks(image, user, kib):
    """A hard quota of that user on a file system that has quotas on: quotactl(2), as setquota does it."""
    limits = (ctypes.c_uint64 * 9)(kib, kib)
    limits[8] = 1  # QIF_BLIMITS
    device = subprocess.run(['findmnt', '-no', 'SOURCE', str(image)], capture_output=True, text=True, check=True).stdout.strip()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.quotactl(0x800008 << 8, device.encode(), user, limits) != 0:
        pytest.skip(f'no quotas here: {os.strerror(ctypes.get_errno())}')
