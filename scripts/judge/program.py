"""The built program and a model, as users run them."""
import json
import subprocess
import tempfile
from pathlib import Path

import cv2
import numpy as np


def read(path):
    image = cv2.imread(str(path), cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH)
    return image[..., ::-1].astype(np.float32) / np.iinfo(image.dtype).max


class Program:
    def __init__(self, binary, model, flags=()):
        self.binary, self.model, self.flags = Path(binary).resolve(), str(model), list(flags)
        if not self.binary.is_file():
            raise SystemExit(f'{binary}: no such program; build it (cmake --build build) or name another with --binary')
        self.devices = json.loads(self._run('info', '--json'))['devices']
        report = {}
        list(self.enhance([np.zeros((64, 64, 3), np.uint8)], report=report))
        self.description, self.engine = report['model'], report['engine']
        if self.description['scale'] != 1:
            raise SystemExit(f'{model}: scale {self.description["scale"]}; photos are compared with targets of their own size')

    def _run(self, *arguments):
        result = subprocess.run([str(self.binary), *arguments], capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if result.returncode:
            raise SystemExit(f'hdrtile {arguments[0]}: {(result.stderr.strip() or f"exit code {result.returncode}").splitlines()[-1]}')
        return result.stdout

    def about(self):
        """What was judged: model, its hash, and what computed."""
        return {'model': self.description['name'], 'version': self.description['version'], 'sha256': self.description['sha256'],
                **{key: self.engine[key] for key in ('device_name', 'precision', 'backend', 'library')}, 'flags': ' '.join(self.flags)}

    def enhance(self, photos, *flags, model=None, report=None):
        """The photos (uint8 or uint16) as `hdrtile enhance` gives them back, one by one. Its report goes into a given dict."""
        with tempfile.TemporaryDirectory() as folder:
            count = 0
            for count, photo in enumerate(photos, 1):
                cv2.imwrite(f'{folder}/{count:05}.png', np.ascontiguousarray(photo[..., ::-1]), [cv2.IMWRITE_PNG_COMPRESSION, 1])
            self._run('enhance', folder, '--model', str(model or self.model), '--progress', 'none', '-q', *self.flags, *flags,
                      '--report', f'{folder}/report.json', '-o', f'{folder}/out/{{stem}}.png')
            if report is not None:
                report.update(json.loads(Path(folder, 'report.json').read_text()))
            for i in range(1, count + 1):
                yield read(f'{folder}/out/{i:05}.png')

    def enhance_files(self, paths, out, *flags, model=None):
        """Files of any format that hdrtile reads, to PNGs of the same stems in `out`. Those that fail do so alone."""
        result = subprocess.run([str(self.binary), 'enhance', *map(str, paths), '--model', str(model or self.model), '--progress',
                                 'none', '-q', '--format', 'png', *self.flags, *flags, '-o', f'{out}/{{stem}}.png'],
                                capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if result.returncode not in (0, 1):
            raise SystemExit(f'hdrtile enhance: {result.stderr.strip().splitlines()[-1]}')
        return result.stderr.strip()
