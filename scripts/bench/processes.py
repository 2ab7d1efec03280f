"""One run is one process, and its figures are those of the operating system."""
import os
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path


class RunFailed(Exception):
    """A command that ended with an error; the message is its last line."""


@dataclass
class Usage:
    wall_s: float
    cpu_s: float
    peak_mb: float

    @staticmethod
    def median(usages):
        return Usage(*(statistics.median(getattr(usage, name) for usage in usages) for name in Usage.__dataclass_fields__))


def physical_cores():
    """One CPU of each core that this process may use."""
    cores = {}
    for cpu in sorted(os.sched_getaffinity(0)):
        try:
            core = Path(f'/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list').read_text()
        except OSError:
            core = cpu
        cores.setdefault(core, cpu)
    return list(cores.values())


def measure(command, threads, environment=None):
    """Runs a command on so many cores. Returns its Usage and what it wrote to stdout. Raises RunFailed.

    The peak counts this process, too, as it is when the child starts (Linux hands it on), so nothing here imports torch."""
    cpus = physical_cores()[:threads]
    process = subprocess.Popen(['taskset', '-c', ','.join(map(str, cpus)), *map(str, command)], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, env=os.environ | (environment or {}))
    start = time.monotonic()
    with process.stdout, process.stderr:
        stdout, stderr = process.stdout.read(), process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)  # Popen would wait for it, else
    if process.returncode:
        told = stderr.strip().splitlines() or [f'exit code {process.returncode}']
        raise RunFailed(told[-1])
    return Usage(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024), stdout
