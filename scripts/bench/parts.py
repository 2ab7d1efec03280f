"""The benchmarks of parts (tests/bench, Google Benchmark), as they were built."""
import json

from bench.processes import measure
from bench.program import BINARY
from bench.setting import say
from judge.section import Section, Table

TO_MS = {'ns': 1e-6, 'us': 1e-3, 'ms': 1, 's': 1e3}


def run(setting):
    section = Section('Parts', 'Google Benchmark, `build/bench_*`; processor time of one turn.')
    for file in sorted(BINARY.parent.glob('bench_*')):
        if not file.is_file():
            continue
        say(f'parts: {file.name}')
        told = json.loads(measure([file, '--benchmark_format=json', f'--benchmark_min_time={.05 if setting.quick else .5}'], setting.threads)[1])
        rows = [[one['name'], one['cpu_time'] * TO_MS[one['time_unit']], one.get('items_per_second'), one.get('bytes_per_second')] for one in told['benchmarks']]
        section.tables.append(Table(file.name, ['', 'ms', 'items/s', 'bytes/s'], rows))
        section.figures[file.name] = told['benchmarks']
    return section
