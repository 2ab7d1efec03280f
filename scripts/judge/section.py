"""What a section of the report is made of."""
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Table:
    caption: str
    header: list
    rows: list              # of lists: a name, then figures (None: there is none)
    folded: bool = False    # shown when asked for


@dataclass
class Section:
    title: str
    about: str
    tables: list = field(default_factory=list)
    checks: list = field(default_factory=list)      # (claim, what was measured, whether it holds)
    pictures: list = field(default_factory=list)    # (caption, RGB uint8)
    figures: dict = field(default_factory=dict)     # everything, for the JSON

    def check(self, claim, measured, holds):
        self.checks.append((claim, measured, bool(holds)))


def mean(values):
    """Of what is there: some photos have no windows, or lost no highlights."""
    there = [value for value in values if value is not None]
    return float(np.mean(there)) if there else None
