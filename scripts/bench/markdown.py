"""Results as Markdown, alone or between two marks of a page."""
import re
import sys
from pathlib import Path

CHECKS = '### Asked and measured'
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
    return f'{CHECKS}\n\n' + (table(['asked', 'measured', 'holds'], rows) if rows else 'Nothing yet.')


def of(results):
    return '\n\n'.join([of_checks(results.checks()), *map(of_section, results.sections.values())]) + '\n'


def parts(text):
    """Sections by their headings."""
    return {part.split('\n', 1)[0]: part.strip() for part in re.split('(?m)^(?=### )', text) if part.startswith('### ')}


def brought_up_to_date(old, new):
    """`new` in the place of its sections, and checks, in `old`: what was not measured anew stays."""
    old, new = parts(old), parts(new)
    checks = {line.split(' | ')[0]: line for part in (old, new) for line in part.get(CHECKS, '').splitlines() if line.startswith('|')}
    if CHECKS in old:
        new[CHECKS] = '\n'.join([CHECKS, '', *checks.values()])
    return '\n\n'.join((old | new).values()) + '\n'


def write_between_marks(page, text):
    page = Path(page)
    whole = page.read_text()
    if BEGIN not in whole or END not in whole:
        sys.exit(f'{page} lacks the lines {BEGIN} and {END}')
    before, rest = whole.split(BEGIN)
    within, after = rest.split(END)
    page.write_text(f'{before}{BEGIN}\n\n{brought_up_to_date(within, text)}\n{END}{after}')
