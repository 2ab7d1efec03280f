"""A model file's network as PyTorch has it. TorchScript cannot be compiled, quantised or trained further: the network is built
anew from models/, with the file's weights."""
import json
import sys
from pathlib import Path

import torch

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / 'models'))
import sizes  # noqa: E402
from contextual import ContextualModel  # noqa: E402
from recognised import restormer_of  # noqa: E402
from restorer import ContextualRestorer, Restorer  # noqa: E402
from windowed import localise  # noqa: E402

OURS = {ContextualModel: 'scripts/export_model.py'}
ALL = OURS | {Restorer: 'scripts/import_restormer.py', ContextualRestorer: 'scripts/import_restormer.py'}


def fail(message):
    sys.exit(f'{Path(sys.argv[0]).name}: {message}')


def load(path, kinds=OURS):
    """The TorchScript module, in FP32 whatever it is stored in, and hdrtile.json. Models of other `kinds` end the program."""
    extra = {'hdrtile.json': ''}
    try:
        scripted = torch.jit.load(str(path), _extra_files=extra).eval().float()
    except (RuntimeError, ValueError, OSError) as error:
        fail(f'{path} cannot be loaded as TorchScript ({str(error).splitlines()[0]})')
    if scripted.original_name not in {kind.__name__ for kind in kinds} or not extra['hdrtile.json']:
        fail(f'{path} is no model that {" or ".join(sorted(set(kinds.values())))} wrote: this is for such models alone; hdrtile '
             'runs this one through TorchScript')
    return scripted, json.loads(extra['hdrtile.json'])


def architecture_of(description):
    """Of a model of ours. Files from before hdrtile.json held it are `small`."""
    parts = description.get('architecture')
    return sizes.Architecture.from_json(parts) if parts else sizes.SIZES['small']


def rebuild(scripted, description):
    """The eager model of a TorchScript module that load() gave."""
    weights = scripted.state_dict()
    if scripted.original_name == ContextualModel.__name__:
        model = ContextualModel(architecture_of(description))
        model.load_state_dict(weights)
        return model.eval()
    net = restormer_of({name.removeprefix('trunk.'): value for name, value in weights.items()})
    if (statistics := description.get('statistics', 'tile')).startswith('window:'):
        localise(net, int(statistics.removeprefix('window:')))
    return (ContextualRestorer if scripted.original_name == ContextualRestorer.__name__ else Restorer)(net).eval()
