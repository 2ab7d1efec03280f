"""Seams: the same photo cut into tiles of different sizes, and whole, must come out the same."""
from itertools import combinations

import numpy as np

from judge.section import Section, Table

SIDES = (128, 256, 512, 1024)
LEAST_DB = {'fp32': 60, 'bf16': 50, 'fp16': 50}
ABOUT = """PSNR between results of one photo in 16 bit, and their largest difference in 1/255, for every pair of tile sizes."""


def tile_sizes(tile):
    """The smallest side that a model takes (`tile` of hdrtile.json as info has it), powers of two above it, and whole."""
    if 'fixed' in tile:
        return list(tile['fixed'])
    low, high = tile.get('min', 64), tile.get('max', 8192)
    return [low, *(side for side in SIDES if low < side <= high), 'whole']


def precisions(program):
    """FP32, and what the machine has beside it."""
    device = program.devices[0]
    reduced = 'bf16' if device.get('native_bf16') else 'fp16' if device['id'].startswith('cuda') else None
    return ['fp32', *([reduced] if reduced else [])]


def difference(a, b):
    error = np.float64(a) - b
    return {'psnr': float(-10 * np.log10(max(np.square(error).mean(), 1e-12))), 'largest': float(255 * np.abs(error).max())}


def judge(program, photo, tiles=None):
    """`photo` in 16 bit."""
    section = Section('Seams', ABOUT)
    sizes = tiles or tile_sizes(program.description.get('tile') or {})
    for precision in precisions(program):
        results = {size: next(program.enhance([photo], '--tile', str(size), '--precision', precision)) for size in sizes}
        pairs = {(a, b): difference(results[a], results[b]) for a, b in combinations(sizes, 2)}
        section.figures[precision] = [{'tiles': pair, **found} for pair, found in pairs.items()]
        section.tables.append(Table(precision.upper(), ['tiles', 'PSNR, dB', 'largest difference, 1/255'],
                                    [[f'{a} and {b}', found['psnr'], found['largest']] for (a, b), found in pairs.items()]))
        if pairs:
            _check(section, precision, pairs.values())
    return section


def _check(section, precision, found):
    db, largest = min(f['psnr'] for f in found), max(f['largest'] for f in found)
    measured, least = f'{db:.1f} dB, {largest:.3f}/255', LEAST_DB[precision]
    if precision == 'fp32':
        section.check(f'every tile size and whole agree to {least} dB and 1/255 in FP32', measured, db >= least and largest <= 1)
    else:
        section.check(f'every tile size and whole agree to {least} dB in {precision.upper()}', measured, db >= least)
