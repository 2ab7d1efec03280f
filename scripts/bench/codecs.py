"""hdrtile's way through files, without a network: an identity model on JPEGs of 7.2 MP, against libjpeg-turbo alone."""
import statistics

from bench import photos
from bench.processes import measure
from bench.program import BINARY
from bench.setting import say
from judge.section import Section, Table


def run(setting):
    count, size = (16 if setting.quick else 64), (3296, 2192)
    files, model = photos.make(setting.folder('photos'), *size, count), setting.model_file('identity')
    megapixels, alone, through, stages = count * size[0] * size[1] / 1e6, [], [], []
    for turn in range(setting.rounds):
        say(f'codecs: turn {turn + 1} of {setting.rounds}')
        usage, told = measure([BINARY.parent / 'libjpeg_turbo', setting.threads, *files], setting.threads)
        alone.append((float(told) / 1000, usage))
        through.append(setting.program.enhance(files, f'{setting.folder("out/codecs")}/{{stem}}.jpg', model, '--precision', 'fp32', '--jobs', 2 * setting.threads))
        stages.append(setting.program.enhance(files, f'{setting.folder("out/codecs")}/{{stem}}.jpg', model, '--precision', 'fp32', '--jobs', 0))
    apart = {stage: statistics.median(run.ms(stage) for run in stages) / count for stage in ('decode', 'prepare', 'tiles', 'encode')}
    seconds, peer = statistics.median(run.usage.wall_s for run in through), statistics.median(wall for wall, _ in alone)
    start = statistics.median(run.start_s() for run in stages)
    ratio = statistics.median(wall / run.usage.wall_s for (wall, _), run in zip(alone, through))
    going = statistics.median(wall / (run.usage.wall_s - start) for (wall, _), run in zip(alone, through))
    rows = [['libjpeg-turbo alone', peer, statistics.median(u.cpu_s for _, u in alone), megapixels / peer],
            ['hdrtile, identity model, from start to exit', seconds, statistics.median(run.usage.cpu_s for run in through), megapixels / seconds]]
    section = Section('Files', f'{count} JPEGs of 7.2 MP on {setting.threads} cores, decoded and encoded at quality 92: libjpeg-turbo alone in memory '
                      f'with its default settings, and hdrtile from file to file through a model that changes nothing (`--jobs {2 * setting.threads}`, start included).')
    section.tables.append(Table('', ['', 'wall, s', 'processor, s', 'MP/s'], rows))
    section.tables.append(Table('core-milliseconds a photo, one thing after another (`--jobs 0`)', ['', *apart], [['identity', *apart.values()]]))
    section.figures |= {'libjpeg_turbo_s': [wall for wall, _ in alone], 'hdrtile_s': [run.usage.wall_s for run in through], 'ms_a_photo': apart}
    section.check('identity model on 7.2 MP JPEGs: at least half the speed of libjpeg-turbo alone', f'{ratio:.2f} of it, {going:.2f} after the start of {start:.2f} s', ratio >= .5)
    return section
