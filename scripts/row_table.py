"""A table of trained and judged models: one JSON file that is added to row by row, so that a run that was broken off goes
on, and its Markdown."""
import json


class RowTable:
    def __init__(self, path):
        self.path = path
        self.rows = json.loads(path.read_text()) if path.exists() else {}

    def __contains__(self, name):
        return name in self.rows

    def add(self, name, training, judged):
        self.rows[name] = {'training': training} | judged
        partial = self.path.with_suffix('.tmp')
        partial.write_text(json.dumps(self.rows, indent=1))
        partial.rename(self.path)

    def markdown(self, order):
        lines = ['| | trained, steps of batch | PSNR, dB | fine, dB | parameters, M | tile pass, GMAC/MP | prepare, GMAC '
                 '| tile pass, ms/MP | of `small`\'s |', '|' + ' --- |' * 9]
        for name in order:
            if name in self.rows:
                r = self.rows[name]
                lines.append(f'| {name} | {r["training"]} | {r["psnr"]:.2f} | {r["fine_psnr"]:.2f} | {r["parameters"] / 1e6:.3f} '
                             f'| {r["pass_gmac"]:.1f} | {r["prepare_gmac"]:.1f} | {r["ms"]:.0f} | {r["ratio"]:.2f} |')
        return '\n'.join(lines) + '\n'
