"""Photos of any size, made of the samples. Run as a program, so that what it holds does not count as another's memory."""
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def make(folder, width, height, count=1):
    """JPEGs of that size in `folder`, which are left alone where they are there already."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    photos = [folder / f'{width}x{height}_{i:02}.jpg' for i in range(count)]
    if not all(photo.exists() for photo in photos):
        subprocess.run([sys.executable, __file__, str(width), str(height), *map(str, photos)], check=True)
    return photos


def sized(megapixels):
    """Width and height of so many megapixels, 3 : 2, multiples of 8."""
    height = round((megapixels * 1e6 / 1.5) ** .5 / 8) * 8
    return round(1.5 * height / 8) * 8, height


def main(width, height, *names):
    import cv2
    import numpy as np
    samples = [cv2.imread(str(path)) for path in sorted((ROOT / 'tests/samples').glob('*.jpg'))]
    if not samples:
        sys.exit('tests/samples has no photo')
    for i, name in enumerate(names):
        sample = np.roll(samples[i % len(samples)], (97 * i, 211 * i), axis=(0, 1))
        down, right = (max(0, asked - there) for asked, there in zip((height, width), sample.shape))
        photo = np.pad(sample, [(0, down), (0, right), (0, 0)], mode='symmetric')
        top, left = ((there - asked) // 2 for asked, there in zip((height, width), photo.shape))
        partial = f'{name}.tmp.jpg'
        cv2.imwrite(partial, photo[top:top + height, left:left + width], [cv2.IMWRITE_JPEG_QUALITY, 95])
        Path(partial).rename(name)


if __name__ == '__main__':
    main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
