"""What is compared in every table: classical methods, the model, and the model taken apart."""
import numpy as np

import look
from judge import variants

INPUT, CLASSICAL, GUIDE = 'nothing', 'metered Mertens', 'guide alone'


class Methods:
    """`names` of the methods, the model's last; calling one gives results, one by one, for photos (uint8).
    `quick` leaves out those that no promise is about."""

    def __init__(self, program, folder, quick=False):
        self.program = program
        self.variants = variants.write(program.description['path'], folder)
        self.model = program.description['name']
        self.has_guide = GUIDE in self.variants
        self.names = [name for name in (*look.BASELINES, *self.variants, self.model)
                      if not quick or name in (INPUT, CLASSICAL, GUIDE, self.model)]

    def __call__(self, name, photos):
        if name == self.model:
            yield from self.program.enhance(photos)
        elif name in self.variants:
            path, flags = self.variants[name]
            yield from self.program.enhance(photos, *flags, model=path)
        else:
            for photo in photos:
                yield look.BASELINES[name](photo.astype(np.float32) / 255)
