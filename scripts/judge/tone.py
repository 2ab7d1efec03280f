"""Tone: views of held-out panoramas against the fusion of their clean bracket."""
import cv2
import numpy as np

from judge import measures, pictures
from judge.methods import CLASSICAL, GUIDE, INPUT
from judge.section import Section, Table, mean

MEASURES = {'psnr': 'PSNR, dB', 'ssim': 'SSIM', 'delta_e': 'CIEDE2000', 'recovered': 'clipped recovered',
            'lost_delta_e': 'CIEDE2000 there', 'halo': 'halo, 1/255'}
THUMBNAIL, WORST = (240, 160), (480, 320)
ABOUT = """Mean over photos. "Clipped recovered": of the pixels clipped in the photo and not in the target, the share within CIEDE2000
of 5 of the target, over photos with at least 0.1 % of them. "Halo": how much the error of luma changes towards the edge of a
window (two stops or more), on either side of it. "Worse than input": by PSNR or CIEDE2000. "Fed back in": what is finished
should be left as it is."""
FINISHED = 35       # dB: what comes back so near was left alone


def score(result, view, lost):
    difference = measures.delta_e_map(result, view.target)
    recovered, lost_delta_e = measures.recovered(difference, lost)
    return {'psnr': measures.psnr(result, view.target), 'ssim': measures.ssim(result, view.target),
            'delta_e': float(difference.mean()), 'recovered': recovered, 'lost_delta_e': lost_delta_e,
            'halo': measures.halo(result, view.target, view.edges)}


def worse(scores, inputs):
    """Indices of the photos that a method left further from the target than they were."""
    return [i for i, (s, n) in enumerate(zip(scores, inputs)) if s['psnr'] < n['psnr'] or s['delta_e'] > n['delta_e']]


def judge(methods, views):
    views = list(views)
    lost = [measures.lost_highlights(v.photo.astype(np.float32) / 255, v.target) for v in views]
    scores, shown = {}, {}
    for name in methods.names:
        scores[name] = []
        for result, view, clipped in zip(methods(name, [v.photo for v in views]), views, lost):
            scores[name].append(score(result, view, clipped))
            if name in (CLASSICAL, methods.model):
                shown.setdefault(name, []).append(pictures.as_bytes(result))
    section = Section('Tone', ABOUT)
    section.figures = {'views': [{'name': v.name, 'indoor': v.indoor} for v in views], 'methods': scores}
    means = _tables(section, scores, views)
    _checks(section, scores, means, methods)
    _pictures(section, scores[methods.model], views, shown, methods.model)
    _finished(section, methods, views)
    return section


def _tables(section, scores, views):
    """The tables of means and of single photos. Returns the means over interiors, or all where there are none."""
    groups = {'Interiors': [i for i, v in enumerate(views) if v.indoor], 'Outdoor scenes': [i for i, v in enumerate(views) if not v.indoor]}
    first = None
    for title, members in groups.items():
        if not members:
            continue
        means = {name: {m: mean([s[i][m] for i in members]) for m in MEASURES} for name, s in scores.items()}
        first = first or means
        rows = [[name, *m.values(), len(set(worse(scores[name], scores[INPUT])) & set(members))] for name, m in means.items()]
        section.tables.append(Table(f'{title}, {len(members)} views', ['', *MEASURES.values(), 'worse than input'], rows))
    for measure in ('psnr', 'delta_e'):
        section.tables.append(Table(f'Each view: {MEASURES[measure]}', ['', *scores], folded=True,
                                    rows=[[v.name, *(s[i][measure] for s in scores.values())] for i, v in enumerate(views)]))
    return first


def _finished(section, methods, views):
    """How the model treats the targets themselves."""
    targets = [pictures.as_bytes(v.target) for v in views]
    back = [measures.psnr(result, v.target) for result, v in zip(methods(methods.model, targets), views)]
    section.figures['fed_back'] = back
    section.tables.append(Table('The targets fed back in', ['', 'PSNR, dB', f'share at {FINISHED} dB or more'],
                                [[methods.model, mean(back), mean([psnr >= FINISHED for psnr in back])]]))


def _checks(section, scores, means, methods):
    ours, classical = means[methods.model], means[CLASSICAL]
    gain = ours['psnr'] - classical['psnr']
    section.check(f'{methods.model} above metered Mertens by 1 dB', f'{gain:+.2f} dB', gain >= 1)
    section.check('the goal: above it by 2.5 dB', f'{gain:+.2f} dB', gain >= 2.5)
    for who in (methods.model, GUIDE) if methods.has_guide else (methods.model,):
        theirs = means[who]
        section.check(f'{who} better than metered Mertens by PSNR, SSIM and CIEDE2000',
                      ', '.join(f'{theirs[m] - classical[m]:+.3g}' for m in ('psnr', 'ssim', 'delta_e')),
                      theirs['psnr'] > classical['psnr'] and theirs['ssim'] > classical['ssim']
                      and theirs['delta_e'] < classical['delta_e'])
    bad = worse(scores[methods.model], scores[INPUT])
    section.check('no view worse than its input', f'{len(bad)} of {len(scores[INPUT])}', not bad)


def _pictures(section, ours, views, shown, model):
    names = ['photo', CLASSICAL, model, 'target']
    order = np.argsort([s['psnr'] for s in ours])
    rows, worst = {}, []
    for i in order:
        view, view_name = views[i], f'{views[i].name}: {ours[i]["psnr"]:.1f} dB'
        images = [view.photo, shown[CLASSICAL][i], shown[model][i], view.target]
        rows[i] = pictures.strip(images, [view_name, *names[1:]], *THUMBNAIL)
        if len(worst) < 5:
            error = np.square(images[2] / np.float32(255) - view.target).mean(axis=2)
            blurred = cv2.blur(error, (65, 65))
            centre = np.unravel_index(blurred.argmax(), blurred.shape)
            crops = [pictures.crop(image, centre, *WORST) for image in images]
            worst.append((f'One of the five worst: {view_name}; below, where it is furthest from the target',
                          pictures.stack([pictures.strip(images, [view_name, *names[1:]], *WORST),
                                          pictures.strip(crops, [''] * 4, *WORST)])))
    section.figures['worst'] = [{'name': views[i].name, **ours[i]} for i in order[:5]]
    section.tables.insert(len(section.tables) - 2, Table('The five worst by PSNR', ['', *MEASURES.values()],
                                                         [[views[i].name, *ours[i].values()] for i in order[:5]]))
    section.pictures = [('All views, the worst first: ' + ', '.join(names), pictures.stack(list(rows.values()), columns=2)), *worst]
