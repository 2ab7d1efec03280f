"""Any photos, without truth: before and after, for the eye."""
from pathlib import Path

from judge import pictures, variants
from judge.program import read
from judge.section import Section

SIDE, CELL = 1536, (360, 270)
ABOUT = """Photos of no known truth, shrunk to 1536 px before they go through the model: before and after."""


def judge(program, folder, scratch):
    """`folder`: of photos of any format that hdrtile reads. Those that it cannot read are told."""
    if not Path(folder).is_dir():
        raise SystemExit(f'{folder}: no such folder; --photos takes a folder of photos')
    before, after = scratch / 'before', scratch / 'after'
    told = program.enhance_files([folder], before, '--max-side', str(SIDE), model=variants.write_identity(scratch))
    shrunk = sorted(before.glob('*.png'))
    if not shrunk:
        raise SystemExit(f'{folder}: no photo that hdrtile can read. {told}')
    told += program.enhance_files(shrunk, after, '--reprocess')
    section = Section('Photos', ABOUT + (f' Of these hdrtile said: {told}' if told else ''))
    pairs = [pictures.strip([read(path), read(after / path.name)], [path.stem, ''], *CELL)
             for path in shrunk if (after / path.name).exists()]
    section.figures = {'photos': [path.stem for path in shrunk], 'told': told}
    section.pictures = [(f'{len(pairs)} photos, before and after', pictures.stack(pairs, columns=2))]
    return section
