"""The built program in each of its modes, from end to end: start, decode, network, encode, exit."""
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from bench.processes import RunFailed, Usage, measure

ROOT = Path(__file__).resolve().parents[2]
BINARY = ROOT / 'build/hdrtile'


@dataclass
class Mode:
    """A way to run a model. A new engine is a new line of MODES."""
    name: str
    engine: str
    precision: str

    def flags(self):
        return ['--engine', self.engine, '--precision', self.precision]


MODES = [
    Mode('TorchScript FP32', 'torchscript', 'fp32'),
    Mode('TorchScript BF16', 'torchscript', 'bf16'),
    Mode('compiled FP32', 'compiled', 'fp32'),
    Mode('compiled BF16', 'compiled', 'bf16'),
    Mode('fused FP32', 'fused', 'fp32'),
    Mode('fused BF16', 'fused', 'bf16'),
    Mode('auto', 'auto', 'auto'),
]
GPU_MODES = [
    Mode('TorchScript FP32', 'torchscript', 'fp32'),
    Mode('TorchScript FP16', 'torchscript', 'fp16'),
    Mode('compiled FP16', 'compiled', 'fp16'),
    Mode('auto', 'auto', 'auto'),
]


@dataclass
class Run:
    """One run of hdrtile over some photos."""
    usage: Usage
    report: dict

    def ms(self, stage):
        """Of all photos together."""
        return sum(photo['ms'][stage] for photo in self.report['photos'])

    def network_s(self):
        return (self.ms('prepare') + self.ms('tiles')) / 1000

    def codec_s(self):
        return (self.ms('decode') + self.ms('encode')) / 1000

    def codec_core_s(self):
        return sum(photo['core_ms'][stage] for photo in self.report['photos'] for stage in ('decode', 'encode')) / 1000

    def start_s(self):
        """What is not one of the stages: of a run with --jobs 0."""
        return self.usage.wall_s - self.network_s() - self.codec_s()

    def plan(self):
        return self.report['photos'][0]['plan']


class Program:
    """`cache`: where compiled models are looked for."""

    def __init__(self, device, threads, cache):
        if not BINARY.is_file():
            sys.exit(f'{BINARY} is missing: build it first (scripts/setup.sh)')
        self.device, self.threads, self.cache = device, threads, Path(cache)

    def enhance(self, photos, out, model, *flags, threads=None):
        """To `out`/STEM.png, or whatever else `out` says in hdrtile's terms. Raises RunFailed."""
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder, 'report.json')
            names = Path(folder, 'photos.txt')
            names.write_text(''.join(f'{photo}\n' for photo in photos))
            usage, _ = measure([BINARY, 'enhance', f'@{names}', '-o', out, '--model', model, '--device', self.device, '--on-exist', 'overwrite',
                                '--reprocess', '--progress', 'none', '-q', '--report', report, *flags],
                               threads or self.threads, {'HDRTILE_CACHE': str(self.cache)})
            return Run(usage, json.loads(report.read_text()))

    def why_not(self, model, mode):
        """Why this model does not run in that mode here; None where it does."""
        if mode.engine == 'compiled' and (reason := self.compile(model, mode.precision)):
            return reason
        try:
            self.info(ROOT / 'tests/samples/bedroom.jpg', '--model', model, *mode.flags())
        except RunFailed as error:
            return str(error)
        return None

    def info(self, photo, *flags):
        return json.loads(measure([BINARY, 'info', photo, '--json', '--device', self.device, *flags], self.threads,
                                  {'HDRTILE_CACHE': str(self.cache)})[1])

    def compile(self, model, precision):
        """Puts a compiled package into the cache. Says why that cannot be; None where it is there now."""
        device = 'cuda' if self.device.startswith('cuda') else 'cpu'
        file = model if Path(model).is_file() else ROOT / f'models/{model}.pt'
        result = subprocess.run([sys.executable, str(ROOT / 'scripts/compile_model.py'), str(file), '--device', device, '--precision', precision,
                                 '--cache', str(self.cache)], capture_output=True, text=True)
        return result.stderr.strip().splitlines()[-1] if result.returncode else None
