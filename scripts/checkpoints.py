"""The weights of a training run: one file a stage, each with its part of the model and what it takes to go on."""
import sys
from pathlib import Path

import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / 'models'))
import sizes  # noqa: E402

PARTS = {'tone': 'painter', 'gate': 'gate', 'tile': 'trunk'}     # of the model, by stage


def checkpoint_path(out, stage):
    return Path(out) / f'{stage}.ckpt'


def architecture_of(run):
    """Of the checkpoints in a folder; that of `small` for a stage without one, or with one that does not say. Without a gate's
    there is none."""
    parts = sizes.SIZES['small'].with_settings({'gate.width': 0}).to_json()
    for stage, part in PARTS.items():
        if checkpoint_path(run, stage).exists():
            parts[part] = torch.load(checkpoint_path(run, stage), map_location='cpu').get('architecture', parts[part])
    return sizes.Architecture.from_json(parts)


def load_part(model, run, stage):
    """The averaged weights of a stage, if it has written any."""
    path = checkpoint_path(run, stage)
    if path.exists():
        load_weights(getattr(model, PARTS[stage]), torch.load(path, map_location='cpu')['average'], path)


def load_weights(module, weights, source):
    try:
        module.load_state_dict(weights)
    except RuntimeError:
        raise SystemExit(f'{source} holds weights of another architecture: give the --size and --set that it was made with') from None


def load_file(model, path, parts=tuple(PARTS.values())):
    """Takes from a model file those of the parts that fit, and says which."""
    try:
        weights = torch.jit.load(str(path), map_location='cpu').float().state_dict()
    except (RuntimeError, ValueError) as error:
        raise SystemExit(f'{path} cannot be loaded as TorchScript ({str(error).splitlines()[0]}): a model file is asked for') from None
    taken = []
    for part in parts:
        own = getattr(model, part).state_dict()
        theirs = {key.removeprefix(f'{part}.'): value for key, value in weights.items() if key.startswith(f'{part}.')}
        if own and {k: v.shape for k, v in own.items()} == {k: v.shape for k, v in theirs.items()}:
            getattr(model, part).load_state_dict(theirs)
            taken.append(part)
    if not taken:
        raise SystemExit(f'{path}: none of its parts has the architecture asked for: another --size or --set')
    print(f'from {path}: {", ".join(taken)}', flush=True)
    return taken


def save(path, state):
    partial = path.with_suffix('.tmp')
    torch.save(state, partial)
    partial.rename(path)
