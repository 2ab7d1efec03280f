"""What the machine can do at most, and what a network asks of it: counts.py peaks DEVICE THREADS, counts.py work NETWORK."""
import json
import sys
import time
from pathlib import Path

import torch

SCRIPTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(SCRIPTS), str(SCRIPTS.parent / 'models')]
DTYPES = {'fp32': torch.float32, 'bf16': torch.bfloat16, 'fp16': torch.float16}


def best_rate(call, work, device, seconds):
    """Work per second of the fastest call."""
    end, best = time.monotonic() + seconds, 0
    while best == 0 or time.monotonic() < end:
        start = time.perf_counter()
        call()
        if device.type == 'cuda':
            torch.cuda.synchronize()
        best = max(best, work / (time.perf_counter() - start))
    return best


@torch.inference_mode()
def peaks(device, threads, seconds=1.5):
    """FLOP/s of a large matrix product in each precision, and bytes read and written per second by a large copy."""
    torch.set_num_threads(threads)
    device = torch.device(device)
    side = 8192 if device.type == 'cuda' else 2048
    rates = {}
    for name, dtype in DTYPES.items():
        if name == 'fp16' and device.type == 'cpu':
            continue
        a = torch.rand(side, side, device=device).to(dtype)
        b, out = torch.rand_like(a), torch.empty_like(a)
        rates[name] = best_rate(lambda: torch.mm(a, b, out=out), 2 * side ** 3, device, seconds)
    source = torch.ones(2 ** 26, device=device)
    target = torch.empty_like(source)
    return {'flop_per_s': rates, 'copy_bytes_per_s': best_rate(lambda: target.copy_(source), 2 * source.nbytes, device, seconds)}


@torch.inference_mode()
def work(name):
    """FLOP (two a multiply-add, elementwise operations not counted) of one tile per pixel of it, and of what is done once a photo."""
    from torch.utils.flop_counter import FlopCounterMode

    from bench.networks import NETWORKS
    from bench.peer import eager
    network, tile = eager(NETWORKS[name]), torch.rand(1, 3, 256, 256)
    with FlopCounterMode(display=False) as once:
        run = network.of(tile.expand(1, 3, 256, 256))
    with FlopCounterMode(display=False) as each:
        run(tile, 0, 0)
    return {'flop_per_pixel': each.get_total_flops() / 256 ** 2, 'flop_once': once.get_total_flops()}


if __name__ == '__main__':
    print(json.dumps(peaks(sys.argv[2], int(sys.argv[3])) if sys.argv[1] == 'peaks' else work(sys.argv[2])))
