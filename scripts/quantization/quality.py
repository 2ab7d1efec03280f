"""How near a reduced precision comes to FP32 and to the truth, photo by photo, as the built program runs it; and the limit
that a package must keep to be installed."""
import os
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from judge import measures, scenes
from quantization import calibration

# An error of 1.4 steps of 255 (RMS): less than encoding the result does to it. A JPEG of quality 92, as hdrtile writes them, is
# 39 to 45 dB from what was encoded (docs/precision.md).
LEAST_TO_FP32_DB = 45
# What an error of 45 dB costs a result that is 29 dB from the truth, if it is noise. For models whose tile pass does little:
# there a package that cleans nothing might be near FP32.
MOST_LOST_DB = .1
FP32 = ['--device', 'cpu', '--precision', 'fp32', '--engine', 'torchscript']  # what others are compared with
SIDE = 1024     # px: of large photos the middle is judged, as a photo of its own


@dataclass(frozen=True)
class Scene:
    name: str
    photo: np.ndarray       # uint16
    truth: np.ndarray       # float32 in [0, 1]; None where it is not known


def pixels(path):
    photo = calibration.read(path)
    if photo is None:
        raise SystemExit(f'{path}: no photo that OpenCV reads')
    return photo[0].permute(1, 2, 0).numpy()


def middle(image):
    """At most SIDE x SIDE of it."""
    y, x = (max(length - SIDE, 0) // 2 for length in image.shape[:2])
    return image[y:y + SIDE, x:x + SIDE]


def sixteen_bit(image):
    return np.round(image * 65535).astype(np.uint16)


def scenes_of(photos):
    """The photos in a folder; those of the same name in its folder `truth` are what they should become. In 16 bit, so that
    rounding the results to 8 hides nothing."""
    found = []
    for path in calibration.photos_in(photos):
        truth = Path(photos) / 'truth' / path.name
        found.append(Scene(path.stem, sixteen_bit(middle(pixels(path))), middle(pixels(truth)) if truth.is_file() else None))
    return found


def views_of(data, count, size=(1152, 768)):
    """Views of panoramas that no model is trained on, as scripts/evaluate.py judges tone."""
    return [Scene(view.name, view.photo.astype(np.uint16) * 257, view.target) for view in scenes.views(data, count, size)]


def enhanced(program, cache, found, *flags, model=None):
    """The scenes as `hdrtile enhance` gives them back with packages from the folder `cache`, by the program's model or another."""
    before = os.environ.get('HDRTILE_CACHE')
    os.environ['HDRTILE_CACHE'] = str(cache)
    try:
        return list(program.enhance((scene.photo for scene in found), *flags, model=model))
    finally:
        if before is None:
            del os.environ['HDRTILE_CACHE']
        else:
            os.environ['HDRTILE_CACHE'] = before


@dataclass(frozen=True)
class Quality:
    """Means over scenes, and the worst."""
    to_fp32: float          # dB
    least_to_fp32: float
    to_truth: float         # dB; None where no truth is known
    l1: float               # to the truth
    lost: float             # dB to the truth, against FP32
    most_lost: float

    def faults(self):
        """What keeps it from being installed."""
        faults = []
        if not self.least_to_fp32 >= LEAST_TO_FP32_DB:
            faults.append(f'{self.least_to_fp32:.1f} dB to FP32, at least {LEAST_TO_FP32_DB} are asked')
        if self.most_lost is not None and not self.most_lost <= MOST_LOST_DB:
            faults.append(f'{self.most_lost:.2f} dB lost against the truth, at most {MOST_LOST_DB} are allowed')
        return faults

    def json(self):
        return {key: value if value is None else round(value, 5) for key, value in asdict(self).items()}


def judge(found, exact, results):
    """Of results against those in FP32, one a scene each."""
    to_fp32 = [measures.psnr(a, b) for a, b in zip(exact, results)]
    known = [(scene.truth, a, b) for scene, a, b in zip(found, exact, results) if scene.truth is not None]
    if not known:
        return Quality(float(np.mean(to_fp32)), min(to_fp32), None, None, None, None)
    to_truth = [measures.psnr(truth, b) for truth, _, b in known]
    lost = [measures.psnr(truth, a) - db for (truth, a, _), db in zip(known, to_truth)]
    return Quality(float(np.mean(to_fp32)), min(to_fp32), float(np.mean(to_truth)),
                   float(np.mean([np.abs(truth - b).mean() for truth, _, b in known])), float(np.mean(lost)), max(lost))
