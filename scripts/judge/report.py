"""The report: JSON with every figure, a page with tables and pictures, one contact sheet, and the tables as text."""
import base64
import json
from pathlib import Path

import cv2
import jinja2

from judge import pictures


def show(cell):
    if cell is None:
        return '-'
    if isinstance(cell, float):
        return f'{cell:.3f}' if abs(cell) < 2 else f'{cell:.2f}'
    return str(cell)


def embed(image):
    """A data URI of the picture as JPEG."""
    _, jpeg = cv2.imencode('.jpg', image[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 88])
    return 'data:image/jpeg;base64,' + base64.b64encode(jpeg.tobytes()).decode()


def text(section):
    lines = [f'\n== {section.title}']
    for table in section.tables:
        if table.folded:
            continue
        cells = [table.header, *([show(cell) for cell in row] for row in table.rows)]
        widths = [max(map(len, column)) for column in zip(*cells)]
        lines.append(f'\n{table.caption}')
        lines += ['  '.join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:]))]) for row in cells]
    lines += [''] + [f'{"holds" if holds else "DOES NOT HOLD"}: {claim} ({measured})' for claim, measured, holds in section.checks]
    return '\n'.join(lines)


def write(out, facts, sections):
    """report.json, index.html and sheet.png in the folder `out`."""
    out.mkdir(parents=True, exist_ok=True)
    figures = {'facts': facts, 'sections': {section.title: {
        'checks': [{'claim': claim, 'measured': measured, 'holds': holds} for claim, measured, holds in section.checks],
        'figures': section.figures} for section in sections}}
    (out / 'report.json').write_text(json.dumps(figures, indent=1) + '\n')
    template = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True).from_string(
        Path(__file__).with_name('page.html').read_text())
    (out / 'index.html').write_text(template.render(facts=facts, sections=sections, show=show, embed=embed))
    images = [image for section in sections for _, image in section.pictures]
    if images:
        cv2.imwrite(str(out / 'sheet.png'), pictures.stack(images)[..., ::-1])
