"""The results of all sections that were ever run, in one JSON file: a run replaces what it measured anew."""
import datetime
import json
import platform
from dataclasses import asdict
from pathlib import Path


def cpu_name():
    for line in Path('/proc/cpuinfo').read_text().splitlines():
        if line.startswith('model name'):
            return line.split(':', 1)[1].strip()
    return platform.machine()


class Results:
    def __init__(self, folder):
        self.file = Path(folder) / 'bench.json'
        self.sections = json.loads(self.file.read_text())['sections'] if self.file.exists() else {}

    def add(self, key, section, setting, command, load):
        """`load`: of the machine, per core, before the section began: what others were doing."""
        self.sections[key] = asdict(section) | {
            'command': command, 'date': datetime.date.today().isoformat(), 'machine': cpu_name(), 'device': setting.device, 'threads': setting.threads,
            'load_before': load, 'quick': setting.quick}
        self.file.parent.mkdir(parents=True, exist_ok=True)
        partial = self.file.with_suffix('.tmp')
        partial.write_text(json.dumps({'sections': self.sections}, indent=1) + '\n')
        partial.rename(self.file)

    def checks(self):
        return [check for section in self.sections.values() for check in section['checks']]
