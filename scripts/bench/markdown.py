"""Results as Markdown, alone or between two marks of a page."""
import sys
from pathlib import Path

BEGIN, END = '<!-- begin: written by scripts/bench.py -->', '<!-- end: written by scripts/bench.py -->'


def cell(value):
    if value is None:
        return '-'
    if isinstance(value, float):
        return f'{value:.3g}' if abs(value) < 100 else f'{value:.0f}'
    return str(value).replace('|', '\\|')


def table(header, rows):
    return '\n'.join(['| ' + ' | '.join(map(cell, row)) + ' |' for row in [header, ['---'] * len(header), *rows]])


def of_section(section):
    about = ' '.join(section['about'].split())
    lines = [f'### {section["title"]}', f'{about}', f'`{section["command"]}`, {section["date"]}, {section["machine"]}, {section["device"]}, '
             f'{section["threads"]} cores, load of others before it {section["load_before"]:.1f} a core.']
    for one in section['tables']:
        lines += [one['caption']] * bool(one['caption']) + [table(one['header'], one['rows'])]
    return '\n\n'.join(lines)


def of_checks(checks):
    rows = [[asked, measured, 'yes' if holds else '**no**'] for asked, measured, holds in checks]
    return '### Asked and measured\n\n' + (table(['asked', 'measured', 'holds'], rows) if rows else 'Nothing yet.')


def of(results):
    return '\n\n'.join([of_checks(results.checks()), *map(of_section, results.sections.values())]) + '\n'


def write_between_marks(page, text):
    page = Path(page)
    whole = page.read_text()
    if BEGIN not in whole or END not in whole:
        sys.exit(f'{page} lacks the lines {BEGIN} and {END}')
    before, after = whole.split(BEGIN)[0], whole.split(END)[1]
    page.write_text(f'{before}{BEGIN}\n\n{text}\n{END}{after}')
