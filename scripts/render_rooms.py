"""Renders procedural furnished rooms as true radiance: linear OpenEXR with Rec. 709 primaries, one per seed.

Needs Blender as a Python module, which is no part of hdrtile's setup and wants Python 3.11:
  python3.11 -m venv venv-render && venv-render/bin/pip install bpy==5.0.1
  venv-render/bin/python scripts/render_rooms.py --out rooms --seed 100 --count 20 --size 1648x1096 --samples 10

Everything in a room follows from its seed. Seeds below 50 are kept for the sample photos (tests/samples) and are never
trained on; training takes seeds from 100 up. A file appears under its name once it is whole, and rooms that are there
already are skipped, so a run that was cut off goes on where it stopped. What comes out is CC0.
"""
import argparse
import random
import sys
import time
from pathlib import Path

try:
    import bpy
except ImportError:
    sys.exit(__doc__)

from rooms.room import Room


def take_part(seed, size, part):
    """Of the picture only `part` (width, height), at a place that follows from the seed: a close-up at full scale."""
    settings, place = bpy.context.scene.render, random.Random(seed)
    shares = [min(of / whole, 1) for of, whole in zip(part, size)]
    starts = [place.uniform(0, 1 - share) for share in shares]
    settings.use_border = settings.use_crop_to_border = True
    settings.border_min_x, settings.border_min_y = starts
    settings.border_max_x, settings.border_max_y = (start + share for start, share in zip(starts, shares))


def render(path, width, height, samples):
    scene = bpy.context.scene
    scene.render.engine = 'CYCLES'
    scene.render.resolution_x, scene.render.resolution_y, scene.render.resolution_percentage = width, height, 100
    cycles = scene.cycles
    cycles.device, cycles.samples, cycles.use_adaptive_sampling = 'CPU', samples, False
    cycles.use_denoising, cycles.denoiser = True, 'OPENIMAGEDENOISE'
    cycles.denoising_input_passes, cycles.denoising_prefilter = 'RGB_ALBEDO_NORMAL', 'ACCURATE'
    cycles.denoising_quality = 'HIGH'
    cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces, cycles.transmission_bounces = 6, 5, 2, 2
    cycles.sample_clamp_indirect, cycles.caustics_reflective, cycles.use_light_tree = 6., False, True
    cycles.blur_glossy = 1.
    cycles.pixel_filter_type, cycles.filter_width = 'BLACKMAN_HARRIS', 1.2
    settings = scene.render.image_settings
    settings.file_format, settings.color_mode, settings.color_depth, settings.exr_codec = 'OPEN_EXR', 'RGB', '16', 'ZIP'
    partial = path.with_name(f'.{path.stem}.part.exr')
    scene.render.filepath = str(partial)
    bpy.ops.render.render(write_still=True)
    partial.rename(path)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--out', required=True, type=Path, help='folder for room_<seed>.exr')
    parser.add_argument('--seed', type=int, default=100, help='the first seed (samples: below 50, training: from 100)')
    parser.add_argument('--count', type=int, default=1, help='how many seeds')
    parser.add_argument('--size', default='1648x1096', help='width x height; taller than wide gives an upright view')
    parser.add_argument('--part', help='width x height: only a part of the picture, somewhere in it')
    parser.add_argument('--samples', type=int, default=16, help='per pixel, before denoising')
    args = parser.parse_args()
    width, height = map(int, args.size.split('x'))
    args.out.mkdir(parents=True, exist_ok=True)
    for seed in range(args.seed, args.seed + args.count):
        path = args.out / f'room_{seed}.exr'
        if path.exists():
            continue
        start = time.monotonic()
        room = Room(seed, portrait=height > width)
        if args.part:
            take_part(seed, (width, height), tuple(map(int, args.part.split('x'))))
        built = time.monotonic()
        render(path, width, height, args.samples)
        print(f'{path}: {room.kind}, {room.sky}, built in {built - start:.0f} s, rendered in {time.monotonic() - built:.0f} s', flush=True)


if __name__ == '__main__':
    main()
