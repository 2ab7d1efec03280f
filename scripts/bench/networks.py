"""The networks that are run, as a Python user has them and as a model file of hdrtile. Run as a program, it writes such a file:
networks.py NAME FILE."""
import importlib
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Network:
    """`arguments` of the official class, for a plain Restormer with random weights; none: a model file of ours."""
    name: str
    tile: int
    overlap: int
    arguments: dict = None
    file: str = None


def restormer(dim, blocks, refinement):
    return {'inp_channels': 3, 'out_channels': 3, 'dim': dim, 'num_blocks': blocks, 'num_refinement_blocks': refinement, 'heads': [1, 2, 4, 8],
            'ffn_expansion_factor': 2.66, 'bias': False, 'LayerNorm_type': 'WithBias', 'dual_pixel_task': False}


NETWORKS = {network.name: network for network in [
    Network('restormer-16', 512, 64, restormer(16, [1, 1, 2, 2], 1)),
    Network('restormer-base', 256, 64, restormer(48, [4, 6, 6, 8], 4)),
    Network('small', 512, 80, file=str(ROOT / 'models/small.pt')),
]}


def official_class():
    """The network as its authors wrote it."""
    return importlib.import_module('spandrel_extra_arches.architectures.Restormer.__arch.restormer_arch').Restormer


def build(network):
    """The eager official network. Random weights, the same each time."""
    import torch
    torch.manual_seed(0)
    return official_class()(**network.arguments).eval()


def model_file(name, folder):
    """The network as a file that hdrtile runs, with the same weights; or `identity`."""
    if name in NETWORKS and NETWORKS[name].file:
        return Path(NETWORKS[name].file)
    file = Path(folder) / f'{name}.pt'
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, __file__, name, str(file)], check=True)
    return file


def write_identity(file):
    import torch

    class Identity(torch.nn.Module):
        def forward(self, x):
            return x
    torch.jit.save(torch.jit.script(Identity()), file,
                   _extra_files={'hdrtile.json': json.dumps({'name': 'identity', 'scale': 1, 'multiple': 8, 'halo': 0})})


def write_restormer(network, file):
    """Imported as users import theirs, with a halo that the overlap has room for: hdrtile then takes the overlap it is told."""
    import torch
    checkpoint = str(Path(file).with_suffix('.pth'))
    torch.save(build(network).state_dict(), checkpoint)
    subprocess.run([sys.executable, str(ROOT / 'scripts/import_restormer.py'), checkpoint, '--out', file, '--statistics', 'tile',
                    '--halo', str(network.overlap // 2 - 8)], check=True, stdout=subprocess.DEVNULL)


if __name__ == '__main__':
    if sys.argv[1] == 'identity':
        write_identity(sys.argv[2])
    else:
        write_restormer(NETWORKS[sys.argv[1]], sys.argv[2])
