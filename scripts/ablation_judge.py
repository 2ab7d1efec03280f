"""Judges a model of models/contextual.py in FP32 on fixed held-out views with sharp texture: quality, size and cost."""
import copy
import statistics
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

import camera
import look
import panorama
import texture
from training_data import to_tensor

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'models'))
import tone  # noqa: E402
import windowed  # noqa: E402
from contextual import ContextualModel  # noqa: E402

WIDTH, HEIGHT = 1152, 768
WHOLE = torch.tensor([[0., 0., 1., 1.]])


def arguments(parser):
    parser.add_argument('--panoramas', required=True, type=Path, help='folder of .exr: the held-out ones are judged on, with texture')
    parser.add_argument('--rooms', type=Path, help='folder of rendered rooms (.exr) that were not trained on, judged on, too')
    parser.add_argument('--views', type=int, default=8, help='of the panoramas')


def views(panoramas, rooms, count):
    """Photos and wanted pictures: perspective views of held-out panoramas, sharp texture on them, exposures spread over the
    camera's range; and a crop of each room at its own pixels."""
    paths = panorama.find(panoramas, held_out=True)
    if not paths:
        raise SystemExit(f'{panoramas}: none of the held-out panoramas ({", ".join(panorama.HELD_OUT)})')
    rooms = panorama.find(rooms, held_out=False) if rooms else []
    sources = [paths[i % len(paths)] for i in range(count)] + rooms
    evs = np.random.default_rng(0).permutation(np.linspace(*camera.EV_RANGE, len(sources)))
    pairs = []
    for i, path in enumerate(sources):
        rng = np.random.default_rng([2025, i])
        radiance = panorama.load(path)
        if path in rooms:
            y, x = ((radiance.shape[0] - HEIGHT) // 2, (radiance.shape[1] - WIDTH) // 2)
            if min(y, x) < 0:
                raise SystemExit(f'{path}: smaller than {WIDTH} x {HEIGHT}; render it larger (scripts/render_rooms.py --size)')
            radiance = radiance[y:y + HEIGHT, x:x + WIDTH]
        else:
            radiance = texture.apply(panorama.random_view(radiance, WIDTH, HEIGHT, rng), rng)
        photo = camera.photograph(radiance, rng, float(evs[i]))
        pairs.append((to_tensor(photo[None]), to_tensor(look.target(radiance)[None])))
    return pairs


def tile_pass(model, how):
    """What runs on every tile (tiles, rect, guide, mix): `guide` alone; or the trunk with mixing matrices from the `preview`,
    of each `tile`, or of local windows of N pixels (`window:N`)."""
    if how == 'guide':
        return lambda x, rect, guide, mix: model.draft(x, rect, guide)
    if how == 'preview':
        return model
    net = model
    if how.startswith('window:'):
        net = copy.deepcopy(model)
        windowed.localise(net.trunk, int(how.removeprefix('window:')))
    return lambda x, rect, guide, mix: net.clean(x, model.draft(x, rect, guide), None)


def enhance(model, how, photo):
    """The whole photo at once, with a tile's own statistics in tiles as hdrtile would cut them."""
    guide, mix = model.prepare(photo)
    run = tile_pass(model, how)
    if how != 'tile':
        return run(photo, WHOLE, guide, mix)
    side, halo = 256, 16
    result, step = torch.empty_like(photo), side - 2 * halo
    height, width = photo.shape[2:]
    for y in range(0, height, step):
        for x in range(0, width, step):
            top, left = min(max(y - halo, 0), height - side), min(max(x - halo, 0), width - side)
            rect = torch.tensor([[left / width, top / height, (left + side) / width, (top + side) / height]])
            tile = run(photo[:, :, top:top + side, left:left + side], rect, guide, mix)
            result[:, :, y:y + step, x:x + step] = tile[:, :, y - top:y - top + step, x - left:x - left + step]
    return result


def psnr(error):
    return float(-10 * error.square().mean().clamp(min=1e-12).log10())


def fine(error):
    """Less its neighbourhood's mean: noise and detail without tone."""
    return error - F.avg_pool2d(error, 15, stride=1, padding=7, count_include_pad=False)


def gmac(call):
    with FlopCounterMode(display=False) as counter:
        call()
    return counter.get_total_flops() / 2e9


def processor_time(call):
    start = time.process_time()
    call()
    return time.process_time() - start


@torch.inference_mode()
def judge(model, how, pairs):
    """Time is that of one thread, eager, FP32, channels last: medians of five passes, in turns with the default size."""
    errors = [enhance(model, how, photo).clamp(0, 1) - target for photo, target in pairs]
    reference = ContextualModel().eval()
    tile, preview = torch.rand(1, 3, 384, 384), torch.rand(1, 3, 549, 824)
    calls = []
    for each, way in ((model, how), (reference, 'preview')):
        each.to(memory_format=torch.channels_last)
        calls.append(partial(tile_pass(each, way), tile, WHOLE, *each.prepare(preview)))
    times = [[processor_time(call) for call in calls] for _ in range(6)][1:]
    ours, theirs = map(statistics.median, zip(*times))
    megapixels = tile.shape[2] * tile.shape[3] / 1e6
    return {'psnr': statistics.mean(map(psnr, errors)), 'fine_psnr': statistics.mean(psnr(fine(e)) for e in errors),
            'psnr_of_views': [psnr(e) for e in errors], 'parameters': sum(p.numel() for p in model.parameters()),
            'pass_gmac': gmac(calls[0]) / megapixels, 'prepare_gmac': gmac(lambda: model.prepare(preview)),
            'ms': 1e3 * ours / megapixels, 'ratio': ours / theirs}
