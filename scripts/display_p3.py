"""The Display P3 colour space: conversion of linear light, and an ICC profile (version 4, CC0) made from its definition."""
import struct

import numpy as np

D50 = np.array([.9642, 1., .8249])
BRADFORD = np.array([[.8951, .2664, -.1614], [-.7502, 1.7135, .0367], [.0389, -.0685, 1.0296]])
D65_XY, P3_XY, REC709_XY = (.3127, .3290), ((.680, .320), (.265, .690), (.150, .060)), ((.640, .330), (.300, .600), (.150, .060))
SRGB_CURVE = (2.4, 1 / 1.055, .055 / 1.055, 1 / 12.92, .04045)


def xyz(xy):
    x, y = xy
    return np.array([x / y, 1., (1 - x - y) / y])


def to_xyz(primaries):
    """Linear RGB of these primaries with a D65 white to XYZ."""
    columns = np.stack([xyz(p) for p in primaries], 1)
    return columns * np.linalg.solve(columns, xyz(D65_XY))


def from_rec709(lin):
    """Linear Rec. 709 to linear Display P3, whose gamut holds all of it."""
    matrix = np.linalg.solve(to_xyz(P3_XY), to_xyz(REC709_XY))
    return np.maximum(lin @ matrix.T.astype(np.float32), 0)


def fixed(*values):
    return b''.join(struct.pack('>i', round(float(v) * 65536)) for v in values)


def text(string):
    encoded = string.encode('utf-16-be')
    return b'mluc' + bytes(4) + struct.pack('>II', 1, 12) + b'enUS' + struct.pack('>II', len(encoded), 28) + encoded


def profile():
    """The profile's bytes."""
    adapt = np.linalg.inv(BRADFORD) @ np.diag((BRADFORD @ D50) / (BRADFORD @ xyz(D65_XY))) @ BRADFORD
    colorants = adapt @ to_xyz(P3_XY)
    curve = b'para' + bytes(4) + struct.pack('>HH', 3, 0) + fixed(*SRGB_CURVE)
    tags = {b'desc': text('Display P3'), b'cprt': text('CC0'), b'wtpt': b'XYZ ' + bytes(4) + fixed(*D50),
            b'chad': b'sf32' + bytes(4) + fixed(*adapt.ravel())}
    for i, name in enumerate('rgb'):
        tags[f'{name}XYZ'.encode()] = b'XYZ ' + bytes(4) + fixed(*colorants[:, i])
        tags[f'{name}TRC'.encode()] = curve
    table, data, start, placed = b'', b'', 128 + 4 + 12 * len(tags), {}
    for name, body in tags.items():
        if body not in placed:
            placed[body] = start + len(data)
            data += body + bytes(-len(body) % 4)
        table += name + struct.pack('>II', placed[body], len(body))
    header = struct.pack('>I4xI4s4s4s6H4s28x', start + len(data), 0x04300000, b'mntr', b'RGB ', b'XYZ ', 2026, 1, 1, 0, 0, 0, b'acsp')
    header += fixed(*D50)
    return header + bytes(128 - len(header)) + struct.pack('>I', len(tags)) + table + data
