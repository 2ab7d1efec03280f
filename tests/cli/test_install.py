"""The installed tree runs from wherever it is."""
import os
import subprocess

from program import BUILD, ROOT, read, scene, write


def test_installed_tree_runs(tmp_path):
    subprocess.run(['cmake', '--install', str(BUILD), '--prefix', str(tmp_path / 'first')], check=True, capture_output=True)
    (tmp_path / 'first').rename(tmp_path / 'moved')
    program = tmp_path / 'moved/bin/hdrtile'
    write(tmp_path / 'a.jpg', scene(96, 128))
    result = subprocess.run([program, 'enhance', 'a.jpg', '--device', 'cpu', '--precision', 'fp32', '-v'], cwd=tmp_path, capture_output=True,
                            text=True, env={'PATH': os.environ['PATH']})
    assert result.returncode == 0, result.stderr
    assert str(tmp_path / 'moved/share/hdrtile/models') in result.stdout + result.stderr, 'it takes the installed model'
    assert read(tmp_path / 'a_hdr.jpg').shape == (96, 128, 3)


def test_installed_tree_holds_licence_and_documents(tmp_path):
    subprocess.run(['cmake', '--install', str(BUILD), '--prefix', str(tmp_path)], check=True, capture_output=True)
    files = {str(p.relative_to(tmp_path)) for p in tmp_path.rglob('*') if p.is_file()}
    assert {'bin/hdrtile', 'share/doc/hdrtile/LICENSE', 'share/doc/hdrtile/README.md'} <= files
    models = {p.name for p in (ROOT / 'models').glob('*.pt')}
    assert models and {f'share/hdrtile/models/{name}' for name in (*models, 'SHA256SUMS')} <= files
    assert not [name for name in files if name.endswith('.py')]
