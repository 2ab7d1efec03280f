"""--preset: tiles as they are cut on a kind of device."""
import json

import pytest
from program import enhance, model, run, scene, write


@pytest.fixture
def photo(tmp_path):
    return write(tmp_path / 'a.png', scene(1100, 1500))


def plan(photo, *flags, with_model='lift'):
    result = run('info', photo, '--json', '--model', model(with_model), '--device', 'cpu', '--precision', 'fp32', *flags)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)['photos'][0]['plan']
    return max(found['tile'].values()), found['overlap'], found['batch']


@pytest.mark.parametrize(('name', 'tile', 'overlap', 'batch'), [('orin', 1024, 128, 4), ('xavier-nx', 512, 64, 1), ('mobile', 512, 64, 1)])
def test_a_preset_cuts_as_its_device_does(photo, name, tile, overlap, batch):
    assert plan(photo, '--preset', name) == plan(photo, '--tile', tile, '--overlap', overlap, '--batch', batch)


def test_what_is_given_beside_a_preset_wins_whatever_the_order(photo):
    asked = plan(photo, '--tile', 768, '--overlap', 64, '--batch', 1)
    assert plan(photo, '--tile', 768, '--preset', 'mobile') == plan(photo, '--preset', 'mobile', '--tile', 768) == asked


def test_auto_counts_as_given(photo):
    assert plan(photo, '--preset', 'orin', '--tile', 'auto', '--overlap', 'auto', '--batch', 'auto') == plan(photo)


def test_an_unknown_preset_is_a_usage_error_that_names_those_there_are(photo):
    result = enhance(photo, '--preset', 'nano')
    assert result.returncode == 2
    assert 'orin|xavier-nx|mobile' in result.stderr
    assert not photo.with_name('a_hdr.png').exists()


def test_a_preset_that_does_not_go_with_a_given_flag_is_a_usage_error(photo):
    result = enhance(photo, '--preset', 'orin', '--tile', 128)
    assert result.returncode == 2
    assert 'too small for an overlap of 128' in result.stderr and 'preset orin' in result.stderr


def test_where_the_model_has_no_such_tiles_it_is_cut_its_own_way(photo):
    own = plan(photo, '--batch', 1, with_model='restormer')
    assert own[0] == 128
    assert plan(photo, '--preset', 'mobile', with_model='restormer') == own


def test_a_photo_smaller_than_the_tiles_is_one_tile(tmp_path):
    assert plan(write(tmp_path / 'small.png', scene(40, 56)), '--preset', 'orin') == (56, 128, 1)


def test_the_log_says_which_preset_it_is_and_what_it_sets(photo):
    result = enhance(photo, '--preset', 'orin')
    assert result.returncode == 0
    assert 'preset orin' in result.stderr and 'tile 1024, overlap 128, batch 4' in result.stderr


def test_a_result_is_current_for_the_same_tiles_by_preset_or_by_flags(photo):
    assert enhance(photo, '--preset', 'mobile').returncode == 0
    again = enhance(photo, '--tile', 512, '--overlap', 64, '--on-exist', 'update')
    assert again.returncode == 0 and '1 skipped' in again.stderr, again.stderr


def test_info_lists_presets():
    assert [preset['name'] for preset in json.loads(run('info', '--json').stdout)['presets']] == ['orin', 'xavier-nx', 'mobile']
    assert 'Jetson AGX Orin, 32 GB: tile 1024, overlap 128, batch 4' in run('info').stdout
