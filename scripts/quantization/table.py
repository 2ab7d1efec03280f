"""All precisions of a model side by side: how near to FP32 and to the truth, how long, how much memory."""
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import torch

import compile_model
import model_file
from judge import variants
from judge.program import Program
from quantization import calibration, forms, quality

SIDE, ROUNDS = 512, 9
TORCHSCRIPT, COMPILED = 'torchscript', 'compiled'


def rows():
    """(name, engine, precision as hdrtile calls it, form)."""
    floats = [(precision, engine, precision, None) for engine in (TORCHSCRIPT, COMPILED) for precision in compile_model.DTYPES]
    return floats + [(f'{precision} {form}' if precision != form else form, COMPILED, precision, form)
                     for form, precision in forms.PRECISIONS.items()]


def packages(args, paths, make, folder):
    """The package of each compiled row, in a cache of its own; the row's name to its file. Those that are there from a run
    that was broken off are taken as they are."""
    made = {}
    for name, engine, precision, form in rows():
        if engine != COMPILED:
            continue
        cache = folder / name.replace(' ', '_')
        cache.mkdir(mode=0o700, exist_ok=True, parents=True)
        key = compile_model.key_of(args.model, precision, 'cpu')
        made[name] = compile_model.target_of(cache, args.model, key)
        if compile_model.is_whole(made[name]):
            continue
        print(f'{name} ...', file=sys.stderr, flush=True)
        if form:
            make(args.model, form, paths, cache)
        else:
            compile_model.compile_model(args.model, 'cpu', precision, made[name], key)
    return made


def passes(model_path, made):
    """What computes a tile in each row, (name, engine) to a call."""
    calls = {}
    for name, engine, precision, _ in rows():
        if engine == COMPILED:
            calls[name, engine] = torch._inductor.aoti_load_package(str(made[name]))
        else:
            scripted, _ = compile_model.load(model_path)
            scripted.trunk.to(compile_model.DTYPES[precision])
            calls[name, engine] = scripted.to(memory_format=torch.channels_last)
    return calls


@torch.no_grad()
def costs(args, made, photo):
    """Of one tile: processor seconds on one thread, the least of several rounds in which all rows take turns, and the peak of
    what is allocated meanwhile."""
    scripted, description = compile_model.load(args.model)
    guide, mix = scripted.prepare(calibration.preview_of(photo, description['context_px']))
    tile = photo[:, :, :SIDE, :SIDE].contiguous(memory_format=torch.channels_last)
    rect = torch.tensor([[0., 0., SIDE / photo.shape[3], SIDE / photo.shape[2]]])
    calls = {key: lambda call=call: call(tile, rect, guide, mix) for key, call in passes(args.model, made).items()}
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    seconds = {key: [] for key in calls}
    for turn in range(ROUNDS):
        for key, call in calls.items():
            start = time.process_time()
            call()
            if turn >= 2:   # TorchScript optimises while the first two run
                seconds[key].append(time.process_time() - start)
    torch.set_num_threads(threads)
    return {key: {'core_ms': 1000 * min(seconds[key]), 'activations_mb': model_file.bytes_per_pixel(call, 1) / 1e6} for key, call in calls.items()}


def measure(args, paths, make):
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        os.environ.setdefault('TORCHINDUCTOR_CACHE_DIR', str(scratch / 'inductor'))
        program = Program(args.binary, args.model.resolve(), quality.FP32)
        made = packages(args, paths, make, args.table / 'packages')
        measured = costs(args, made, calibration.read(calibration.photos_in(args.photos)[0]))
        sets = {'photos': quality.scenes_of(args.photos)} | ({'views': quality.views_of(args.data, args.views)} if args.data else {})
        program.flags = []
        exact = {kind: quality.enhanced(program, scratch, found, *quality.FP32) for kind, found in sets.items()}
        for name, engine, precision, _ in rows():
            row = measured[name, engine]
            row['file_mb'] = (made[name] if engine == COMPILED else args.model).stat().st_size / 1e6
            for kind, found in sets.items():
                print(f'{name} {engine}: {len(found)} {kind} ...', file=sys.stderr, flush=True)
                cache = made[name].parent if engine == COMPILED else scratch
                results = quality.enhanced(program, cache, found, '--device', 'cpu', '--engine', engine, '--precision', precision)
                judged = quality.judge(found, exact[kind], results)
                row[kind] = judged.json() | {'faults': judged.faults()}
        guide, _ = variants.write(args.model, scratch)['guide alone']
        without = {'precision': 'no tile pass', 'engine': TORCHSCRIPT}
        for kind, found in sets.items():
            judged = quality.judge(found, exact[kind], quality.enhanced(program, scratch, found, *quality.FP32, model=guide))
            without[kind] = judged.json() | {'faults': judged.faults()}
        return {'about': program.about() | {'calibration_photos': len(paths), **{kind: len(found) for kind, found in sets.items()}},
                'rows': [{'precision': name, 'engine': engine, **measured[name, engine]} for name, engine, _, _ in rows()] + [without]}


def costs_of(row, fp32):
    if 'core_ms' not in row:    # the guide alone, which is there to tell what the limit would catch
        return ['-'] * 5
    return [f'{row["core_ms"]:.0f}', f'{row["core_ms"] / fp32[TORCHSCRIPT]:.2f}', f'{row["core_ms"] / fp32[COMPILED]:.2f}',
            f'{row["activations_mb"]:.0f}', f'{row["file_mb"]:.2f}']


def markdown(figures):
    """One table a set of photos."""
    fp32 = {row['engine']: row['core_ms'] for row in figures['rows'] if row['precision'] == 'fp32'}
    tables = []
    for kind in ('photos', 'views'):
        if kind not in figures['about']:
            continue
        lines = [f'{figures["about"][kind]} {kind}:', '',
                 '| | engine | to FP32, dB: mean | worst | to truth, dB | most lost, dB | L1 to truth | core-ms a tile | of FP32 TorchScript | '
                 'of FP32 compiled | activations, MB | file, MB | limit |', '|' + ' --- |' * 13]
        for row in figures['rows']:
            judged = row[kind]
            truth = ['-'] * 3 if judged['to_truth'] is None else [f'{judged["to_truth"]:.3f}', f'{judged["most_lost"]:+.3f}', f'{judged["l1"]:.5f}']
            cells = [row['precision'], row['engine'], f'{judged["to_fp32"]:.1f}', f'{judged["least_to_fp32"]:.1f}', *truth, *costs_of(row, fp32),
                     'missed' if judged['faults'] else 'kept']
            lines.append('| ' + ' | '.join(cells) + ' |')
        tables.append('\n'.join(lines) + '\n')
    return '\n'.join(tables)


def write(args, paths, make):
    figures = measure(args, paths, make)
    (args.table / 'table.json').write_text(json.dumps(figures, indent=1) + '\n')
    (args.table / 'table.md').write_text(markdown(figures))
    print(markdown(figures))
    print(f'{args.table}/table.md, table.json')
    return 0
