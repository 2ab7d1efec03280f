"""Texture: sharp renders of rooms that were never trained on, by three strengths of noise, and their own truth fed back in."""
import numpy as np

import camera
import look
import panorama
from judge import fine, measures, pictures, scenes
from judge.methods import GUIDE
from judge.section import Section, Table, mean

MEASURES = {'psnr': 'PSNR, dB', 'noise': 'noise, 1/255', 'detail': 'detail kept'}
TRUTH = 'truth'
CROP = (360, 300)
ABOUT = """Mean over rooms. Noise: what is finer than 2 px and not in the target, over the flat half of the picture. Detail kept: the share
of the target's fine texture that is in the result, in textured blocks without strong outlines; noise and contrast do not count. "Truth": the
target itself, which should come back as it is."""


def photograph(radiance, target, kind, seed):
    if kind == TRUTH:
        return pictures.as_bytes(target)
    shot = scenes.NOISE[kind]
    return camera.compress(camera.expose(radiance, shot, np.random.default_rng(seed)), shot.quality)


def judge(methods, rooms):
    """`rooms`: (name, path) each."""
    kinds = [*scenes.NOISE, TRUTH]
    scores = {kind: {name: [] for name in methods.names} for kind in kinds}
    section = Section('Texture', ABOUT)
    for number, (room, path) in enumerate(rooms):
        radiance = panorama.load(path)
        target = look.target(radiance)
        photos = [photograph(radiance, target, kind, [2026, number]) for kind in kinds]
        del radiance
        place, shown = textured_place(target), {}
        for name in methods.names:
            for kind, result in zip(kinds, methods(name, photos)):
                scores[kind][name].append({'room': room, 'psnr': measures.psnr(result, target), 'noise': fine.noise(result, target),
                                           'detail': fine.detail(result, target)})
                if name in (GUIDE, methods.model):
                    shown[kind, name] = pictures.as_bytes(pictures.crop(result, place, *CROP))
        section.pictures.append((f'{room}, pixel by pixel: low, medium and high noise', _picture(shown, photos, target, place, methods)))
    section.figures = scores
    for kind in kinds:
        title = 'The truth fed back in' if kind == TRUTH else f'{kind.capitalize()} noise'
        section.tables.append(Table(title, ['', *MEASURES.values()],
                                    [[name, *(mean([s[m] for s in each]) for m in MEASURES)] for name, each in scores[kind].items()]))
    _checks(section, scores, methods)
    return section


def _checks(section, scores, methods):
    def figure(kind, name, measure):
        return mean([s[measure] for s in scores[kind][name]])
    if methods.has_guide:
        gain = figure('medium', methods.model, 'psnr') - figure('medium', GUIDE, 'psnr')
        section.check('the tile pass beats the guide alone by 1 dB at medium noise', f'{gain:+.2f} dB', gain >= 1)
    back = figure(TRUTH, methods.model, 'psnr')
    section.check('the truth fed back in comes back at 35 dB', f'{back:.2f} dB', back >= 35)


def textured_place(target):
    """(row, column) of the middle of the block that is the most textured one of those that count as texture."""
    energy = fine.block_means(np.square(fine.fine(target)))
    high = np.percentile(energy, fine.TEXTURED[1])
    row, column = np.unravel_index(np.where(energy <= high, energy, 0).argmax(), energy.shape)
    return row * fine.BLOCK + fine.BLOCK // 2, column * fine.BLOCK + fine.BLOCK // 2


def _picture(shown, photos, target, place, methods):
    rows = []
    for kind, photo in zip(scenes.NOISE, photos):
        names = ['photo', *([GUIDE] if methods.has_guide else []), methods.model, 'target']
        images = [pictures.crop(photo, place, *CROP), *(shown[kind, name] for name in names[1:-1]), pictures.crop(target, place, *CROP)]
        rows.append(pictures.strip(images, [f'photo, {kind} noise', *names[1:]], *CROP))
    return pictures.stack(rows)
