"""What measures that are said to save memory save, each in a process of its own.

  .venv/bin/python scripts/memory_claims.py [models/small.pt] [--out OUT] [--tile 512]

The trunk of a model of ours, eager PyTorch, one tile: peak resident memory above what the process held before, peak of what
PyTorch's allocator gave out (its own record of every allocation), and processor seconds on one thread, the least of three.
Prints Markdown; with --out also writes memory.md and memory.json there.
"""
import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import torch
from torch.utils.checkpoint import checkpoint

import compile_model
import model_file
import restormer    # of models/, which compile_model has put on the path

MEASURES = {
    'eager, autograd on': {'grad': True},
    'no_grad': {'mode': 'no_grad'},
    'inference_mode: the base of what follows': {},
    'in-place sums and products': {'in_place': True},
    'checkpointing': {'checkpointing': True},
    'checkpointing, autograd on': {'checkpointing': True, 'grad': True},
    'channels_last': {'layout': 'channels_last'},
    'channels_last, BF16': {'layout': 'channels_last', 'dtype': 'bfloat16'},
    'channels_last, FP16': {'layout': 'channels_last', 'dtype': 'float16'},
    'channels_last, four tiles at once': {'layout': 'channels_last', 'batch': 4},
    'channels_last, a tile of half the side': {'layout': 'channels_last', 'scale': .5},
    'channels_last, a tile of twice the side': {'layout': 'channels_last', 'scale': 2},
    'channels_last, four times the side': {'layout': 'channels_last', 'scale': 4},
}


def block_in_place(self, x, mixes, offset):
    """Block.forward of models/restormer.py with sums into the tensor that is there."""
    mix = mixes[:, offset:offset + self.dim * self.dim].view(-1, self.dim, self.dim)
    x = x.add_(self.attn(self.norm1(x), mix))
    return x.add_(self.ffn(self.norm2(x))), mix.flatten(1)


def gate_in_place(self, x):
    """GDFN.forward of models/feed_forward.py likewise."""
    gate, value = self.dwconv(self.project_in(x)).chunk(2, dim=1)
    return self.project_out(torch.nn.functional.gelu(gate).mul_(value))


def block_checkpointed(plain):
    return lambda self, x, mixes, offset: checkpoint(plain, self, x, mixes, offset, use_reentrant=False)


def resident(field):
    """Of this process, in bytes: VmRSS now, or VmHWM at most."""
    line = next(line for line in Path('/proc/self/status').read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024


def measure(model, tile, grad=False, mode='inference_mode', in_place=False, checkpointing=False, layout='contiguous_format', dtype='float32',
            batch=1, scale=1.):
    torch.set_num_threads(1)
    scripted, description = compile_model.load(model)
    eager = compile_model.rebuild(scripted, description)
    _, _, _, mix = compile_model.inputs_of(scripted, 'cpu')
    dtype, side = getattr(torch, dtype), int(tile * scale)
    if in_place:
        restormer.Block.forward, restormer.feed_forward.GDFN.forward = block_in_place, gate_in_place
    if checkpointing:
        restormer.Block.forward = block_checkpointed(restormer.Block.forward)
    trunk = eager.trunk.to(dtype).to(memory_format=getattr(torch, layout))
    x = torch.rand(batch, trunk.embed.in_channels // trunk.unshuffle ** 2, side, side, dtype=dtype).to(memory_format=getattr(torch, layout))
    mix = mix.detach()

    def call():
        with torch.enable_grad() if grad else getattr(torch, mode)():
            return trunk(x, mix)

    small = x[:, :, :64, :64].clone()   # what libraries set up once is not a tile's
    with torch.inference_mode():
        trunk(small, mix)
    Path('/proc/self/clear_refs').write_text('5')
    before = resident('VmRSS')
    call()
    peak = resident('VmHWM') - before
    seconds = []
    for _ in range(3):
        start = time.process_time()
        call()
        seconds.append(time.process_time() - start)
    return {'resident_mb': peak / 1e6, 'allocated_mb': model_file.bytes_per_pixel(call, 1) / 1e6, 'core_s': min(seconds),
            'megapixels': batch * side * side / 1e6}


def markdown(rows, tile):
    base = rows['inference_mode: the base of what follows']
    lines = [f'| a tile of {tile} px | resident, MB | of base | allocated, MB | of base | core-s | of base |', '|' + ' --- |' * 7]
    for name, row in rows.items():
        cells = [name, *(cell for key, digits in (('resident_mb', 0), ('allocated_mb', 0), ('core_s', 2))
                         for cell in (f'{row[key]:.{digits}f}', f'{row[key] / base[key]:.2f}'))]
        lines.append('| ' + ' | '.join(cells) + ' |')
    return '\n'.join(lines) + '\n'


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('model', nargs='?', type=Path, default=compile_model.ROOT / 'models/small.pt')
    parser.add_argument('--tile', type=int, default=512, help='side in pixels, a multiple of 128 (default 512)')
    parser.add_argument('--out', type=Path, help='a folder for memory.md and memory.json')
    parser.add_argument('--only', choices=MEASURES, help=argparse.SUPPRESS)     # one of them, in this process
    args = parser.parse_args()
    if args.tile < 128 or args.tile % 128:
        parser.error(f'--tile {args.tile}: a multiple of 128 is asked')
    if args.only:
        print(json.dumps(measure(args.model, args.tile, **MEASURES[args.only])))
        return
    rows = {}
    for name in MEASURES:
        print(f'{name} ...', file=sys.stderr, flush=True)
        result = subprocess.run([sys.executable, __file__, str(args.model), '--tile', str(args.tile), '--only', name], capture_output=True,
                                text=True, env=os.environ | {'OMP_NUM_THREADS': '1'})
        if result.returncode:
            compile_model.fail(f'{name}: {result.stderr.strip().splitlines()[-1:]} (exit code {result.returncode})')
        rows[name] = json.loads(result.stdout.splitlines()[-1])
    print(markdown(rows, args.tile))
    if args.out:
        args.out.mkdir(parents=True, exist_ok=True)
        (args.out / 'memory.json').write_text(json.dumps(rows, indent=1) + '\n')
        (args.out / 'memory.md').write_text(markdown(rows, args.tile))


if __name__ == '__main__':
    main()
