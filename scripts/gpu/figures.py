"""The figures of a GPU for docs/gpu.md: photos a second from decoded pixels in to finished pixels out, by hdrtile in each of its
ways and by the Python tile loop in the same run; how busy the GPU is; the share of its measured peak.

  python scripts/gpu/figures.py PROGRAM --folder DIR --out FIGURES.json [--device cuda|cpu] [--size WxH] [--photos N]

PROGRAM is photos_per_second of the build. Needs torch alone (not even NumPy). What fails is written down in its place, and the
rest is measured all the same; the exit code is 1 then. With --device cpu it shows that everything runs; its figures mean nothing.
"""
import argparse
import contextlib
import json
import math
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from bench.loops import official  # noqa: E402
from gpu.networks import NAMES, Network  # noqa: E402
from gpu.trace import summary  # noqa: E402

WAYS = ('', 'host', 'blocking', 'planar', 'graphs', 'kernels', 'graphs,kernels')     # of HDRTILE_CUDA
TILE, OVERLAP = 512, 80
SAMPLE_S = .1


def attempt(results, name, call):
    """results[name] = what `call` gives, or why it gives nothing."""
    try:
        results[name] = call()
    except Exception as error:  # noqa: BLE001  whatever it is, the other figures are wanted
        lines = str(error).splitlines()
        results[name] = {'error': f'{type(error).__name__}: {lines[-1] if lines else ""}'}
    print(name, json.dumps(results[name]), flush=True)


def failures(results):
    return sum(failures(value) if name != 'error' else 1 for name, value in results.items() if name == 'error' or isinstance(value, dict))


def machine(device):
    facts = {'torch': torch.__version__, 'cuda': torch.version.cuda, 'cores': len(os.sched_getaffinity(0))}
    if device == 'cuda':
        properties = torch.cuda.get_device_properties(0)
        facts |= {'gpu': properties.name, 'gpus': torch.cuda.device_count(), 'memory_bytes': properties.total_memory,
                  'multiprocessors': properties.multi_processor_count}
        query = ['nvidia-smi', '--query-gpu=driver_version,clocks.max.sm,power.limit', '--format=csv,noheader', '-i', '0']
        facts['nvidia_smi'] = subprocess.run(query, capture_output=True, text=True, check=True).stdout.strip()
    return facts


def seconds_of(call, device, least_s):
    """Of one call, after one that warms up."""
    call()
    if device == 'cuda':
        torch.cuda.synchronize()
    start, calls = time.perf_counter(), 0
    while calls == 0 or time.perf_counter() - start < least_s:
        call()
        calls += 1
        if device == 'cuda':
            torch.cuda.synchronize()
    return (time.perf_counter() - start) / calls


def peak(device, dtype):
    """What the machine reaches: a large matrix product, a large copy."""
    side = 8192 if device == 'cuda' else 512
    a, b = torch.rand(2, side, side, device=device).to(dtype)
    source = torch.empty(2 ** (30 if device == 'cuda' else 24), dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    return {'tflops': 2 * side ** 3 / seconds_of(lambda: a @ b, device, .5) / 1e12,
            'copy_gb_per_second': 2 * source.numel() / seconds_of(lambda: target.copy_(source), device, .5) / 1e9}


class Utilisation:
    """What nvidia-smi says of the GPU while something runs. Its busy share counts the time in which any kernel ran at all."""

    def __init__(self, device):
        self.device, self.samples, self.done = device, [], threading.Event()

    def _watch(self):
        query = ['nvidia-smi', '--query-gpu=utilization.gpu,memory.used,power.draw', '--format=csv,noheader,nounits', '-i', '0']
        while not self.done.wait(SAMPLE_S):
            values = subprocess.run(query, capture_output=True, text=True, check=False).stdout.strip().split(', ')
            with contextlib.suppress(ValueError):
                self.samples.append([float(value) for value in values])

    def __enter__(self):
        self.thread = threading.Thread(target=self._watch)
        if self.device == 'cuda':
            self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        if self.thread.ident:
            self.thread.join()

    def facts(self):
        if not self.samples:
            return {}
        busy, memory, power = zip(*self.samples)
        running = sorted(busy)[len(busy) // 2:]     # the program loads its model first
        return {'busy_percent_upper_half': sum(running) / len(running), 'memory_mib_peak': max(memory), 'watt_peak': max(power)}


def make_photo(args):
    """Light that falls off across a room, with texture: no two tiles alike. Raw RGB, as decoded."""
    width, height = args.size
    torch.manual_seed(0)
    light = 40 + 100 * torch.linspace(0, 1, width)[None, :, None] + 60 * torch.linspace(0, 1, height)[:, None, None]
    return write_raw(args.folder / 'photo.rgb', (light + 16 * torch.rand(height, width, 3)).to(torch.uint8))


def write_raw(path, pixels):
    path.write_bytes(bytes(pixels.flatten().untyped_storage()))
    return path


def read_raw(path):
    return torch.frombuffer(bytearray(path.read_bytes()), dtype=torch.uint8)


def python_loop(network, args, photos):
    """The loop a Python user runs; pixels go up as they were decoded and come down as they are encoded."""
    width, height = args.size
    decoded = read_raw(args.photo).reshape(height, width, 3)

    def once():
        photo = decoded.to(args.device).permute(2, 0, 1)[None].float() / 255
        enhanced = official(photo, network.on(photo), TILE, OVERLAP)
        return (enhanced.clamp(0, 1) * 255).round().to(torch.uint8)[0].permute(1, 2, 0).contiguous().cpu()

    result = write_raw(args.folder / f'{network.name}-python.rgb', once())
    start = time.perf_counter()
    for _ in range(photos):
        once()
    return {'photos_per_second': photos / (time.perf_counter() - start)}, result


def hdrtile(args, network, way, precision, trace=None):
    result = args.folder / f'{network.name}-{way.replace(",", "-") or "usual"}.rgb'
    command = [str(args.program), str(network.file), str(args.photo), *map(str, args.size), '--device', args.device,
               '--precision', precision, '--photos', str(args.photos), '--result', str(result)]
    if trace:
        command += ['--trace', str(trace)]
    with Utilisation(args.device) as utilisation:
        run = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ | {'HDRTILE_CUDA': way})
    if run.returncode:
        raise RuntimeError(run.stderr.strip() or f'exit code {run.returncode}')
    return json.loads(run.stdout) | {'nvidia_smi': utilisation.facts()}, result


def psnr(a, b):
    error = float((read_raw(a).float() - read_raw(b).float()).square().mean())
    return 10 * math.log10(255 ** 2 / error) if error else None


def figures_of(name, args, tflops):
    dtype = torch.float16 if args.device == 'cuda' else torch.float32
    precision = 'fp16' if args.device == 'cuda' else 'fp32'
    network = Network(name, args.folder, args.device, dtype)
    figures = {}
    flops = network.flops_per_pixel()
    reference = None
    for way in WAYS if args.device == 'cuda' else ('',):
        def measure(way=way):
            nonlocal reference
            trace = args.folder / f'{name}.trace.json' if way == '' else None
            figure, result = hdrtile(args, network, way, precision, trace)
            reference = reference or result
            figure['psnr_to_usual'] = psnr(reference, result)
            computed = flops * figure['pixels_computed'] * figure['photos_per_second'] / 1e12
            figure |= {'tflops': computed, 'share_of_peak': computed / tflops if tflops else None}
            if trace:
                figure['trace'] = summary(trace)
            return figure
        attempt(figures, way or 'usual', measure)

    def loop():
        figure, result = python_loop(network, args, max(args.photos // 4, 1))
        return figure | {'psnr_to_usual': psnr(reference, result) if reference else None}
    attempt(figures, 'python_loop', loop)
    return {'tile_pass_flops_per_pixel': flops} | figures


@torch.inference_mode()
def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('program', type=Path)
    parser.add_argument('--folder', required=True, type=Path, help='for models, results and traces')
    parser.add_argument('--out', required=True, type=Path)
    parser.add_argument('--device', choices=['cuda', 'cpu'], default='cuda')
    parser.add_argument('--size', default=(3296, 2192), nargs=2, type=int, metavar=('WIDTH', 'HEIGHT'), help='of the photo (7.2 MP)')
    parser.add_argument('--photos', type=int, default=40)
    parser.add_argument('--networks', nargs='*', choices=NAMES, default=NAMES)
    args = parser.parse_args()
    args.folder.mkdir(parents=True, exist_ok=True)
    args.photo = make_photo(args)
    results = {'command': sys.argv, 'size': args.size}
    attempt(results, 'machine', lambda: machine(args.device))
    attempt(results, 'peak', lambda: peak(args.device, torch.float16 if args.device == 'cuda' else torch.float32))
    for name in args.networks:
        attempt(results, name, lambda name=name: figures_of(name, args, results['peak'].get('tflops')))
        args.out.write_text(json.dumps(results, indent=1) + '\n')     # what is there is kept if a later one hangs
    failed = failures(results)
    print(f'{args.out}: {failed} figures could not be measured')
    sys.exit(failed > 0)


if __name__ == '__main__':
    main()
