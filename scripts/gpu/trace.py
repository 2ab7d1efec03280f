"""What a Chrome trace of photos_per_second says: how long the GPU was busy, and with what."""
import json
from collections import Counter
from pathlib import Path


def covered(intervals):
    """Length of the union of (start, end)."""
    total, reached = 0, float('-inf')
    for start, end in sorted(intervals):
        total += max(end - max(start, reached), 0)
        reached = max(reached, end)
    return total


def summary(path, most=12):
    """Busy share of the GPU between its first and its last kernel, its kernels by the time they take in all, and what copies
    had no kernel beside them. Of a run on a CPU, operators in place of kernels."""
    events = [event for event in json.loads(Path(path).read_text())['traceEvents'] if event.get('ph') == 'X']
    of = {kind: [event for event in events if event.get('cat') == kind] for kind in ('kernel', 'gpu_memcpy', 'cpu_op')}
    kernels = of['kernel'] or of['cpu_op']
    if not kernels:
        return {'error': 'the trace has no kernels'}
    spans = [(event['ts'], event['ts'] + event['dur']) for event in kernels]
    copies = [(event['ts'], event['ts'] + event['dur']) for event in of['gpu_memcpy']]
    wall = max(end for _, end in spans) - min(start for start, _ in spans)
    times, counts = Counter(), Counter()
    for event in kernels:
        times[event['name']] += event['dur']
        counts[event['name']] += 1
    busy = covered(spans)
    return {'busy_share': busy / wall, 'copies_alone_share': (covered(spans + copies) - busy) / wall, 'kernels': len(kernels),
            'longest': [{'name': name[:100], 'share': time / busy, 'count': counts[name]} for name, time in times.most_common(most)]}
