"""Which files are read and written, under which names, and that none is lost."""
import hashlib
import os

import pytest
from program import enhance, names, read, run, scene, write

PICTURE = scene(40, 56)


@pytest.fixture
def folder(tmp_path):
    for name in ('a.jpg', 'b.jpg'):
        write(tmp_path / name, PICTURE)
    return tmp_path


def digests(folder):
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in folder.iterdir() if p.is_file()}


def assert_ok(result):
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize('name', ['with space.jpg', 'line\nbreak.jpg', 'casa 🏠.jpg', '-dash.jpg', "quo'te\".jpg", '日本.JPG', 'no.dots.here.jpeg',
                                  'per%cent{brace}.jpg'])
def test_unusual_names(tmp_path, name):
    photo = write(tmp_path / 'plain.jpg', PICTURE)
    photo = photo.rename(tmp_path / name)
    assert_ok(enhance(photo))
    stem, ext = os.path.splitext(name)
    assert set(names(tmp_path)) == {name, f'{stem}_hdr{ext}'}


def test_name_that_is_not_utf8(tmp_path):
    photo = write(tmp_path / 'plain.jpg', PICTURE)
    photo = photo.rename(os.fsdecode(os.fsencode(tmp_path) + b'/caf\xe9.jpg'))
    assert_ok(enhance(photo, '--report', tmp_path / 'report.json', '--progress', 'json'))
    assert os.fsencode(tmp_path) + b'/caf\xe9_hdr.jpg' in [os.fsencode(p) for p in tmp_path.iterdir()]


def test_jpeg_called_png_is_read_as_jpeg(tmp_path):
    photo = write(tmp_path / 'a.jpg', PICTURE).rename(tmp_path / 'a.png')
    assert_ok(enhance(photo))
    (out,) = [p for p in tmp_path.iterdir() if p != photo]
    assert out.stem == 'a_hdr'
    kind = {'.jpg': b'\xff\xd8\xff', '.png': b'\x89PNG'}[out.suffix]
    assert out.read_bytes().startswith(kind), 'the name an output gets and its content must agree'


def test_second_run_does_nothing(folder):
    photos = [folder / 'a.jpg', folder / 'b.jpg']
    assert_ok(enhance(*photos))
    assert names(folder) == ['a.jpg', 'a_hdr.jpg', 'b.jpg', 'b_hdr.jpg']
    before = {p: p.stat() for p in folder.iterdir()}
    everything = sorted(before)  # as the shell's *.jpg: outputs of the first run are inputs now
    result = enhance(*everything)
    assert_ok(result)
    after = {p: p.stat() for p in folder.iterdir()}
    assert {p: (s.st_mtime_ns, s.st_ino) for p, s in before.items()} == {p: (s.st_mtime_ns, s.st_ino) for p, s in after.items()}
    assert 'a_hdr.jpg' in result.stderr, 'that a stamped photo is left alone is said'


def test_reprocess_enhances_stamped_photos(folder):
    assert_ok(enhance(folder / 'a.jpg'))
    assert_ok(enhance(folder / 'a_hdr.jpg', '--reprocess'))
    assert 'a_hdr_hdr.jpg' in names(folder)


def test_outputs_into_a_folder(folder):
    (folder / 'made').mkdir()
    for target in ('made', 'new/', 'noext'):
        assert_ok(enhance(folder / 'a.jpg', folder / 'b.jpg', '-o', f'{folder}/{target}'))
        assert names(folder / target) == ['a_hdr.jpg', 'b_hdr.jpg'] or names(folder / target) == ['a.jpg', 'b.jpg']


def test_one_input_to_one_file(folder):
    assert_ok(enhance(folder / 'a.jpg', '-o', folder / 'result.png'))
    assert (folder / 'result.png').read_bytes().startswith(b'\x89PNG')


def test_several_inputs_to_one_file_are_refused(folder):
    result = enhance(folder / 'a.jpg', folder / 'b.jpg', '-o', folder / 'result.jpg')
    assert result.returncode == 2, result.stderr
    assert names(folder) == ['a.jpg', 'b.jpg']


def test_template(folder):
    assert_ok(enhance(folder / 'a.jpg', '-o', f'{folder}/out/{{stem}}-{{model}}.{{ext}}'))
    assert names(folder / 'out') == ['a-lift.jpg']


def test_unknown_template_field_is_a_usage_error(folder):
    result = enhance(folder / 'a.jpg', '-o', f'{folder}/{{stam}}.jpg')
    assert result.returncode == 2, result.stderr
    assert 'stam' in result.stderr


def test_format_chooses_the_extension(folder):
    assert_ok(enhance(folder / 'a.jpg', '--format', 'png'))
    assert (folder / 'a_hdr.png').read_bytes().startswith(b'\x89PNG')


def test_collisions_are_found_before_anything_runs(tmp_path):
    for sub in ('x', 'y'):
        (tmp_path / sub).mkdir()
        write(tmp_path / sub / 'same.jpg', PICTURE)
    result = enhance(tmp_path / 'x/same.jpg', tmp_path / 'y/same.jpg', '-o', f'{tmp_path}/out/')
    assert result.returncode == 2, result.stderr
    assert 'x/same.jpg' in result.stderr and 'y/same.jpg' in result.stderr
    assert names(tmp_path) == ['x', 'y']


def test_two_kinds_of_one_stem_collide(tmp_path):
    write(tmp_path / 'a.jpg', PICTURE)
    write(tmp_path / 'a.png', PICTURE)
    result = enhance(tmp_path / 'a.jpg', tmp_path / 'a.png', '--format', 'jpeg')
    assert result.returncode == 2, result.stderr
    assert names(tmp_path) == ['a.jpg', 'a.png']


@pytest.mark.parametrize('on_exist', ['skip', 'update', 'overwrite', 'rename', 'fail'])
def test_inputs_are_never_written_to(folder, on_exist):
    (folder / 'soft.jpg').symlink_to('a.jpg')
    os.link(folder / 'b.jpg', folder / 'hard.jpg')
    before = digests(folder)
    for target in ('a.jpg', 'soft.jpg', './a.jpg'):
        enhance(folder / 'a.jpg', '-o', f'{folder}/{target}', '--on-exist', on_exist)
    enhance(folder / 'b.jpg', '-o', folder / 'hard.jpg', '--on-exist', on_exist)
    enhance(folder / 'a.jpg', folder / 'b.jpg', '-o', f'{folder}/{{stem}}.{{ext}}', '--on-exist', on_exist)
    after = digests(folder)
    assert {name: after[name] for name in before} == before
    assert (folder / 'soft.jpg').is_symlink()


@pytest.mark.parametrize('on_exist', ['skip', 'update', 'overwrite', 'rename', 'fail'])
def test_a_link_to_the_inputs_folder_is_no_other_place(folder, on_exist):
    (folder / 'link').symlink_to('.')
    before = digests(folder)
    result = enhance(folder / 'a.jpg', folder / 'b.jpg', '-o', f'{folder}/link/{{stem}}.{{ext}}', '--on-exist', on_exist)
    assert result.returncode == 2, result.stderr
    assert digests(folder) == before


def test_output_that_is_its_input_is_a_usage_error(folder):
    result = enhance(folder / 'a.jpg', '-o', folder / 'a.jpg', '--on-exist', 'overwrite')
    assert result.returncode == 2, result.stderr
    assert 'a.jpg' in result.stderr


def test_output_that_is_another_input_is_a_usage_error(folder):
    write(folder / 'a_hdr.jpg', PICTURE)  # no output of ours: it has no stamp
    before = digests(folder)
    result = enhance(folder / 'a.jpg', folder / 'a_hdr.jpg', '--on-exist', 'overwrite')
    assert result.returncode == 2, result.stderr
    assert digests(folder) == before


def test_on_exist(folder):
    out = folder / 'a_hdr.jpg'

    def again(on_exist, *flags):
        out.write_bytes(b'something else')
        return enhance(folder / 'a.jpg', '--on-exist', on_exist, *flags)

    assert_ok(again('skip'))
    assert out.read_bytes() == b'something else'
    assert_ok(again('overwrite'))
    assert read(out).shape == PICTURE.shape
    assert_ok(again('rename'))
    assert out.read_bytes() == b'something else' and read(folder / 'a_hdr_2.jpg').shape == PICTURE.shape
    result = again('fail')
    assert result.returncode == 1, result.stderr
    assert 'a_hdr.jpg' in result.stderr and out.read_bytes() == b'something else'


def test_update_redoes_what_is_stale(folder):
    photo, out = folder / 'a.jpg', folder / 'a_hdr.jpg'
    assert_ok(enhance(photo))
    first = out.stat().st_mtime_ns
    assert_ok(enhance(photo, '--on-exist', 'update'))
    assert out.stat().st_mtime_ns == first, 'nothing has changed'
    assert_ok(enhance(photo, '--on-exist', 'update', '--strength', .5))
    second = out.stat().st_mtime_ns
    assert second != first, 'settings have changed'
    write(photo, PICTURE[::-1])
    assert_ok(enhance(photo, '--on-exist', 'update', '--strength', .5))
    third = out.stat().st_mtime_ns
    assert third != second, 'the input has changed'
    assert_ok(enhance(photo, '--on-exist', 'update', '--strength', .5, with_model='identity'))
    assert out.stat().st_mtime_ns != third, 'the model has changed'


def test_folders_and_recursion(tmp_path):
    (tmp_path / 'in/deep').mkdir(parents=True)
    for name in ('in/a.jpg', 'in/deep/b.png'):
        write(tmp_path / name, PICTURE)
    (tmp_path / 'in/notes.txt').write_text('not a photo')
    assert_ok(enhance(tmp_path / 'in', '-o', f'{tmp_path}/flat/'))
    assert [p.name for p in (tmp_path / 'flat').rglob('*') if p.is_file()] in (['a_hdr.jpg'], ['a.jpg'])
    assert_ok(enhance(tmp_path / 'in', '-r', '-o', f'{tmp_path}/tree/'))
    assert len([p for p in (tmp_path / 'tree').rglob('*') if p.is_file()]) == 2
    assert len([p for p in (tmp_path / 'tree/deep').iterdir()]) == 1, 'the tree is mirrored'


def test_globs_the_shell_left_alone(folder):
    assert_ok(enhance(f'{folder}/*.jpg'))
    assert names(folder) == ['a.jpg', 'a_hdr.jpg', 'b.jpg', 'b_hdr.jpg']


def test_lists(folder):
    listed = folder / 'list.txt'
    listed.write_text(f'{folder}/a.jpg\n{folder}/b.jpg\n')
    assert_ok(enhance(f'@{listed}'))
    assert 'a_hdr.jpg' in names(folder) and 'b_hdr.jpg' in names(folder)


def test_a_list_of_windows_begins_with_a_mark_that_is_no_part_of_the_first_name(folder):
    listed = folder / 'list.txt'
    listed.write_text(f'\ufeff{folder}/a.jpg\r\n{folder}/b.jpg\r\n', encoding='utf-8')
    assert_ok(enhance(f'@{listed}'))
    assert (folder / 'a_hdr.jpg').exists() and (folder / 'b_hdr.jpg').exists()


def test_a_report_never_takes_the_place_of_a_list(folder):
    listed = folder / 'list.json'
    listed.write_text(f'{folder}/a.jpg\n')
    result = enhance(f'@{listed}', '--report', listed)
    assert result.returncode == 2 and 'is a list of this run' in result.stderr
    assert listed.read_text() == f'{folder}/a.jpg\n' and not (folder / 'a_hdr.jpg').exists()


def test_folders_give_files_under_all_names_that_cameras_use(folder):
    for name in ('c.HIF', 'd.jfif', 'e.nrw'):
        (folder / name).write_bytes(b'no photo')
    result = enhance(folder, '-n')
    for name in ('c.HIF', 'd.jfif', 'e.nrw'):
        assert name in result.stdout + result.stderr


def test_list_on_stdin(folder):
    assert_ok(enhance('-', stdin=None, input=f'{folder}/a.jpg\n'))
    assert 'a_hdr.jpg' in names(folder) and 'b_hdr.jpg' not in names(folder)


def test_nothing_to_do_is_a_usage_error(tmp_path):
    result = enhance(tmp_path)
    assert result.returncode == 2, result.stderr
    assert str(tmp_path) in result.stderr
    assert run('enhance').returncode == 2


def test_dry_run_writes_nothing(folder):
    result = enhance(folder / 'a.jpg', '--dry-run', '-o', f'{folder}/new/', '--report', folder / 'report.json')
    assert_ok(result)
    assert 'a.jpg' in result.stdout + result.stderr
    assert set(names(folder)) <= {'a.jpg', 'b.jpg', 'report.json'}
