"""The ablation table and distillation: rows of trained and judged models."""
import argparse
import json
import sys
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
import torch
from test_training import TINY, arguments, prepared  # noqa: F401

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / 'models'), str(ROOT / 'scripts')]
import ablate  # noqa: E402
import ablation_judge  # noqa: E402
import distill  # noqa: E402
import export_model  # noqa: E402
from contextual import ContextualModel  # noqa: E402
from row_table import RowTable  # noqa: E402
from training_batches import PreparedData  # noqa: E402


@pytest.fixture(scope='module')
def panoramas(tmp_path_factory):
    """One panorama under the name of a held-out one."""
    folder = tmp_path_factory.mktemp('panoramas')
    y, x = np.mgrid[:128, :256].astype(np.float32) / 128
    pixels = np.stack([.1 + x, .2 + y, .3 + .2 * np.sin(9 * x)], -1).astype(np.float32)
    header = {'compression': OpenEXR.ZIP_COMPRESSION, 'type': OpenEXR.scanlineimage}
    OpenEXR.File(header, {'RGB': pixels}).write(str(folder / 'hotel_room.exr'))
    return folder


def random_model():
    torch.manual_seed(0)
    model = ContextualModel(TINY).eval()
    torch.nn.init.normal_(model.painter.net.output.weight, std=.02)
    torch.nn.init.normal_(model.trunk.output.weight, std=.02)
    return model


@torch.no_grad()
def test_tiles_with_their_own_statistics_cover_the_photo_in_place():
    model, photo = random_model(), torch.rand(1, 3, 520, 300)
    torch.nn.init.zeros_(model.trunk.output.weight)     # whatever the statistics: the guide alone
    guide = ablation_judge.enhance(model, 'guide', photo)
    assert torch.allclose(ablation_judge.enhance(model, 'tile', photo), guide, atol=1e-5)


@torch.no_grad()
@pytest.mark.parametrize('how', ['tile', 'window:64', 'window:384'])
def test_other_statistics_give_another_photo(how):
    model, photo = random_model(), torch.rand(1, 3, 384, 576)
    photo[..., 288:] *= .1
    difference = ablation_judge.enhance(model, how, photo) - ablation_judge.enhance(model, 'preview', photo)
    assert 1e-4 < difference.abs().max() < .2


def test_a_broken_off_ablation_goes_on(prepared, panoramas, tmp_path, monkeypatch, capsys):  # noqa: F811
    flags = ['--data', str(prepared), '--panoramas', str(panoramas), '--out', str(tmp_path), '--views', '1']
    monkeypatch.setattr(sys, 'argv', ['ablate.py', *flags, '--rows', 'pass: guide alone'])
    ablate.main()
    first = json.loads((tmp_path / 'ablation.json').read_text())
    assert list(first) == ['pass: guide alone']
    monkeypatch.setattr(sys, 'argv', ['ablate.py', *flags, '--rows', 'pass: guide alone*'])
    capsys.readouterr()
    ablate.main()
    table = capsys.readouterr().out
    assert json.loads((tmp_path / 'ablation.json').read_text())['pass: guide alone'] == first['pass: guide alone']
    assert '| pass: guide alone |' in table and '| pass: guide alone, as a map |' in table
    assert '| pass: guide alone |' in (tmp_path / 'ablation.md').read_text()


def test_rows_are_trained_as_they_say(prepared, tmp_path):  # noqa: F811
    args = argparse.Namespace(data=prepared, out=tmp_path, seed=1, device='cpu', threads=1, bf16=False, trunk_steps=1, painter_steps=1,
                              preview_steps=1, model=ROOT / 'models/small.pt')
    by_name = {row.name: row for row in ablate.ROWS}
    previews = ablate.trained(by_name['painter: preview of 192 px'], args)
    assert previews[1] == '1 of 2' and previews[0].short_side == 128
    assert (tmp_path / 'painter-preview-of-192-px/tone.ckpt').exists()
    assert len({row.name for row in ablate.ROWS}) == len(ablate.ROWS)


def task_of(prepared, tmp_path, student, teacher, alpha, features):  # noqa: F811
    args = arguments(prepared, tmp_path, 'tile')
    args.alpha, args.features = alpha, features
    return distill.TaughtTask(student, PreparedData(args.data, student.working, 'cpu'), args, teacher)


def test_a_student_that_is_its_teacher_has_nothing_to_learn_but_the_picture(prepared, tmp_path):  # noqa: F811
    model = random_model()
    loss = lambda alpha: float(task_of(prepared, tmp_path, model, random_model(), alpha, 0).loss(np.random.default_rng(1)))  # noqa: E731
    assert loss(1.) == 0
    assert loss(0.) > 0


def test_features_of_one_size_are_compared_through_projections_that_learn(prepared, tmp_path):  # noqa: F811
    student = ContextualModel(TINY.with_settings({'trunk.levels': 3}))
    task = task_of(prepared, tmp_path, student, random_model(), .7, 1.)
    assert {share: (conv.in_channels, conv.out_channels) for share, conv in task.extra.items()} == {'2': (8, 8), '4': (16, 16)}
    task.loss(np.random.default_rng(1)).backward()
    assert all(p.grad.abs().max() > 0 for conv in task.extra.values() for p in conv.parameters())
    assert all(p.grad is None for p in task.teacher.model.parameters())


@pytest.mark.parametrize('taught', [True, False])
def test_a_student_is_trained_and_becomes_a_file(prepared, tmp_path, taught):  # noqa: F811
    args = arguments(prepared, tmp_path, 'tile', '--steps', '1')
    args.alpha, args.features = .7, .01
    teacher = random_model()
    distill.train_student('student', teacher, TINY.painter, taught, args)
    run = tmp_path / f'student-{"taught" if taught else "alone"}'
    assert bool(torch.load(run / 'tile.ckpt')['extra']) == taught     # the projections
    model, architecture = export_model.load_run(run)
    assert architecture.to_json()['trunk']['family'] == 'convnext' and architecture.painter == TINY.painter
    assert all(torch.equal(v, teacher.painter.state_dict()[k]) for k, v in model.painter.state_dict().items())


def test_a_table_keeps_the_order_asked_for_and_leaves_out_what_is_not_there(tmp_path):
    judged = dict(psnr=30., fine_psnr=35., parameters=10 ** 6, pass_gmac=13.5, prepare_gmac=1.7, ms=900., ratio=1.)
    table = RowTable(tmp_path / 't.json')
    table.add('b', '1 of 2', judged)
    table.add('a', '1 of 2', judged)
    lines = RowTable(tmp_path / 't.json').markdown(['a', 'c', 'b']).splitlines()
    assert [line.split(' | ')[0] for line in lines[2:]] == ['| a', '| b']
    assert len({line.count('|') for line in lines}) == 1


def test_rows_of_the_trunk_start_from_nothing_on_the_files_painter(prepared, tmp_path):  # noqa: F811
    args = argparse.Namespace(data=prepared, out=tmp_path, seed=1, device='cpu', threads=1, bf16=False, trunk_steps=0, painter_steps=0,
                              preview_steps=0, model=ROOT / 'models/small.pt')
    row = next(row for row in ablate.ROWS if row.name == 'trunk: GDFN (small)')
    model, _ = ablate.trained(row, args)
    shipped = torch.jit.load(str(args.model)).state_dict()
    assert all(torch.equal(v, shipped[f'painter.{k}']) for k, v in model.painter.state_dict().items())
    assert model.trunk.output.weight.abs().max() == 0
