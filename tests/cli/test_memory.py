"""Memory does not grow with the number of photos."""
import os
import subprocess

from program import BINARY, model, names, pixels, write

PHOTO_MIB = 1500 * 2000 * 3 / 2**20


def peak_mib(folder, photos):
    command = [str(BINARY), 'enhance', *map(str, photos), '-o', f'{folder}/', '--model', str(model('identity')), '--device', 'cpu',
               '--precision', 'fp32', '--tile', '256', '--progress', 'none', '-q']
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    assert len(names(folder)) == len(photos)
    return usage.ru_maxrss / 1024


def test_memory_is_flat_in_the_number_of_photos(tmp_path):
    first = write(tmp_path / '0.jpg', pixels(1500, 2000))
    photos = [first]
    for number in range(1, 16):
        photos.append(tmp_path / f'{number}.jpg')
        os.link(first, photos[-1])
    few = peak_mib(tmp_path / 'few', photos[:4])
    many = peak_mib(tmp_path / 'many', photos)
    assert many - few < 6 * PHOTO_MIB, f'{few:.0f} MiB for 4 photos, {many:.0f} MiB for 16'
