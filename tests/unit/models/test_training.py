"""Training: a step lowers the loss, a run can be resumed and started from a file, and becomes a model file."""
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / 'models'), str(ROOT / 'scripts')]
import checkpoints  # noqa: E402
import compile_model  # noqa: E402
import export_model  # noqa: E402
import model_facts  # noqa: E402
import model_file  # noqa: E402
import sizes  # noqa: E402
import train  # noqa: E402
from training_batches import PreparedData  # noqa: E402
from training_tasks import local_loss, texture_lost  # noqa: E402

TINY = sizes.SIZES['small'].with_settings({'painter.dim': 8, 'painter.blocks': [1], 'painter.heads': [1], 'trunk.width_mult': 1 / 6})


@pytest.fixture(scope='module')
def prepared(tmp_path_factory):
    """Two photos, as scripts/prepare_data.py writes them: gradients with a little noise, wanted brighter and clean."""
    folder = tmp_path_factory.mktemp('prepared')
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:96, :144].astype(np.float32)
    clean = np.stack([np.stack([x / 144, y / 96, 1 - x / 144], -1), np.stack([y / 96, x / 144, .5 + 0 * x], -1)]) * .6
    photo = clean + rng.normal(0, .04, clean.shape)
    to_bytes = lambda image: np.rint(np.clip(image, 0, 1) * 255).astype(np.uint8)  # noqa: E731
    np.savez(folder / 'two.npz', radiance=(clean ** 2.2).astype(np.float16), target=to_bytes(clean + .2),
             photo=to_bytes(photo), photo_target=to_bytes(clean + .2))
    return folder


def arguments(prepared, out, stage, *more):
    args = train.arguments().parse_args(['--data', str(prepared), '--out', str(out), '--batch', '4', '--crop', '64', *more])
    args.stage, args.architecture, args.start, args.resume = stage, TINY, None, False
    return args


def run(args):
    model = train.set_up(args)
    data = PreparedData(args.data, model.working, args.device)
    train.train(args, model, train.TASKS[args.stage](model, data, args))
    return model, data


def loss_of(args, model, data):
    torch.manual_seed(5)
    with torch.no_grad():
        return float(train.TASKS[args.stage](model, data, args).loss(np.random.default_rng(5)))


@pytest.mark.parametrize('stage', list(train.TASKS))
def test_a_training_step_lowers_the_loss_on_two_images(prepared, tmp_path, stage):
    before, after = (arguments(prepared, tmp_path / str(steps), stage, '--steps', str(steps), '--lr', '.001') for steps in (0, 1))
    assert loss_of(after, *run(after)) < loss_of(before, *run(before))


@pytest.mark.parametrize('stage', list(train.TASKS))
def test_a_resumed_run_goes_on_from_its_weights(prepared, tmp_path, stage):
    args = arguments(prepared, tmp_path, stage, '--steps', '2')
    model, _ = run(args)
    weights = {k: v.clone() for k, v in model.state_dict().items()}
    args.resume = True
    resumed, _ = run(args)     # nothing left to do
    part = checkpoints.PARTS[stage]
    assert all(torch.equal(v, weights[k]) for k, v in resumed.state_dict().items() if k.startswith(part))


def test_a_painter_before_a_gate_learns_nothing_of_finished_photos(prepared, tmp_path):
    torch.manual_seed(0)
    dull = torch.rand(3, 3, 24, 36) * .3
    finished, wanted = torch.rand(2, 3, 24, 36), 3 * dull
    batches = {'all': (torch.cat([dull, finished]), torch.cat([wanted, finished + .01])), 'dull': (dull, wanted)}
    losses = {}
    for name, batch in batches.items():
        for architecture in (TINY, TINY.with_settings({'gate.width': 0})):
            args = arguments(prepared, tmp_path, 'tone')
            args.architecture = architecture
            torch.manual_seed(1)
            model = train.set_up(args)
            task = train.TASKS['tone'](model, SimpleNamespace(tone_batch=lambda count, rng, finished, batch=batch: batch), args)
            losses[name, architecture.gate.width > 0] = float(task.loss(None))
    assert losses['all', True] == pytest.approx(losses['dull', True], rel=1e-5)
    assert losses['all', False] != pytest.approx(losses['dull', False], rel=1e-2)


def test_views_alone_train_a_painter_and_without_any_it_is_told_what_to_run(prepared, tmp_path):
    with np.load(prepared / 'two.npz') as both:
        (tmp_path / 'views').mkdir()
        np.savez(tmp_path / 'views/two.npz', radiance=both['radiance'], target=both['target'])
    data = PreparedData(tmp_path / 'views', lambda x: x, 'cpu')
    x, y = data.tone_batch(4, np.random.default_rng(0), 0)
    assert x.shape == y.shape == (4, 3, 96, 144) and not any(torch.equal(a, b) for a, b in zip(x, y))
    x, y = data.tone_batch(4, np.random.default_rng(0), 1)
    assert torch.equal(x, y)
    with pytest.raises(SystemExit, match='views: nothing prepared for this; run scripts/prepare_data.py'):
        data.tile_batch(1, 1, 64, np.random.default_rng(0))


def test_the_gates_coefficients_give_the_error_of_a_mixed_picture(prepared, tmp_path):
    args = arguments(prepared, tmp_path, 'gate')
    model = train.set_up(args)
    x, y, rng = torch.rand(8, 3, 24, 36), torch.rand(8, 3, 24, 36), np.random.default_rng(0)
    task = train.TASKS['gate'](model, SimpleNamespace(tone_batch=lambda count, rng: (x, y)), args)
    constant, linear, square = task.fresh(rng)[1].t()
    again = model.painter(x[:1]).clamp(0, 1)      # the first is what was painted, wanted as it is
    for photo, wanted, i in ((again, again, 0), (x[5:6], y[5:6], 5)):
        painted = model.painter(photo)
        error = (painted + .3 * (photo - painted) - wanted).square().mean()
        assert torch.allclose(constant[i] + .3 * linear[i] + .09 * square[i], error, atol=1e-6)


def test_the_gate_learns_which_photos_are_finished(prepared, tmp_path):
    args = arguments(prepared, tmp_path, 'gate', '--steps', '150', '--lr', '.02')
    model = train.set_up(args)
    bright, dull = torch.rand(4, 3, 24, 36), .3 * torch.rand(4, 3, 24, 36)
    model.painter.forward = lambda x: x.square()        # whatever it is given
    train.train(args, model, train.TASKS['gate'](model, SimpleNamespace(
        tone_batch=lambda count, rng: (torch.cat([bright, dull]), torch.cat([bright, dull.square()])), refresh=lambda: None), args))
    with torch.no_grad():
        shares = [model.gate(x, x.square()).flatten() for x in (bright, dull)]
    assert shares[0].min() > .9 and shares[1].max() < .1


def test_a_gate_starts_anew_behind_the_painter_of_a_file(prepared, tmp_path):
    args = arguments(prepared, tmp_path, 'gate')
    args.start = ROOT / 'models/small.pt'
    args.architecture = sizes.SIZES['small']
    gate = train.set_up(args).gate
    assert not gate.middle.any() and not gate.share.weight.any()


def test_the_trunk_is_not_asked_to_mend_tone():
    torch.manual_seed(0)
    wanted = torch.rand(2, 3, 48, 48)
    toned = wanted + .1         # the painter erred
    noisy = toned + .05 * torch.randn_like(toned)
    as_toned, mended, blurred, untouched = (float(local_loss(out, wanted, toned)) for out in (
        toned, wanted, torch.nn.functional.avg_pool2d(toned, 5, 1, 2, count_include_pad=False), noisy))
    assert as_toned < mended and as_toned < untouched and as_toned < blurred


def test_lost_texture_counts_as_far_as_it_stands_out_of_the_noise():
    torch.manual_seed(0)
    wanted = .5 + .02 * torch.randn(1, 1, 64, 64).expand(1, 3, -1, -1)
    blurred, noisy = torch.full_like(wanted, .5), wanted + .2 * torch.randn_like(wanted)
    assert float(texture_lost(wanted, wanted, noisy)) < .01
    assert float(texture_lost(blurred, wanted, wanted)) > .9
    assert float(texture_lost(blurred, wanted, noisy)) < .1


def test_a_run_of_another_architecture_is_not_resumed(prepared, tmp_path):
    args = arguments(prepared, tmp_path, 'tile', '--steps', '1')
    run(args)
    args.resume, args.architecture = True, TINY.with_settings({'trunk.levels': 1})
    with pytest.raises(SystemExit, match='another architecture'):
        run(args)


@pytest.mark.parametrize('options', [{}, {'trunk.feed_forward': 'fire', 'trunk.unshuffle': 1},
                                     {'trunk.feed_forward': 'inverted_residual', 'trunk.levels': 3, 'painter.metered': False},
                                     {'trunk.refinement': True, 'painter.fused': False, 'painter.guide_depth': 1}])
@torch.no_grad()
def test_a_run_becomes_a_file_that_equals_eager_and_says_how_it_is_built(prepared, tmp_path, options, capsys):
    architecture = TINY.with_settings(options)
    for stage in train.TASKS:
        args = arguments(prepared, tmp_path, stage, '--steps', '1')
        args.architecture = architecture
        with torch.enable_grad():
            run(args)
    model, found = export_model.load_run(tmp_path)
    assert found == architecture
    export_model.write(model, found, tmp_path / 'tiny.pt', {'name': 'tiny', 'version': '1', 'trained_on': 'two'})  # checks to 1e-5
    scripted, description = compile_model.load(tmp_path / 'tiny.pt')
    assert description['weights_sha256'] == model_file.weights_sha256(model)
    rebuilt = compile_model.rebuild(scripted, description)
    photo = torch.rand(1, 3, 96, 144)
    ours, theirs = (m(photo, model_facts.WHOLE, *m.prepare(photo)) for m in (rebuilt, scripted))
    assert torch.allclose(ours, theirs, atol=1e-5)
    assert 'tiny.pt' in (tmp_path / 'SHA256SUMS').read_text()


def test_a_file_is_exported_anew_with_its_weights_and_what_it_says_of_itself(prepared, tmp_path, monkeypatch):
    model = train.set_up(arguments(prepared, tmp_path, 'tone', '--steps', '1')).eval()
    with torch.no_grad():
        export_model.write(model, TINY, tmp_path / 'first.pt', {'name': 'tiny', 'version': '7', 'trained_on': 'two'})
    monkeypatch.setattr(sys, 'argv', ['export_model.py', '--from', str(tmp_path / 'first.pt'), '--out', str(tmp_path / 'again.pt')])
    export_model.main()
    first, again = (compile_model.load(tmp_path / f'{name}.pt')[1] for name in ('first', 'again'))
    assert again == first and again['version'] == '7'


@torch.no_grad()
def test_a_file_in_half_precision_is_half_as_large_and_loads_as_fp32(prepared, tmp_path):
    args = arguments(prepared, tmp_path, 'tone', '--steps', '1')
    model = train.set_up(args).eval()
    texts = {'name': 'tiny', 'version': '1', 'trained_on': 'nothing'}
    export_model.write(model, TINY, tmp_path / 'full.pt', texts)
    export_model.write(model, TINY, tmp_path / 'half.pt', texts, fp16=True)
    stored = {n: v.dtype for n, v in torch.jit.load(str(tmp_path / 'half.pt')).state_dict().items()}
    assert set(stored.values()) == {torch.float16}
    scripted, description = compile_model.load(tmp_path / 'half.pt')
    assert {v.dtype for v in scripted.state_dict().values()} == {torch.float32}
    saved = (tmp_path / 'full.pt').stat().st_size - (tmp_path / 'half.pt').stat().st_size
    assert abs(saved - 2 * description['parameters']) < .1 * 2 * description['parameters']


def test_a_part_is_mixed_with_that_of_a_file(prepared, tmp_path):
    with torch.no_grad():
        first, second = (train.set_up(arguments(prepared, tmp_path, 'tone')) for _ in range(2))
        for i, own in enumerate(second.painter.parameters()):
            own += i + 1.
        trunk = [p.clone() for p in second.trunk.parameters()]
        export_model.write(first, TINY, tmp_path / 'first.pt', {'name': 'tiny', 'version': '1', 'trained_on': 'nothing'})
        before = [p.clone() for p in first.painter.parameters()]
        export_model.mix(second, export_model.Mixed.parse(f'painter={tmp_path}/first.pt:.25'))
    for i, (own, theirs) in enumerate(zip(second.painter.parameters(), before)):
        torch.testing.assert_close(own, theirs + .75 * (i + 1))
    assert all(map(torch.equal, second.trunk.parameters(), trunk))
    with pytest.raises(SystemExit, match='small.pt: its trunk has another architecture'):
        export_model.mix(second, export_model.Mixed.parse(f'trunk={ROOT}/models/small.pt:.5'))


@pytest.mark.parametrize('wrong', ['painter', 'nose=a.pt:.5', 'trunk=a.pt', 'trunk=a.pt:1.5', 'trunk=a.pt:half'])
def test_what_is_mixed_is_a_part_a_file_and_a_share(wrong, capsys):
    sys.argv = ['export_model.py', '--run', 'r', '--out', 'o', '--mix', wrong]
    with pytest.raises(SystemExit, match='2'):
        export_model.main()
    assert 'PART=MODEL.pt:SHARE' in capsys.readouterr().err


def test_training_starts_from_the_parts_of_a_file_that_fit(prepared, tmp_path, capsys):
    args = arguments(prepared, tmp_path, 'tile')
    args.start = ROOT / 'models/small.pt'
    args.architecture = sizes.SIZES['small'].with_settings({'trunk.levels': 3})
    model = train.set_up(args)
    theirs = torch.jit.load(str(args.start)).state_dict()
    for part in ('painter', 'gate'):
        assert all(torch.equal(v, theirs[f'{part}.{k}']) for k, v in getattr(model, part).state_dict().items())
    assert capsys.readouterr().out.strip().endswith('small.pt: painter, gate')
    args.architecture = TINY.with_settings({'gate.width': 8})
    with pytest.raises(SystemExit, match='none of its parts'):
        train.set_up(args)


def test_crops_larger_than_the_photos_are_refused_by_name(prepared, tmp_path):
    with pytest.raises(SystemExit, match='crops of 128 pixels do not fit photos of 144 x 96'):
        run(arguments(prepared, tmp_path, 'tile', '--steps', '1', '--crop', '128'))
