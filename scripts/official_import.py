"""A checkpoint of the published Restormer as a model file, for scripts/import_restormer.py."""
import torch

import model_file
from official import from_official
from restorer import ContextualRestorer, Restorer
from restormer import Restormer
from windowed import WindowedMDTA, localise

AFFORDABLE = 2e13    # parameters times pixels that a halo is measured on: minutes of a CPU
LARGEST_HALO = 120


def round_up(value, multiple):
    return -(-value // multiple) * multiple


def reach_of_convolutions(net):
    """With given mixing matrices. It depends on the blocks of each level alone: a network as deep and very narrow shows it."""
    blocks = [len(stage.blocks) for stage in [*net.encoders, net.latent]]
    narrow = Restormer(3, 3, 2, blocks, [1] * len(blocks), len(net.refinement.blocks), 2., reduce_first=False).eval()
    mixes = narrow(torch.rand(1, 3, 64, 64))[1]
    reach, side = None, 256
    while reach is None:
        reach, side = model_file.reach(lambda x: narrow(x, mixes)[0], side, net.multiple, rows=4 * net.multiple), 2 * side
    return reach


def measured_halo(net, mode, window, context):
    """None: not found up to what was tried, or too much to compute."""
    multiple = max(net.multiple, window // 2)
    side = round_up(max(256, 4 * window), multiple)
    margin = round_up(max(128, window), multiple)
    if sum(p.numel() for p in net.parameters()) * (side + 2 * margin) ** 2 > AFFORDABLE:
        return None
    photo = model_file.picture(side + 2 * margin)
    inside = slice(margin, margin + side)
    if window:
        whole, mixes = net(photo)[0], None
    elif mode == 'preview':
        mixes = net(torch.nn.functional.adaptive_avg_pool2d(photo, min(round_up(context, net.multiple), photo.shape[3])))[1]
        whole = net(photo, mixes)[0]
    else:
        whole, mixes = net(photo)
    tile = net(photo[:, :, inside, inside], mixes)[0]
    largest = side // 2 - 8 if window else LARGEST_HALO
    return model_file.smallest_halo(tile, whole[:, :, inside, inside], range(8, largest + 1, 8))


def imported(weights, args):
    """(eager module, scripted module, what hdrtile.json says of it, shapes to compare the two at)"""
    try:
        net = from_official(weights)
    except ValueError as error:
        raise SystemExit(f'{args.checkpoint} {error}') from None
    mode = args.statistics or 'tile'
    window = int(mode.removeprefix('window:')) if mode.startswith('window:') else 0
    if window % (2 * net.multiple):
        raise SystemExit(f'{args.checkpoint}: a window of {window} px is no multiple of {2 * net.multiple}')
    reach = reach_of_convolutions(net)
    if window:
        localise(net, window)
        reach += window * sum(isinstance(module, WindowedMDTA) for module in net.modules())   # each sees a window further
    multiple = max(net.multiple, window // 2)
    halo = args.halo
    if halo is None:
        halo = measured_halo(net, mode, window, args.context_px)
    if halo is None:
        halo = window or min(round_up(reach, 8), LARGEST_HALO)
        print(f'no halo was measured that gives 60 dB: {halo} is {"one window" if window else "as far as was tried"}; tiles '
              'may differ a little where they meet; --halo states another', flush=True)
    if mode == 'tile':
        print('with --statistics tile the halo is what the convolutions need; tiles also differ by their statistics, which '
              'no halo mends', flush=True)
    module = ContextualRestorer(net) if mode == 'preview' else Restorer(net)
    module.eval()
    tile = torch.rand(1, 3, round_up(256, multiple), round_up(256, multiple))
    default = round_up(max(512, 4 * halo), multiple)
    description = {
        'scale': 1, 'multiple': multiple, 'halo': halo, 'receptive_field': min(reach, 1 << 20),
        'tile': {'min': round_up(64, multiple), 'max': max(8192 // multiple * multiple, default), 'default': default},
        'statistics': mode, 'bytes_per_pixel': model_file.bytes_per_pixel(
            lambda: model_file.run(module, tile, tile[:, :, :64, :64]), tile.shape[2] * tile.shape[3]),
    }
    if mode == 'preview':
        description['context_px'] = args.context_px
    shapes = [(batch, 3, round_up(height, multiple), round_up(width, multiple))
              for batch, height, width in ((1, 64, 96), (2, 128, 200), (1, 256, 256))]
    return module, torch.jit.script(module), description, shapes
