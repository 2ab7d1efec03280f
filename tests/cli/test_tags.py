"""Every tag that exiftool reads before is there after, but for those listed here with their reasons.

Run with -s it prints tags kept of tags present, file by file."""
import collections
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from program import ROOT, enhance, run, scene, write

SAMPLES = sorted(p for p in (ROOT / 'tests/samples').glob('*.jpg') if not p.stem.endswith('_truth'))
REAL = sorted((Path(os.environ.get('HDRTILE_SHARED_DATA', ROOT.parent / 'shared/data')) / 'photos').glob('*.jpg'))

FORMATS = [f"{f['extensions'][0]}" for f in json.loads(run('info', '--json').stdout)['formats'] if f['reads'] and f['writes']]

NOT_METADATA = r'SourceFile|(File|System|ExifTool|Composite):.*'
MAY_CHANGE = {
    r'(IFD0|RIFF|PNG):(Image(Width|Height))|ExifIFD:ExifImage(Width|Height)|XMP-(tiff|exif):.*(Width|Height|Length|Dimension)':
        'dimensions: upright after orientation is applied',
    r'(IFD0|IFD1|XMP-tiff):Orientation': 'applied',
    r'IFD1:Thumbnail(Image|Length|Offset)': 'the thumbnail is made anew',
    r'IFD0:(Compression|StripOffsets|RowsPerStrip|StripByteCounts|Predictor)': 'how a TIFF stores its pixels',
    r'PNG:.*(BitDepth|ColorType|Compression|Filter|Interlace)': 'how a PNG stores its pixels',
    r'QuickTime:MediaData.*': 'the pixels',
    r'JFIF:JFIFVersion': "the encoder's own",
    r'XMP-x:XMPToolkit': 'who wrote the packet last',
    r'XMP-hdrtile:.*': 'the stamp',
}
MAY_GO = {
    r'Adobe:.*|JFXX:.*': 'how the old JPEG was coded; a thumbnail that is no longer true',
    r'MPF\d*:.*|MPImage\d+:.*': 'an index of further pictures, which do not fit the new pixels',
    r'XMP-(hdrgm|Container|GContainer|HDRGainMap):.*': 'the gain map that does not fit the new pixels',
    r'Photoshop:PhotoshopThumbnail|Photoshop:.*Thumbnail.*': 'a thumbnail that is no longer true',
    r'XMP-xmpNote:HasExtendedXMP': 'where the parts are joined',
}
# What is another thing in another format.
BETWEEN_FORMATS = {
    r'JFIF:.*': 'of JPEGs alone',
    r'PNG:.*|PNG-pHYs:.*|RIFF:.*|Meta:.*|QuickTime:.*|Jpeg2000:.*|JXL:.*|Track.*:.*': 'of that format alone',
    r'IFD0:(YCbCrPositioning|(Bits|Samples)Per(Pixel|Sample)|Image(Width|Height)|Compression|PhotometricInterpretation|Strip.*|RowsPerStrip'
    r'|PlanarConfiguration|Predictor|SampleFormat)': 'how a TIFF stores its pixels',
    r'IFD1:.*': 'TIFFs have no thumbnail directory',
    r'(IPTC|IPTC2|Photoshop):.*': 'where a format has no place for IPTC, it goes on as XMP',
}


def tags(path):
    """Tags by group, with all values of those that occur more than once."""
    text = subprocess.run(['exiftool', '-json', '-a', '-G1', '-n', '-u', '-b', str(path)], check=True, capture_output=True,
                          text=True, errors='replace').stdout
    found = collections.defaultdict(list)
    for key, value in json.loads(text, object_pairs_hook=lambda pairs: pairs)[0]:
        if not re.fullmatch(NOT_METADATA, key):
            found[key].append(str(value))
    return found


def is_listed(key, *lists):
    return any(re.fullmatch(pattern, key) for patterns in lists for pattern in patterns)


def assert_tags_kept(before, after, *more_lists):
    present, kept, faults = 0, 0, []
    for key, values in before.items():
        present += len(values)
        if is_listed(key, MAY_GO, *more_lists):
            kept += min(len(values), len(after.get(key, [])))
        elif key not in after or len(after[key]) < len(values):
            faults.append(f'lost: {key} = {values[0][:60]}')
        elif not is_listed(key, MAY_CHANGE) and [v for v in values if v not in after[key]]:
            faults.append(f'changed: {key} = {values[0][:60]} -> {after[key][0][:60]}')
        else:
            kept += len(values)
    print(f'  {kept} of {present} tags kept', end='')
    assert present > 5
    assert not faults, '\n'.join(faults)


def enhanced(photo, out, *flags):
    result = enhance(photo, '-o', out, '--reprocess', *flags, with_model='identity')
    assert result.returncode == 0, result.stderr
    return out


def exiftool(*arguments):
    subprocess.run(['exiftool', '-q', '-overwrite_original', '-n', *map(str, arguments)], check=True)


def full_photo(folder, suffix):
    """A photo of a format with EXIF, GPS, IPTC, ICC and XMP of more than 64 KB."""
    if suffix in ('heic', 'avif', 'jxl'):  # no other program here writes them
        return enhanced(full_photo(folder, 'jpg'), folder / f'full.{suffix}')
    path = write(folder / f'full.{suffix}', scene(60, 80))
    words = folder / 'words.txt'
    words.write_text(' '.join(str(i * 7919 % 100003) for i in range(15000)))
    exiftool('-Make=Canon', '-Model=EOS R5', '-ExposureTime=0.02', '-FNumber=8', '-ISO=200', '-LensModel=RF24-70', '-Artist=Zoë',
             '-DateTimeOriginal=2026:01:02 03:04:05', '-OffsetTimeOriginal=+01:00', '-SubSecTimeOriginal=123', '-UserComment=kitchen',
             '-Copyright=me', '-XPKeywords=a;b', '-Rating=4', '-GPSLatitude=38.7', '-GPSLatitudeRef=N', '-GPSLongitude=9.1',
             '-GPSLongitudeRef=W', '-GPSAltitude=12', '-GPSTimeStamp=03:04:05', '-GPSDateStamp=2026:01:02',
             *(['-IPTC:City=Lisboa', '-IPTC:Keywords=room', '-IPTC:Keywords=window', '-IPTC:Caption-Abstract=A room']
               if suffix != 'webp' else []),
             f'-XMP-dc:Source<={words}', '-XMP:Rating=4', '-XMP-dc:Title=Kitchen', '-XMP-photoshop:Credit=somebody', path)
    words.unlink()
    return path


@pytest.mark.parametrize('photo', SAMPLES + REAL, ids=lambda p: p.stem)
def test_every_tag_of_a_photo_is_kept(tmp_path, photo):
    out = enhanced(photo, tmp_path / 'out.jpg')
    assert_tags_kept(tags(photo), tags(out))


@pytest.mark.parametrize('suffix', FORMATS)
def test_every_tag_is_kept_in_every_format(tmp_path, suffix):
    photo = full_photo(tmp_path, suffix)
    out = enhanced(photo, tmp_path / f'out.{suffix}')
    assert_tags_kept(tags(photo), tags(out))


@pytest.mark.parametrize('source, target', [('jpg', f) for f in FORMATS] + [(f, 'jpg') for f in FORMATS if f != 'jpg'])
def test_every_tag_is_kept_from_format_to_format(tmp_path, source, target):
    photo = full_photo(tmp_path, source)
    before = tags(photo)
    after = tags(enhanced(photo, tmp_path / f'out.{target}'))
    assert_tags_kept(before, after, BETWEEN_FORMATS)
    if 'IPTC:City' in before:
        assert 'Lisboa' in (after['IPTC:City'] + after['XMP-photoshop:City'])


@pytest.mark.parametrize('suffix', FORMATS)
def test_no_gps_leaves_no_position_anywhere(tmp_path, suffix):
    photo = full_photo(tmp_path, suffix)
    exiftool('-XMP-exif:GPSLatitude=38.7', '-XMP-exif:GPSLongitude=-9.1', photo)
    assert [k for k in tags(photo) if 'GPS' in k]
    out = enhanced(photo, tmp_path / f'out.{suffix}', '--metadata', 'no-gps')
    after = tags(out)
    assert not [k for k in after if 'GPS' in k]
    before = {k: v for k, v in tags(photo).items() if 'GPS' not in k}
    assert_tags_kept(before, after)


def test_to_srgb_says_so_in_exif(tmp_path):
    photo = full_photo(tmp_path, 'jpg')
    exiftool('-ColorSpace=65535', photo)
    after = tags(enhanced(photo, tmp_path / 'out.jpg', '--to-srgb'))
    assert after['ExifIFD:ColorSpace'] == ['1']
    assert 'sRGB' in after['ICC_Profile:ProfileDescription'][0]


def test_twenty_times_over_loses_nothing(tmp_path):
    first = full_photo(tmp_path, 'jpg')
    photo = tmp_path / 'photo.jpg'
    shutil.copy(first, photo)
    for _ in range(20):
        enhanced(photo, tmp_path / 'next.jpg')
        (tmp_path / 'next.jpg').rename(photo)
    assert_tags_kept(tags(first), tags(photo))
