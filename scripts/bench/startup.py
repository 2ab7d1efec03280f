"""What comes before the first photo, and the instant preview."""
import statistics
import tempfile

from bench import photos
from bench.processes import measure
from bench.program import BINARY
from bench.setting import say
from judge.section import Section, Table

NAMES = {'alone': 'LibTorch alone', 'start': 'hdrtile, start', 'tiny': 'hdrtile, a photo of 96 x 64, from start to exit',
         'draft': 'draft of 7.2 MP, decode to written file', 'draft_whole': 'the same from start to exit'}


def turn(setting, small, large):
    """Seconds of each, and processor seconds of those that are whole runs."""
    alone = measure([BINARY.parent / 'libtorch_start'], setting.threads)[0]
    with tempfile.TemporaryDirectory() as folder:
        tiny = setting.program.enhance([small], folder + '/', 'small', '--jobs', 0)
        draft = setting.program.enhance([large], folder + '/', 'draft', '--jobs', 0)
    return {'alone': (alone.wall_s, alone.cpu_s), 'start': (tiny.start_s(), None), 'tiny': (tiny.usage.wall_s, tiny.usage.cpu_s),
            'draft': (draft.usage.wall_s - draft.start_s(), None), 'draft_whole': (draft.usage.wall_s, draft.usage.cpu_s)}


def run(setting):
    section = Section('Start', "hdrtile's start is what a run takes beside the stages of its photo (`--jobs 0`): loading LibTorch, the model, its compiled "
                      'package; then the end. LibTorch alone: a program that links it and ends. Medians of runs in turn, all warm.')
    small, large = photos.make(setting.folder('photos'), 96, 64)[0], photos.make(setting.folder('photos'), 3296, 2192)[0]
    turns = []
    for number in range(4 if setting.quick else 8):
        say(f'start: turn {number}')
        turns.append(turn(setting, small, large))
    turns = turns[1:]  # the first warms the page cache
    rows, median = [], {}
    for key, name in NAMES.items():
        walls, processor = zip(*(one[key] for one in turns))
        median[key] = statistics.median(walls)
        rows.append([name, median[key], min(walls), max(walls), None if None in processor else statistics.median(processor)])
    section.tables.append(Table('', ['', 'median, s', 'least, s', 'most, s', 'processor, s'], rows))
    section.figures['turns'] = turns
    section.check("start-up, warm, within 0.3 s of LibTorch's own", f'{median["start"] - median["alone"]:+.2f} s', median['start'] - median['alone'] <= .3)
    section.check('draft of 7.2 MP under 1 s after start-up', f'{median["draft"]:.2f} s', median['draft'] < 1)
    return section
