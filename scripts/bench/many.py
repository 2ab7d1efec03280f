"""Many photos in one run: whether decoding and encoding hide behind the network, and whether memory stays flat."""
from bench import photos
from bench.sweeps import HEADER, one
from judge.section import Section, Table


def run(setting):
    section = Section('Number of photos', 'What the run may take is measured apart: `--jobs 0` does one thing after another, so its '
                      'stages are times without competition. Bound: network time + core-seconds of decoding and encoding / cores.')
    counts, size = ((1, 4, 8), (1216, 808)) if setting.quick else ((1, 8, 64), (3296, 2192))
    files, table, runs = photos.make(setting.folder('photos'), *size, counts[-1]), Table(f'{size[0]} x {size[1]}', HEADER, []), {}
    for count in counts:
        runs[count] = one(setting, section, table, f'{count}', files[:count], size)
    apart = one(setting, section, table, f'{counts[-1]}, --jobs 0', files, size, '--jobs', 0)
    section.tables.append(table)
    few, many = runs[counts[-2]], runs[counts[-1]]
    if many and apart:
        bound = apart.network_s() + apart.codec_core_s() / setting.threads
        ratio = many.usage.wall_s / bound
        section.figures['bound_s'], section.figures['wall_over_bound'] = bound, ratio
        section.check(f'{counts[-1]} photos: at most 1.05 times (network time + codec core-seconds / cores)',
                      f'{many.usage.wall_s:.1f} s / {bound:.1f} s = {ratio:.3f}', ratio <= 1.05)
    if many:
        tiles = many.ms('tiles') / 1000
        section.check(f'{counts[-1]} photos: wall at most 1.1 times their own tile passes', f'{many.usage.wall_s:.1f} s / {tiles:.1f} s = {many.usage.wall_s / tiles:.2f}',
                      many.usage.wall_s <= 1.1 * tiles)
    if few and many:
        ratio = many.usage.peak_mb / few.usage.peak_mb
        section.check(f'peak memory of {counts[-1]} photos within 5 % of that of {counts[-2]}',
                      f'{many.usage.peak_mb:.0f} MB / {few.usage.peak_mb:.0f} MB = {ratio:.3f}', ratio <= 1.05)
    return section
