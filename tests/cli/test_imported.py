"""Networks of other projects: imported by scripts/import_restormer.py, and run as PyTorch runs them. Random weights."""
import json
import subprocess
import sys

import cv2
import numpy as np
import pytest
import torch
from program import ROOT, read, run, scene, write
from spandrel.architectures.Compact import Compact
from spandrel.architectures.ESRGAN import ESRGAN
from spandrel.architectures.NAFNet import NAFNet
from spandrel_extra_arches.architectures.Restormer import Restormer

sys.path[:0] = [str(ROOT / 'models'), str(ROOT / 'scripts')]
import import_restormer  # noqa: E402

HEIGHT, WIDTH = 240, 336


def published(**changes):
    torch.manual_seed(0)
    net = Restormer(**({'dim': 8, 'num_blocks': [1, 1, 1, 1], 'num_refinement_blocks': 1} | changes)).eval()
    for parameter in net.parameters():
        if parameter.dim() == 1:
            torch.nn.init.uniform_(parameter, .5, 1.5)
    return net


def enlarging(scale):
    torch.manual_seed(scale)
    net = (Compact(num_feat=8, num_conv=2, upscale=2) if scale == 2 else ESRGAN(num_filters=8, num_blocks=1, scale=4)).eval()
    with torch.inference_mode():
        result = net(torch.rand(1, 3, 32, 32))
        last = [module for module in net.modules() if isinstance(module, torch.nn.Conv2d)][-1]
        last.weight.mul_(.2 / result.std())                  # as initialised it gives next to nothing, or grey
        last.bias.add_(.5 - net(torch.rand(1, 3, 32, 32)).mean())
    return net


def imported(folder, name, net, *flags):
    torch.save({'params': net.state_dict()}, folder / f'{name}.pth')
    import_restormer.main([str(folder / f'{name}.pth'), '--out', str(folder / f'{name}.pt'), *flags])
    return folder / f'{name}.pt'


def photo_of(height, width):
    """16 bits. What it shows differs from place to place, and with it the statistics."""
    grain = np.random.default_rng(0).normal(0, 12000, (height, width, 3)) * np.linspace(0, 1, width)[:, None]
    return (scene(height, width) * 257. + grain).clip(0, 65535).astype(np.uint16)


def enhanced(model, photo, out, *flags):
    result = run('enhance', photo, '-o', out, '--model', model, '--device', 'cpu', '--precision', 'fp32', *flags)
    assert result.returncode == 0, result.stderr
    return out


def by_pytorch(net, photo):
    with torch.inference_mode():
        tensor = torch.from_numpy(read(photo)[:, :, ::-1] / 65535).permute(2, 0, 1)[None].float()
        return net(tensor)[0].permute(1, 2, 0).numpy()[:, :, ::-1]


def exiftool(*arguments):
    return subprocess.run(['exiftool', *map(str, arguments)], check=True, capture_output=True).stdout


def agree(first, second):
    return run('compare', first, second, '--min-psnr', 60).returncode == 0


@pytest.fixture
def photo(tmp_path):
    return write(tmp_path / 'a.png', photo_of(HEIGHT, WIDTH))


def test_with_statistics_of_tiles_a_whole_photo_is_what_pytorch_gives(tmp_path, photo):
    net = published(LayerNorm_type='BiasFree')
    model = imported(tmp_path, 'tile', net, '--halo', '24', '--licence', 'MIT', '--trained-on', 'nothing')
    whole = enhanced(model, photo, tmp_path / 'whole.png', '--tile', 'whole')
    expected = by_pytorch(net, photo)
    assert np.abs(expected - read(photo) / 65535).mean() > .01
    assert np.abs(read(whole) / 65535 - expected.clip(0, 1)).max() <= 1e-4
    told = json.loads(run('info', photo, '--model', model, '--json').stdout)['model']
    assert (told['licence'], told['trained_on'], told['halo']) == ('MIT', 'nothing', 24)
    assert not agree(whole, enhanced(model, photo, tmp_path / 'tiles.png', '--tile', 128))


@pytest.mark.parametrize('statistics', ['preview', 'window:32'])
def test_with_statistics_of_the_photo_or_of_windows_tiles_of_any_size_agree(tmp_path, photo, statistics):
    model = imported(tmp_path, 'restormer', published(), '--statistics', statistics, '--context-px', '96')
    whole = enhanced(model, photo, tmp_path / 'whole.png', '--tile', 'whole')
    assert not agree(whole, photo)
    assert agree(whole, enhanced(model, photo, tmp_path / 'tiles.png', '--tile', 160))


@pytest.mark.parametrize('scale', [2, 4])
def test_a_network_that_enlarges_gives_what_pytorch_gives(tmp_path, scale):
    photo = write(tmp_path / 'a.png', photo_of(101, 150))
    net = enlarging(scale)
    model = imported(tmp_path, 'larger', net, '--tile', '64')
    out = read(enhanced(model, photo, tmp_path / 'out.png', '--tile', 64))
    assert (out.shape, out.dtype) == ((101 * scale, 150 * scale, 3), np.uint16)
    expected = by_pytorch(net, photo).clip(0, 1)
    assert expected.std() > .05
    difference = out / 65535 - expected
    assert np.square(difference).mean() <= 1e-6 and np.abs(difference).max() <= 1 / 255


def test_a_network_that_can_only_be_traced_runs_in_tiles_of_one_size_and_one_without_half_precision_in_fp32(tmp_path):
    photo = write(tmp_path / 'a.png', photo_of(64, 64))
    torch.manual_seed(0)
    net = NAFNet(width=8, middle_blk_num=1, enc_blk_nums=[1], dec_blk_nums=[1]).eval()
    for name, parameter in net.named_parameters():
        if name.endswith(('beta', 'gamma')):     # zeros: each block would do nothing
            torch.nn.init.uniform_(parameter, -1, 1)
    model = imported(tmp_path, 'traced', net, '--tile', '64', '--halo', '8')
    out = enhanced(model, photo, tmp_path / 'out.png')
    expected = by_pytorch(net, photo)
    assert np.abs(expected - read(photo) / 65535).mean() > .01
    assert np.abs(read(out) / 65535 - expected.clip(0, 1)).max() <= 1e-4
    assert json.loads(run('info', photo, '--model', model, '--json').stdout)['model']['tile'] == {'fixed': [64]}
    refusal = run('enhance', photo, '-o', tmp_path / 'half.png', '--model', model, '--device', 'cpu', '--precision', 'bf16')
    assert refusal.returncode == 2 and 'frozen' in refusal.stderr


def test_an_enlarged_photo_keeps_its_metadata_and_tells_its_new_size(tmp_path):
    photo = write(tmp_path / 'a.jpg', scene(90, 120))
    write(tmp_path / 'small.jpg', scene(60, 80))
    exiftool('-q', '-overwrite_original', '-n', '-Orientation=6', '-Make=Canon', '-ExifImageWidth=120', '-ExifImageHeight=90',
             '-GPSLatitude=38.7', '-GPSLatitudeRef=N', f'-ThumbnailImage<={tmp_path / "small.jpg"}', photo)
    out = enhanced(imported(tmp_path, 'twice', enlarging(2), '--halo', '8', '--tile', '64'), photo, tmp_path / 'out.jpg')
    assert read(out).shape == (240, 180, 3)      # upright
    tags = json.loads(exiftool('-json', '-G1', '-n', out))[0]
    assert (tags['ExifIFD:ExifImageWidth'], tags['ExifIFD:ExifImageHeight'], tags['IFD0:Orientation']) == (180, 240, 1)
    assert tags['IFD0:Make'] == 'Canon' and abs(tags['GPS:GPSLatitude'] - 38.7) < 1e-3
    thumbnail = exiftool('-b', '-ThumbnailImage', out)
    height, width = cv2.imdecode(np.frombuffer(thumbnail, np.uint8), cv2.IMREAD_COLOR).shape[:2]
    assert abs(width / height - .75) < .02
    assert 'twice' in str({key: value for key, value in tags.items() if key.startswith('XMP-hdrtile')})


@pytest.mark.parametrize('weights, flags, reason', [
    (lambda: published(inp_channels=6, dual_pixel_task=True), (), 'dual-pixel'),
    (lambda: published(inp_channels=1, out_channels=1), (), 'RGB'),
    (lambda: Compact(num_in_ch=1, num_out_ch=1, num_feat=8, num_conv=1, upscale=2), (), 'RGB'),
    (lambda: Compact(num_feat=8, num_conv=1, upscale=8), (), 'scales 1 to 4'),
    (lambda: Compact(num_feat=8, num_conv=1, upscale=2), ('--statistics', 'preview'), 'is no Restormer'),
    (published, ('--statistics', 'window:40'), 'no multiple of 16'),
    (lambda: torch.nn.Conv2d(3, 3, 3), (), 'neither a published Restormer nor'),
    (torch.nn.Identity, (), 'holds no weights')],
    ids=['dual-pixel', 'grey', 'grey of spandrel', 'scale 8', 'statistics', 'window', 'unknown', 'empty'])
def test_what_cannot_be_imported_is_refused_in_a_line(tmp_path, weights, flags, reason):
    with pytest.raises(SystemExit, match=reason) as refusal:
        imported(tmp_path, 'other', weights(), *flags)
    assert str(tmp_path / 'other.pth') in str(refusal.value) and '\n' not in str(refusal.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ['other.pth']


@pytest.mark.parametrize('content, reason', [
    (None, 'is no file'), (b'', 'is no checkpoint'), (b'no weights', 'is no checkpoint')])
def test_a_file_that_is_no_checkpoint_is_refused(tmp_path, content, reason):
    if content is not None:
        (tmp_path / 'a.pth').write_bytes(content)
    with pytest.raises(SystemExit, match=reason):
        import_restormer.main([str(tmp_path / 'a.pth'), '--out', str(tmp_path / 'a.pt')])


def test_code_in_a_checkpoint_is_not_run(tmp_path):
    class Harm:
        def __reduce__(self):
            return (tmp_path / 'harm').touch, ()

    torch.save({'params': Harm()}, tmp_path / 'a.pth')
    with pytest.raises(SystemExit, match='is no checkpoint'):
        import_restormer.main([str(tmp_path / 'a.pth'), '--out', str(tmp_path / 'a.pt')])
    assert not (tmp_path / 'harm').exists()


def test_a_model_that_exists_is_left_alone(tmp_path):
    (tmp_path / 'a.pt').write_text('mine')
    torch.save(published().state_dict(), tmp_path / 'a.pth')
    with pytest.raises(SystemExit, match='exists'):
        import_restormer.main([str(tmp_path / 'a.pth'), '--out', str(tmp_path / 'a.pt')])
    assert (tmp_path / 'a.pt').read_text() == 'mine'


def test_torchscript_needs_no_import(tmp_path):
    torch.jit.save(torch.jit.script(torch.nn.Conv2d(3, 3, 1)), str(tmp_path / 'a.pth'))
    with pytest.raises(SystemExit, match='TorchScript already'):
        import_restormer.main([str(tmp_path / 'a.pth'), '--out', str(tmp_path / 'a.pt')])
