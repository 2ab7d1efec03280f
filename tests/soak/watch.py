"""Memory and file handles of a process over time: sampled, judged, drawn."""
import csv
import os
from pathlib import Path

import numpy as np

WARM_UP = .1  # of the samples: until every thread has met its first large photo


def sample(pid):
    """(resident MB, file handles), or nothing once the process is gone."""
    try:
        status = Path(f'/proc/{pid}/status').read_text()
        handles = len(os.listdir(f'/proc/{pid}/fd'))
        return int(status.split('VmRSS:')[1].split()[0]) / 1024, handles
    except (OSError, IndexError):
        return None


def write_csv(path, samples):
    with open(path, 'w', newline='') as file:
        table = csv.writer(file)
        table.writerow(('seconds', 'resident_mb', 'file_handles', 'photos_done'))
        table.writerows((f'{s:.2f}', f'{mb:.1f}', handles, done) for s, mb, handles, done in samples)


def trend(times, values):
    """By how much the values rise from the first time to the last: the median slope of pairs, which single peaks do not move."""
    keep = np.linspace(0, len(times) - 1, min(len(times), 1000)).astype(int)
    t, v = np.asarray(times, float)[keep], np.asarray(values, float)[keep]
    i, j = np.triu_indices(len(t), 1)
    return float(np.median((v[j] - v[i]) / (t[j] - t[i])) * (t[-1] - t[0]))


def judge(samples):
    """What the samples say after the warm-up, in halves; `problems` is empty when both lines are flat."""
    steady = samples[int(WARM_UP * len(samples)):]
    seconds, resident, handles, _ = map(np.asarray, zip(*steady))
    half = len(steady) // 2
    facts = {'samples': len(samples), 'resident_max_mb': (resident[:half].max(), resident[half:].max()),
             'resident_median_mb': (np.median(resident[:half]), np.median(resident[half:])), 'resident_trend_mb': trend(seconds, resident),
             'handles_max': (handles[:half].max(), handles[half:].max()), 'handles_trend': trend(seconds, handles)}
    problems = []
    first, second = facts['resident_max_mb']
    if second > 1.05 * first + 32:
        problems.append(f'peak memory of the second half is {second:.0f} MB, of the first {first:.0f} MB')
    if facts['resident_trend_mb'] > .05 * np.median(resident) + 16:
        problems.append(f'memory rises by {facts["resident_trend_mb"]:.0f} MB over the run')
    first, second = facts['handles_max']
    if second > first + 2 or facts['handles_trend'] > 1:
        problems.append(f'file handles: at most {first} in the first half, {second} in the second, trend {facts["handles_trend"]:.1f}')
    return facts, problems


def plot(path, samples, title):
    import matplotlib
    matplotlib.use('Agg')
    from matplotlib import pyplot
    seconds, resident, handles, done = zip(*samples)
    figure, (above, below) = pyplot.subplots(2, 1, sharex=True, figsize=(10, 6), layout='constrained')
    above.plot(seconds, resident, linewidth=.8, color='tab:blue')
    above.set(title=title, ylabel='resident memory, MB', ylim=(0, None))
    photos = above.twinx()
    photos.plot(seconds, done, linewidth=.8, color='tab:grey')
    photos.set(ylabel='photos done (grey)', ylim=(0, None))
    below.plot(seconds, handles, linewidth=.8, color='tab:orange')
    below.set(xlabel='seconds', ylabel='open file handles', ylim=(0, None))
    figure.savefig(path, dpi=110)
