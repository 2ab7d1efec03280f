"""hdrtile alone, one thing varied at a time: how many photos, how large, tile, batch, cores. With the default model."""
import statistics

from bench import photos
from bench.processes import RunFailed
from bench.setting import say
from judge.section import Section, Table

MODEL = 'small'
HEADER = ['', 'wall, s', 'processor, s', 'MP/s', 'peak, MB', 'network, s', 'decode and encode, s', 'computed pixels per pixel', 'tiles']


def one(setting, section, table, label, files, size, *flags, model=MODEL, threads=None):
    """Runs and adds a row; what does not run says why. Returns the Run, or None."""
    say(f'{section.title}: {label}')
    try:
        run = setting.program.enhance(files, f'{setting.folder("out/sweep")}/{{stem}}.jpg', model, *flags, threads=threads)
    except RunFailed as error:
        table.rows.append([label, *[None] * 7, f'does not run: {error}'])
        section.figures.setdefault('rows', []).append({'label': label, 'failed': str(error)})
        return None
    plan, megapixels = run.plan(), len(files) * size[0] * size[1] / 1e6
    table.rows.append([label, run.usage.wall_s, run.usage.cpu_s, megapixels / run.usage.wall_s, f'{run.usage.peak_mb:.0f}', run.network_s(), run.codec_s(),
                       plan['overhead'], f'{plan["columns"]} x {plan["rows"]} of {plan["tile"]["width"]} x {plan["tile"]["height"]}, batch {plan["batch"]}'])
    section.figures.setdefault('rows', []).append({
        'label': label, **run.usage.__dict__, 'megapixels_per_s': megapixels / run.usage.wall_s, 'network_s': run.network_s(), 'codec_s': run.codec_s(),
        'plan': plan, 'engine': run.report['engine'], 'flags': list(map(str, flags))})
    return run


def megapixels(setting):
    section = Section('Size of a photo', 'One photo with the default model, from start to exit.')
    table = Table('', HEADER, [])
    for asked in (1, 4) if setting.quick else (1, 4, 7.2, 24, 50, 100):
        size = (3296, 2192) if asked == 7.2 else photos.sized(asked)
        run = one(setting, section, table, f'{asked} MP', photos.make(setting.folder('photos'), *size), size)
        if run and asked == 7.2:
            check_7_mp(section, setting, files=photos.make(setting.folder('photos'), *size))
    if not setting.quick:
        size = photos.sized(100)
        run = one(setting, section, table, '100 MP, --max-memory 2G', photos.make(setting.folder('photos'), *size), size, '--max-memory', '2G')
        section.check('100 MP within --max-memory 2G', f'peak {run.usage.peak_mb:.0f} MiB' if run else 'does not run', run and run.usage.peak_mb <= 2048)
    section.tables.append(table)
    return section


def check_7_mp(section, setting, files):
    """Medians of five turns. What a start takes is told by a photo of 96 x 64: the run less its stages."""
    tiny = photos.make(setting.folder('photos'), 96, 64)
    out = f'{setting.folder("out/sweep")}/{{stem}}.jpg'
    walls, tiles, starts = [], [], []
    for _ in range(5):
        run = setting.program.enhance(files, out, MODEL)
        walls.append(run.usage.wall_s)
        tiles.append(run.ms('tiles') / 1000)
        starts.append(setting.program.enhance(tiny, out, MODEL, '--jobs', 0).start_s())
    wall, tile, start = map(statistics.median, (walls, tiles, starts))
    section.figures['7.2 MP'] = {'walls': walls, 'tiles': tiles, 'starts': starts}
    section.check('small, 7.2 MP: wall at most 1.1 times its own tile passes', f'{wall:.2f} s / {tile:.2f} s = {wall / tile:.2f}', wall <= 1.1 * tile)
    section.check('small, 7.2 MP, after start-up: wall at most 1.1 times its own tile passes',
                  f'({wall:.2f} s - {start:.2f} s) / {tile:.2f} s = {(wall - start) / tile:.2f}', wall - start <= 1.1 * tile)
    section.check('small, 7.2 MP: under 20 s', f'{wall:.1f} s on {setting.threads} cores', wall < 20)


def tiles(setting):
    section = Section('Tile', 'One photo of 2.6 MP cut into tiles of at most so many pixels a side.')
    size = (1976, 1320)
    files, table = photos.make(setting.folder('photos'), *size), Table('', HEADER, [])
    for side in (256, 512) if setting.quick else (256, 384, 512, 768, 1024, 'whole'):
        one(setting, section, table, f'tile {side}', files, size, '--tile', side)
    section.tables.append(table)
    return section


def batches(setting):
    section = Section('Batch', 'Tiles handed to the engine at once, 2.6 MP. A CPU computes them one at a time.')
    size = (1976, 1320)
    files, table = photos.make(setting.folder('photos'), *size), Table('', HEADER, [])
    for batch in (1, 4) if setting.quick else (1, 2, 4, 8):
        one(setting, section, table, f'batch {batch}', files, size, '--batch', batch)
    section.tables.append(table)
    return section


def threads(setting):
    section = Section('Cores', 'One photo of 2.6 MP on so many cores (affinity).')
    size = (1976, 1320)
    files, table = photos.make(setting.folder('photos'), *size), Table('', HEADER, [])
    count = 1
    while count <= setting.threads:
        one(setting, section, table, f'{count} {"core" if count == 1 else "cores"}', files, size, threads=count)
        count *= 2
    section.tables.append(table)
    return section
