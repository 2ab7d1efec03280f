"""A shoot: overlapping views of one room at one exposure, which should not differ in tone where they see the same."""
from judge import measures, pictures
from judge.section import Section, Table, mean

TARGETS = 'the targets themselves'
ABOUT = """CIEDE2000 between two overlapping views of one panorama, taken at one exposure, where they see the same, of means over 16 x 16 px.
Each photo's target is the fusion of its own view, so targets drift, too: the camera turns from a window to a dark corner."""


def drifts(shoot, images):
    """Of each pair of views; pairs that share nothing are left out."""
    found = [measures.drift(images[i], images[j], homography) for i, j, homography in shoot.pairs]
    return [value for value in found if value is not None]


def judge(methods, shoots):
    shoots = list(shoots)
    if not shoots:
        raise SystemExit('a shoot needs an indoor panorama among the held-out ones; leave it out with --only')
    section = Section('A shoot', ABOUT)
    photos = [photo for shoot in shoots for photo in shoot.photos]
    found = {TARGETS: [drifts(shoot, shoot.targets) for shoot in shoots]}
    for name in methods.names:
        results = methods(name, photos)
        images = [[next(results) for _ in shoot.photos] for shoot in shoots]
        found[name] = [drifts(shoot, each) for shoot, each in zip(shoots, images)]
    section.pictures = [(f'{shoot.name}: {methods.model}, then the targets', pictures.stack([
        pictures.strip(row, [''] * len(row), 384, 256) for row in (each, shoot.targets)])) for shoot, each in zip(shoots, images)]
    section.figures = {'shoots': [shoot.name for shoot in shoots], 'drift': found}
    flat = {name: [value for each in values for value in each] for name, values in found.items()}
    section.tables = [
        Table(f'Drift between {len(flat[TARGETS])} pairs of views', ['', 'mean', 'largest', 'above the targets, mean', 'largest'],
              [[name, mean(values), max(values), *_above(values, flat[TARGETS])] for name, values in flat.items()]),
        Table('Each shoot: mean drift', ['', *found], folded=True,
              rows=[[shoot.name, *(mean(values[i]) for values in found.values())] for i, shoot in enumerate(shoots)])]
    above, _ = _above(flat[methods.model], flat[TARGETS])
    section.check("drift at most CIEDE2000 1 above the targets' own, in the mean", f'{above:+.2f}', above <= 1)
    return section


def _above(values, targets):
    above = [value - target for value, target in zip(values, targets)]
    return mean(above), max(above)
