"""Whether a soak's report and results are right to the last photo."""
import hashlib
import json

from program import read


def hashes(photos):
    """Of the inputs; those that cannot be read for want of rights are told by what stat says."""
    found = {}
    for photo in photos:
        if photo.path.exists():
            facts = photo.path.stat()
            content = hashlib.sha256(photo.path.read_bytes()).hexdigest() if facts.st_mode & 0o400 else ''
            found[photo.path] = (content, facts.st_size, facts.st_mode, facts.st_ino, facts.st_mtime_ns)
    return found


def wrong_entries(photos, report):
    """What the report says otherwise than it is; a good photo is done and its result is whole, a bad one failed for its reason."""
    entries = {}
    for entry in report['photos']:
        entries.setdefault(entry['input'], []).append(entry)
    wrong = [f'{name}: reported, but not in the list' for name in entries.keys() - {str(photo.path) for photo in photos}]
    for photo in photos:
        found = entries.get(str(photo.path), [])
        if len(found) != 1:
            wrong.append(f'{photo.path}: {len(found)} entries')
        elif photo.fault:
            reason = found[0]['reason']
            if found[0]['status'] != 'failed' or photo.reason not in reason or photo.path.name not in reason:
                wrong.append(f'{photo.path} ({photo.fault}): {found[0]["status"]}, {reason}')
        elif found[0]['status'] != 'done':
            wrong.append(f'{photo.path} (good): {found[0]["status"]}, {found[0]["reason"]}')
        else:
            size = found[0]['output_size']
            result = read(found[0]['output'])
            if result is None or result.shape[:2] != (size['height'], size['width']):
                wrong.append(f'{found[0]["output"]}: not whole')
    bad = sum(bool(photo.fault) for photo in photos)
    if report['summary'] != {'done': len(photos) - bad, 'skipped': 0, 'failed': bad, 'cancelled': 0, 'stale': 0}:
        wrong.append(f'summary {json.dumps(report["summary"])}')
    return wrong


def strays(photos, report, inputs, out):
    """Files that nobody asked for, temporaries among them."""
    asked = {str(photo.path) for photo in photos} | {entry['output'] for entry in report['photos'] if entry['status'] == 'done'}
    return [str(path) for folder in (inputs, out) for path in sorted(folder.rglob('*')) if path.is_file() and str(path) not in asked]
