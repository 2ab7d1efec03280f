"""What a section of the benchmark is given: how much to run, on what, and where to put files."""
import json
import shlex
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from bench import networks
from bench.processes import measure
from bench.program import GPU_MODES, MODES, Program

SCRIPTS = Path(__file__).resolve().parents[1]


def command_of(key, args):
    """What measures this section alone, as it was measured."""
    words = ['scripts/bench.py', key, *['--quick'] * args.quick, *['--rounds', args.rounds] * bool(args.rounds)]
    for name in ('network', 'engine') if key == 'contest' else ():
        if chosen := getattr(args, name):
            words += [f'--{name}', *chosen]
    return shlex.join(map(str, words))


@dataclass
class Setting:
    quick: bool
    device: str
    threads: int
    rounds: int
    work: Path
    networks: list = field(default_factory=list)     # names

    def __post_init__(self):
        self.program = Program(self.device, self.threads, self.work / 'cache')
        self.modes = GPU_MODES if self.device.startswith('cuda') else MODES
        self.peaks = cache(lambda: python(['counts.py', 'peaks', self.device, self.threads], self.threads))
        self.work_of = cache(lambda name: python(['counts.py', 'work', name], self.threads))
        self.model_file = cache(lambda name: networks.model_file(name, self.work / 'models'))

    def folder(self, name):
        folder = self.work / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder


def python(arguments, threads):
    """What one of this package's programs tells as JSON."""
    return json.loads(measure([sys.executable, SCRIPTS / 'bench' / arguments[0], *arguments[1:]], threads)[1])


def say(text):
    print(text, file=sys.stderr, flush=True)
