"""How busy training keeps the machine: where a step's time goes, and the device's own account of its load."""
import shutil
import subprocess
import threading
import time

import torch


def _gpu_reader():
    """What reads the GPU's load in percent, or None."""
    try:
        torch.cuda.utilization()
        return torch.cuda.utilization
    except (ModuleNotFoundError, RuntimeError):     # no NVML in Python
        pass
    if not shutil.which('nvidia-smi'):
        return None
    command = ['nvidia-smi', '--query-gpu=utilization.gpu', '--format=csv,noheader,nounits',
               f'--id=GPU-{torch.cuda.get_device_properties(torch.cuda.current_device()).uuid}']
    return lambda: float(subprocess.run(command, capture_output=True, text=True, check=True, timeout=10).stdout)


class Load:
    """The device's load since it was last asked for, in words: a GPU's sampled twice a second, a CPU's in cores."""

    def __init__(self, device):
        self.samples, self.reader = [], None
        if device == 'cuda':
            self.reader = _gpu_reader()
            threading.Thread(target=self._sample, daemon=True).start()
        self.gpu = device == 'cuda'
        self.since = time.perf_counter(), time.process_time()

    def _sample(self):
        while self.reader:
            try:
                self.samples.append(self.reader())
            except (RuntimeError, ValueError, subprocess.SubprocessError):     # as where a GPU is shared out in parts
                self.reader = None
            time.sleep(.5)

    def __call__(self):
        wall, used = self.since
        self.since = time.perf_counter(), time.process_time()
        if not self.gpu:
            return f'{(self.since[1] - used) / (self.since[0] - wall):.2f} cores busy'
        samples, self.samples = self.samples, []
        return f'GPU {sum(samples) / len(samples):.0f} % busy' if samples else 'GPU load unknown (neither NVML nor nvidia-smi tells)'


class Clock:
    """Seconds between pairs of marks, on the device's own time line: nothing waits for it until `total`."""

    def __init__(self, device):
        self.cuda, self.spans = device == 'cuda', []

    def mark(self):
        if not self.cuda:
            return time.perf_counter()
        event = torch.cuda.Event(enable_timing=True)
        event.record()
        return event

    def since(self, start):
        self.spans.append((start, self.mark()))

    def total(self):
        """Of all spans since it was last asked for."""
        spans, self.spans = self.spans, []
        if not self.cuda:
            return sum(end - start for start, end in spans)
        torch.cuda.synchronize()
        return sum(start.elapsed_time(end) for start, end in spans) / 1000


class TimedData:
    """Data for scripts/training_tasks.py, and how long its batches take to make."""

    def __init__(self, data, device):
        self.data, self.clock, self.refresh = data, Clock(device), data.refresh

    def tone_batch(self, *args):
        return self._timed(self.data.tone_batch, *args)

    def tile_batch(self, *args):
        return self._timed(self.data.tile_batch, *args)

    def _timed(self, make, *args):
        start = self.clock.mark()
        batch = make(*args)
        self.clock.since(start)
        return batch
