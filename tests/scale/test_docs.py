"""What docs/scale.md shows is run or read as it stands there."""
import json
import os
import re
import shutil
import subprocess

import pytest
import yaml
from program import BINARY, ROOT, model, run, scene, write

MANIFEST = yaml.safe_load((ROOT / 'docs/scale/kubernetes.yaml').read_text())
CONTAINER = MANIFEST['spec']['template']['spec']['containers'][0]


def lines_of(word):
    return [line for block in re.findall(r'^```\n(.*?)^```', (ROOT / 'docs/scale.md').read_text(), re.MULTILINE | re.DOTALL)
            for line in block.replace('\\\n', ' ').splitlines() if word in line]


@pytest.fixture
def shoot(tmp_path):
    (tmp_path / 'list.txt').write_text(''.join(f'{write(tmp_path / f"{n}.jpg", scene(60, 80)).name}\n' for n in range(6)))
    return tmp_path


@pytest.fixture
def path_with_hdrtile(tmp_path):
    """hdrtile on PATH, with a small model: the commands of the page are the page's."""
    tools = tmp_path / 'bin'
    tools.mkdir()
    script = tools / 'hdrtile'
    script.write_text(f'#!/bin/sh\nif [ "$1" = enhance ]; then set -- "$@" --model {model("lift")} --device cpu; fi\nexec {BINARY} "$@"\n')
    script.chmod(0o755)
    return os.environ | {'PATH': f"{tools}:{os.environ['PATH']}", 'HOME': str(tmp_path)}


@pytest.mark.skipif(shutil.which('parallel') is None, reason='GNU parallel is not here: apt-get install parallel')
def test_the_line_for_gnu_parallel_does_the_list_and_its_reports_merge(shoot, path_with_hdrtile):
    (line,) = lines_of('| parallel')
    (merge,) = lines_of('report merge shard-*.json')
    result = subprocess.run(['bash', '-c', f'{line} && {merge}'], cwd=shoot, env=path_with_hdrtile, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    report = json.loads((shoot / 'report.json').read_text())
    assert report['summary'] == {'done': 6, 'skipped': 0, 'failed': 0, 'cancelled': 0, 'stale': 0}
    assert [part['number'] for part in report['shards']] == [1, 2, 3, 4]


def test_the_manifest_is_an_indexed_job_whose_shards_are_its_completions():
    spec = MANIFEST['spec']
    assert (MANIFEST['apiVersion'], MANIFEST['kind'], spec['completionMode']) == ('batch/v1', 'Job', 'Indexed')
    assert f'auto/{spec["completions"]}' in CONTAINER['args']
    assert spec['parallelism'] <= spec['completions'] and spec['backoffLimitPerIndex'] > 0
    assert spec['template']['spec']['restartPolicy'] == 'Never', 'backoffLimitPerIndex and podFailurePolicy ask for it'


def test_the_manifest_retries_what_may_do_better():
    rules = MANIFEST['spec']['podFailurePolicy']['rules']
    action = {code: rule['action'] for rule in rules if 'onExitCodes' in rule for code in rule['onExitCodes']['values']}
    assert action == {1: 'FailIndex', 2: 'FailJob', 3: 'FailJob'}, 'not 130, 137, 143: those run again'
    assert {rule['onExitCodes']['containerName'] for rule in rules if 'onExitCodes' in rule} == {CONTAINER['name']}
    assert rules[0] == {'action': 'Ignore', 'onPodConditions': [{'type': 'DisruptionTarget'}]}


def test_the_arguments_of_the_manifest_run(shoot):
    index = {'JOB_COMPLETION_INDEX': '2'}
    arguments = [part.replace('/photos/', f'{shoot}/').replace('$(JOB_COMPLETION_INDEX)', '2') for part in CONTAINER['args']]
    (shoot / 'list.txt').write_text(''.join(f'{shoot}/{n}.jpg\n' for n in range(6)))
    (shoot / 'reports').mkdir()
    clean = {k: v for k, v in os.environ.items() if not k.startswith(('SLURM_', 'AWS_BATCH'))}
    result = run(*arguments, '--model', model('lift'), '--device', 'cpu', env=clean | index)
    assert result.returncode == 0, result.stderr
    report = json.loads((shoot / 'reports/shard-2.json').read_text())
    assert [photo['output'] for photo in report['photos']] == [f'{shoot}/enhanced/2_hdr.jpg']
    assert report['shard'] == {'number': 3, 'count': MANIFEST['spec']['completions']}
