"""docs/scale/slurm.sh under a real Slurm: a task is killed and requeued, a node drained; nothing is lost, nothing done twice."""
import collections
import json
import os
import signal
import subprocess

import pytest
from program import BINARY, ROOT, enhance, model, names, pixels, read, run, write
from slurm_cluster import Cluster, missing_programs, wait_for

if missing_programs():
    pytest.skip(f'no {", ".join(missing_programs())} here: apt-get install slurm-wlm munge', allow_module_level=True)

PHOTOS, TASKS = 24, 6
FLAGS = ('--model', model('slow'), '--device', 'cpu', '--precision', 'fp32')


@pytest.fixture
def shoot(tmp_path):
    """A list of photos, and what one run makes of it."""
    photos = [write(tmp_path / f'{number:02}.jpg', pixels(300, 400, seed=number)) for number in range(PHOTOS)]
    (tmp_path / 'list.txt').write_text(''.join(f'{photo}\n' for photo in photos))
    (tmp_path / 'reports').mkdir()
    result = enhance(f'@{tmp_path}/list.txt', '-o', tmp_path / 'whole/', with_model='slow')
    assert result.returncode == 0, result.stderr
    return tmp_path


def of_task(number, folder):
    """Names of the task's results that are there."""
    return [name for name in names(folder) if name[:2].isdigit() and int(name[:2]) % TASKS == number] if folder.exists() else []


def facts(path):
    """What changes when a file is written again."""
    found = path.stat()
    return found.st_ino, found.st_mtime_ns


def waits_again(cluster, job, number):
    text = cluster.call('scontrol', 'show', 'job', f'{job}_{number}', '--oneliner').stdout
    facts = dict(field.split('=', 1) for field in text.split() if '=' in field)
    return (facts['Restarts'], facts['JobState']) == ('1', 'PENDING')


def submit(cluster, folder):
    cluster.environment['HDRTILE'] = str(BINARY)
    sent = cluster.call('sbatch', '--parsable', f'--array=0-{TASKS - 1}', f'--output={folder}/task-%a.log', ROOT / 'docs/scale/slurm.sh',
                        folder / 'list.txt', folder / 'reports', *FLAGS, '-o', f'{folder}/out/')
    return int(sent.stdout)


def on(cluster, node):
    return [number for number, task in cluster.tasks().items() if task == ('RUNNING', node)]


def kill_midway(cluster, job, out):
    """Kills the task on node1 when some of its photos are done; what of it was there."""
    number = wait_for(lambda: on(cluster, 'node1'), 'a task on node1')[0]
    wait_for(lambda: of_task(number, out), 'its first photo')
    (pid,) = cluster.processes('hdrtile', f'SLURM_ARRAY_TASK_ID={number}')
    os.kill(pid, signal.SIGKILL)
    wait_for(lambda: number not in on(cluster, 'node1'), 'its end')
    wait_for(lambda: waits_again(cluster, job, number), 'its requeue')
    cluster.call('scontrol', 'update', f'JobId={job}_{number}', 'StartTime=now')  # Slurm waits two minutes before a second try
    done = {name: facts(out / name) for name in of_task(number, out) if not name.startswith('.')}
    assert 0 < len(done) < PHOTOS / TASKS, 'it was not killed midway: the test shows nothing'
    return number, done


def drain(cluster, folder):
    """Drains node2 under a task, which ends in order; no other begins there until it is resumed."""
    number = wait_for(lambda: on(cluster, 'node2'), 'a task on node2')[0]
    cluster.call('scontrol', 'update', 'NodeName=node2', 'State=DRAIN', 'Reason=test')
    assert on(cluster, 'node2') == [number], 'the task that runs goes on'
    wait_for(lambda: cluster.node('node2')['State'] == 'IDLE+DRAIN', 'node2 to be drained')
    assert (folder / f'reports/shard-{number}.0.json').exists()
    before = on(cluster, 'node1')
    wait_for(lambda: set(on(cluster, 'node1')) - set(before), 'another task on node1')
    assert on(cluster, 'node2') == []
    cluster.call('scontrol', 'update', 'NodeName=node2', 'State=RESUME')
    return number


def test_a_task_killed_and_a_node_drained_lose_nothing_and_do_nothing_twice(shoot):
    out, reports = shoot / 'out', shoot / 'reports'
    with Cluster() as cluster:
        try:
            job = submit(cluster, shoot)
            killed, survived = kill_midway(cluster, job, out)
            drained = drain(cluster, shoot)
            wait_for(lambda: not cluster.tasks(), 'the end of the job', 240)
        except (TimeoutError, AssertionError, subprocess.CalledProcessError) as error:
            logs = ''.join(path.read_text(errors='replace') for path in sorted(shoot.glob('task-*.log')))
            raise AssertionError(f'{error} {getattr(error, "stderr", "")}\n{logs}\n{cluster.logs()}') from error

    attempts = [f'shard-{number}.{int(number == killed)}.json' for number in range(TASKS)]
    assert names(reports) == attempts, 'the killed attempt alone left no report'
    assert names(out) == names(shoot / 'whole'), 'every photo, and no temporary'
    for name in names(out):
        assert (out / name).read_bytes() == (shoot / 'whole' / name).read_bytes()
        assert read(out / name).shape == (300, 400, 3)
    assert {name: facts(out / name) for name in survived} == survived, 'what the killed attempt had done was not done again'

    result = run('report', 'merge', *sorted(reports.iterdir()))
    assert (result.returncode, result.stderr) == (0, '')
    merged = json.loads(result.stdout)
    assert merged['summary'] == {'done': PHOTOS - len(survived), 'skipped': len(survived), 'failed': 0, 'cancelled': 0, 'stale': 0}
    done = collections.Counter(photo['input'] for report in reports.iterdir() for photo in json.loads(report.read_text())['photos']
                               if photo['status'] == 'done')
    assert set(done.values()) == {1}
    assert {os.path.basename(photo['output']) for photo in merged['photos'] if photo['status'] == 'skipped'} == set(survived)
    assert killed != drained
    print(f'task {killed} was killed after {len(survived)} of {PHOTOS // TASKS} photos; task {drained} ended on a node that was drained')
