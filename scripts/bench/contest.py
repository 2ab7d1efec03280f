"""Side by side: the loops that a Python user runs, and hdrtile in each of its modes, on the same network, weights, photo, tile,
overlap and cores. Runs take turns, so that what else the machine does meets them all; ratios are those within one turn."""
import json
import statistics
import sys

from bench import networks, photos
from bench.processes import RunFailed, Usage, measure
from bench.program import ROOT
from bench.setting import SCRIPTS, say
from judge.section import Section, Table

PEERS = [('official loop', 'official', 'default'), ('official loop, channels_last', 'official', 'channels_last'), ('MONAI', 'monai', 'default')]
REFERENCE = PEERS[0][0]
SIZES = {'restormer-16': (1408, 960), 'restormer-base': (640, 448), 'small': (3296, 2192)}   # whole numbers of tiles but for `small`
QUICK_SIZES = SIZES | {'restormer-16': (960, 960), 'small': (1824, 1216)}
ASKED = {  # against the official loop's wall time, same picture; by network and mode
    ('restormer-16', 'TorchScript FP32'): 1.5, ('restormer-base', 'TorchScript FP32'): 2, ('restormer-16', 'TorchScript BF16'): 3,
    ('restormer-base', 'TorchScript BF16'): 3, ('restormer-16', 'compiled BF16'): 6, ('restormer-16', 'fused BF16'): 6}
HEADER = ['', 'wall, s', 'processor, s', 'MP/s', 'peak, MB', 'times as fast', 'by processor', 'PSNR, dB', 'largest error, /255',
          'decode', 'prepare', 'tiles', 'encode (ms)', 'GFLOP/s', 'of peak']


def run_peer(setting, network, photo, out, loop, layout):
    request = {'network': network.name, 'photos': [str(photo)], 'out': str(out), 'tile': network.tile, 'overlap': network.overlap,
               'threads': setting.threads, 'device': setting.device, 'loop': loop, 'layout': layout}
    usage, told = measure([sys.executable, SCRIPTS / 'bench/peer.py', json.dumps(request)], setting.threads)
    told = json.loads(told)
    return {'usage': Usage(told['wall_s'], told['cpu_s'], told['device_mb'] or usage.peak_mb)}


def run_mode(setting, network, photo, out, mode):
    run = setting.program.enhance([photo], f'{out}/{{stem}}.png', setting.model_file(network.name), *mode.flags(),
                                  '--tile', network.tile, '--overlap', network.overlap)
    return {'usage': run.usage, 'ms': run.report['photos'][0]['ms'], 'plan': run.plan(), 'engine': run.report['engine']}


def contestants(setting, network):
    """(name, a call of (photo, folder) that runs it once), and why others do not take part."""
    ready = [(name, lambda photo, out, how=how: run_peer(setting, network, photo, out, *how)) for name, *how in PEERS]
    absent = {}
    for mode in setting.modes:
        if reason := setting.program.why_not(setting.model_file(network.name), mode):
            absent[mode.name] = reason.replace(f'{ROOT}/', '')
        else:
            ready.append((f'hdrtile, {mode.name}', lambda photo, out, mode=mode: run_mode(setting, network, photo, out, mode)))
    return ready, absent


def compare(reference, other):
    """PSNR and largest error between two pictures, told by hdrtile compare."""
    from bench.program import BINARY
    told = json.loads(measure([BINARY, 'compare', reference, other, '--json'], 1)[1])
    return {'psnr_db': told['psnr_db'], 'max_error': 255 * told['max_difference']}


def computed_pixels(network, size, plan):
    """Of hdrtile's plan; of the loops, which cut tiles of one size and push the last one back."""
    if plan:
        return plan['tiles'] * plan['tile']['width'] * plan['tile']['height']
    stride = network.tile - network.overlap
    return network.tile ** 2 * (-(-(size[0] - network.tile) // stride) + 1) * (-(-(size[1] - network.tile) // stride) + 1)


def figures(setting, network, size, name, runs, reference):
    usage, last = Usage.median([run['usage'] for run in runs]), runs[-1]
    seconds = statistics.median(run['ms']['tiles'] for run in runs) / 1000 if 'ms' in last else usage.wall_s
    precision = last['engine']['precision'] if 'engine' in last else 'fp32'
    flop_per_s = setting.work_of(network.name)['flop_per_pixel'] * computed_pixels(network, size, last.get('plan')) / seconds
    ratio = {key: statistics.median(getattr(of['usage'], key) / getattr(run['usage'], key) for of, run in zip(reference, runs))
             for key in ('wall_s', 'cpu_s')}
    return {'name': name, 'usage': usage.__dict__, 'runs': [run['usage'].__dict__ for run in runs], 'ratio': ratio,
            'ms': {stage: statistics.median(run['ms'][stage] for run in runs) for stage in last['ms']} if 'ms' in last else None,
            'megapixels_per_s': size[0] * size[1] / 1e6 / usage.wall_s, 'flop_per_s': flop_per_s, 'precision': precision,
            'of_peak': flop_per_s / setting.peaks()['flop_per_s'][precision], 'engine': last.get('engine'), 'plan': last.get('plan')}


def row(f):
    ms = f['ms'] or {}
    return [f['name'], f['usage']['wall_s'], f['usage']['cpu_s'], f['megapixels_per_s'], f'{f["usage"]["peak_mb"]:.0f}', f['ratio']['wall_s'],
            f['ratio']['cpu_s'], f['psnr_db'], f'{f["max_error"]:.0f}', *(f'{ms[s]:.0f}' if ms else None for s in ('decode', 'prepare', 'tiles', 'encode')),
            f["flop_per_s"] / 1e9, f'{100 * f["of_peak"]:.1f} %']


def contest(setting, network, section):
    size = (QUICK_SIZES if setting.quick else SIZES)[network.name]
    photo, = photos.make(setting.folder('photos'), *size)
    ready, absent = contestants(setting, network)
    runs = {name: [] for name, _ in ready}
    for turn in range(setting.rounds):
        for name, call in list(ready):
            say(f'{network.name}, turn {turn + 1} of {setting.rounds}: {name}')
            try:
                runs[name].append(call(photo, setting.folder(f'out/{network.name}/{name}')))
            except RunFailed as error:
                absent[name] = str(error).replace(f'{ROOT}/', '')
                ready = [one for one in ready if one[0] != name]
    result = []
    for name, _ in ready:
        f = figures(setting, network, size, name, runs[name], runs[REFERENCE])
        f |= compare(*(setting.folder(f'out/{network.name}/{one}') / f'{photo.stem}.png' for one in (REFERENCE, name)))
        result.append(f)
    section.figures[network.name] = {'size': size, 'tile': network.tile, 'overlap': network.overlap, 'rows': result, 'absent': absent}
    out = ''.join(f'\n\n{name} did not take part: {reason}.' for name, reason in absent.items())
    section.tables.append(Table(f'{network.name}, {size[0]} x {size[1]}, tile {network.tile}, overlap {network.overlap}, {setting.threads} cores, '
                                f'median of {setting.rounds}{out}', HEADER, [row(f) for f in result]))
    check(section, network, {f['name']: f for f in result})


def check(section, network, by_name):
    if 'MONAI' in by_name and network.arguments:
        ratio = by_name['MONAI']['ratio']
        section.check(f'{network.name}: the official loop is within 10 % of MONAI, else it is no fair copy',
                      f'MONAI takes {1 / ratio["wall_s"]:.2f} of its wall time, {1 / ratio["cpu_s"]:.2f} of its processor time', abs(1 / ratio['wall_s'] - 1) <= .1)
    for (name, mode), asked in ASKED.items():
        if name == network.name and (f := by_name.get(f'hdrtile, {mode}')):
            section.check(f'{name}, {mode}: {asked} times as fast as the official loop, 40 dB',
                          f'{f["ratio"]["wall_s"]:.2f} times, {f["ratio"]["cpu_s"]:.2f} by processor time, {f["psnr_db"]:.1f} dB, largest error {f["max_error"]:.0f}/255',
                          f['ratio']['wall_s'] >= asked and f['psnr_db'] >= 40)


def run(setting):
    section = Section('Side by side', __doc__)
    section.figures['peaks'] = setting.peaks()
    for name in setting.networks:
        contest(setting, networks.NETWORKS[name], section)
    return section
