"""Makes the sample photos of tests/samples from rendered rooms (render_rooms.py): the photo that a hurried camera would
have taken, with its metadata, and in truth/ what a well-made HDR photo of the same room looks like.

  python scripts/make_samples.py --rooms rooms --out tests/samples

Needs `exiftool` for the metadata. The same rooms give the same files.
"""
import argparse
import io
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

import camera
import display_p3
import look
import panorama


@dataclass(frozen=True)
class Sample:
    name: str
    seed: int                   # of the room, below 50
    shot: camera.Shot
    title: str
    exif: dict
    rotated: bool = False       # stored a quarter turn off, with the EXIF orientation that undoes it
    display_p3: bool = False


def shot(ev, red, blue, noise, quality=90):
    """A camera like those of the training, with shot noise and read noise in proportion."""
    return camera.Shot(ev=ev, white_balance=(red, 1., blue), shot_noise=4e-4 * noise, read_noise=2.5e-3 * noise ** .5, noise_blur=.6,
                       contrast=.2, gamma=1., quality=quality)


SAMPLES = (
    Sample('living_room', 6, shot(-1.2, 1.08, .90, 1.), 'A living room, taken for its windows',
           {'ExposureTime': '1/60', 'FNumber': 8, 'ISO': 400, 'FocalLength': 18, 'ExposureCompensation': -1.3}),
    Sample('bedroom', 5, shot(-.9, .93, 1.08, 1.4), 'A bedroom, taken upright', rotated=True,
           exif={'ExposureTime': '1/30', 'FNumber': 7.1, 'ISO': 640, 'FocalLength': 24, 'ExposureCompensation': -1}),
    Sample('dining_room', 7, shot(-1.4, 1.05, .93, .8), 'A dining room, in Display P3', display_p3=True,
           exif={'ExposureTime': '1/50', 'FNumber': 1.8, 'ISO': 320, 'FocalLength': 5.1, 'ExposureCompensation': -.7}),
)


def jpeg(path, pixels, quality, profile=None):
    Image.fromarray(pixels).save(path, quality=quality, subsampling=0, optimize=True, **({'icc_profile': profile} if profile else {}))


def describe(path, sample, pixels):
    """Writes EXIF with a thumbnail, XMP and IPTC, as cameras and photo shops do."""
    thumbnail = cv2.resize(pixels, (160, round(160 * pixels.shape[0] / pixels.shape[1])), interpolation=cv2.INTER_AREA)
    with tempfile.NamedTemporaryFile(suffix='.jpg') as small:
        buffer = io.BytesIO()
        Image.fromarray(thumbnail).save(buffer, 'JPEG', quality=80)
        small.write(buffer.getvalue())
        small.flush()
        # The place is an invented one, in the Atlantic.
        tags = {'Make': 'hdrtile', 'Model': 'Rendered room camera', 'LensModel': 'Pinhole 0 mm f/0', 'Software': 'make_samples.py',
                'DateTimeOriginal': '2026:05:04 11:23:45', 'CreateDate': '2026:05:04 11:23:45', 'ModifyDate': '2026:05:04 11:23:45',
                'OffsetTimeOriginal': '+00:00', 'GPSLatitude': 30.25, 'GPSLatitudeRef': 'N', 'GPSLongitude': 40.5, 'GPSLongitudeRef': 'W',
                'GPSAltitude': 12, 'GPSAltitudeRef': 0, 'Orientation#': 6 if sample.rotated else 1,
                'ColorSpace#': 65535 if sample.display_p3 else 1, 'ExifImageWidth': pixels.shape[1], 'ExifImageHeight': pixels.shape[0],
                'XResolution': 300, 'YResolution': 300, 'ResolutionUnit': 'inches',
                'EXIF:ImageDescription': sample.title, 'EXIF:Copyright': 'CC0 1.0', 'XMP-dc:Description': sample.title,
                'XMP-dc:Rights': 'CC0 1.0 Universal', 'XMP-dc:Title': sample.name, 'IPTC:Caption-Abstract': sample.title,
                'IPTC:CopyrightNotice': 'CC0 1.0', **sample.exif}
        subprocess.run(['exiftool', '-q', '-overwrite_original', *(f'-{key}={value}' for key, value in tags.items()),
                        f'-ThumbnailImage<={small.name}', str(path)], check=True)


def make(sample, rooms, out):
    radiance = panorama.load(rooms / f'room_{sample.seed}.exr')
    truth = np.rint(look.target(radiance) * 255).astype(np.uint8)
    jpeg(out / 'truth' / f'{sample.name}.jpg', truth, 92)

    light = display_p3.from_rec709(radiance) if sample.display_p3 else radiance
    photo = camera.expose(light, sample.shot, np.random.default_rng(sample.seed))
    if sample.rotated:      # orientation 6: to be turned a quarter clockwise when shown
        photo = cv2.rotate(photo, cv2.ROTATE_90_COUNTERCLOCKWISE)
    path = out / f'{sample.name}.jpg'
    jpeg(path, photo, sample.shot.quality, display_p3.profile() if sample.display_p3 else None)
    describe(path, sample, photo)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--rooms', required=True, type=Path, help='folder with the room_<seed>.exr')
    parser.add_argument('--out', required=True, type=Path, help='folder for the photos, and truth/ in it')
    parser.add_argument('--only', nargs='*', help='names of samples (default: all)')
    args = parser.parse_args()
    (args.out / 'truth').mkdir(parents=True, exist_ok=True)
    for sample in SAMPLES:
        if not args.only or sample.name in args.only:
            make(sample, args.rooms, args.out)
            print(args.out / f'{sample.name}.jpg', flush=True)


if __name__ == '__main__':
    main()
