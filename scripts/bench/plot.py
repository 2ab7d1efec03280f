"""Results as one picture: how many times as fast as the official loop each contestant is, and what the sweeps show."""
from pathlib import Path


def draw(results, folder):
    import matplotlib
    matplotlib.use('Agg')
    import matplotlib.pyplot as plt
    panels = [(f'{name}: times as fast as the official loop', bars, figures['rows'])
              for name, figures in results.sections.get('contest', {}).get('figures', {}).items() if name != 'peaks']
    for key in ('photos', 'size', 'tile', 'batch', 'cores'):
        rows = [row for row in results.sections.get(key, {}).get('figures', {}).get('rows', []) if 'failed' not in row]
        if rows:
            panels.append((results.sections[key]['title'], lines, rows))
    if not panels:
        return None
    columns = min(3, len(panels))
    figure, axes = plt.subplots(-(-len(panels) // columns), columns, figsize=(6 * columns, 4 * -(-len(panels) // columns)), squeeze=False)
    for axis in axes.flat[len(panels):]:
        axis.axis('off')
    for axis, (title, kind, rows) in zip(axes.flat, panels):
        axis.set_title(title)
        kind(axis, rows)
    figure.tight_layout()
    file = Path(folder) / 'bench.png'
    figure.savefig(file, dpi=110)
    return file


def bars(axis, rows):
    names = [row['name'] for row in rows]
    values = [row['ratio']['wall_s'] for row in rows]
    axis.barh(names, values, color=['#4c72b0' if name.startswith('hdrtile') else '#999999' for name in names])
    for i, value in enumerate(values):
        axis.text(value, i, f' {value:.1f}', va='center')
    axis.invert_yaxis()


def lines(axis, rows):
    labels = [row['label'] for row in rows]
    axis.plot(labels, [row['megapixels_per_s'] for row in rows], 'o-', color='#4c72b0')
    axis.set_ylabel('MP/s', color='#4c72b0')
    axis.set_ylim(bottom=0)
    axis.tick_params(axis='x', rotation=30)
    memory = axis.twinx()
    memory.plot(labels, [row['peak_mb'] for row in rows], 's--', color='#c44e52')
    memory.set_ylabel('peak, MB', color='#c44e52')
    memory.set_ylim(bottom=0)
