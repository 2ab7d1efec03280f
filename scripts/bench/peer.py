"""One run of a Python tile loop, in a process of its own: peer.py REQUEST (JSON). Prints its figures as JSON.

Photos are read and written as the official demo does it (OpenCV, PNG). Time is that of the photos alone: imports and loading
the network are not counted against the loop, though hdrtile's start counts against hdrtile."""
import json
import resource
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import torch

SCRIPTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(SCRIPTS), str(SCRIPTS.parent / 'models')]
from bench import networks  # noqa: E402
from bench.loops import LOOPS  # noqa: E402

LAYOUTS = {'default': torch.contiguous_format, 'channels_last': torch.channels_last}


class Plain:
    """An eager network whose tiles know nothing of their photo."""

    def __init__(self, network):
        self.module = networks.build(network)

    def of(self, photo):
        return lambda tile, top, left: self.module(tile)


class Contextual:
    """A model of ours, eager: what is global is taken once from each photo, as hdrtile does."""

    def __init__(self, network):
        from compile_model import load, rebuild
        self.module = rebuild(*load(network.file))
        self.long_side = json.loads(_description(network.file))['context_px']

    def of(self, photo):
        height, width = photo.shape[2:]
        scale = self.long_side / max(height, width)
        preview = torch.nn.functional.adaptive_avg_pool2d(photo, [max(round(height * scale), 1), max(round(width * scale), 1)])
        guide, mix = self.module.prepare(preview)

        def run(tile, top, left):
            h, w = tile.shape[2:]
            place = torch.tensor([[left / width, top / height, (left + w) / width, (top + h) / height]], device=tile.device)
            return self.module(tile, place, guide, mix)
        return run


def _description(file):
    extra = {'hdrtile.json': ''}
    torch.jit.load(str(file), _extra_files=extra)
    return extra['hdrtile.json']


def eager(network):
    return Plain(network) if network.arguments else Contextual(network)


def enhance(path, out, network, request):
    """As the official demo reads, pads, enhances and writes a photo."""
    pixels = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
    height, width = pixels.shape[:2]
    photo = torch.from_numpy(pixels).float().div(255.).permute(2, 0, 1).unsqueeze(0).to(request['device'])
    photo = torch.nn.functional.pad(photo, (0, -width % 8, 0, -height % 8), 'reflect')
    photo = photo.contiguous(memory_format=LAYOUTS[request['layout']])
    result = LOOPS[request['loop']](photo, network.of(photo), request['tile'], request['overlap'])
    result = torch.clamp(result, 0, 1)[:, :, :height, :width].permute(0, 2, 3, 1).cpu().numpy()[0]
    cv2.imwrite(str(Path(out) / f'{Path(path).stem}.png'), cv2.cvtColor((result * 255).round().astype(np.uint8), cv2.COLOR_RGB2BGR))


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


@torch.inference_mode()
def main(request):
    torch.set_num_threads(request['threads'])
    network = eager(networks.NETWORKS[request['network']])
    network.module.to(request['device'], memory_format=LAYOUTS[request['layout']])
    if request['loop'] == 'monai':
        import monai.inferers  # noqa: F401
    wall, cpu = time.monotonic(), cpu_seconds()
    for path in request['photos']:
        enhance(path, request['out'], network, request)
    cuda = request['device'].startswith('cuda')
    print(json.dumps({'wall_s': time.monotonic() - wall, 'cpu_s': cpu_seconds() - cpu,
                      'device_mb': torch.cuda.max_memory_reserved() / 2 ** 20 if cuda else None}))


if __name__ == '__main__':
    main(json.loads(sys.argv[1]))
