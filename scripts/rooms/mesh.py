"""Meshes from boxes, cushions, lathed and swept shapes and sheets, with texture coordinates in metres.

Every primitive carries a `tint`, a colour that materials may multiply with, so that neighbouring books, planks or leaves
of one material differ.
"""
import math

import bpy
from mathutils import Matrix, Vector


def turn(angle, x=0., y=0., z=0.):
    """A turn about the vertical, then a move."""
    return Matrix.Translation((x, y, z)) @ Matrix.Rotation(angle, 4, 'Z')


class Mesh:
    """Collects primitives of several materials; `finish` makes the Blender object."""

    def __init__(self, r):
        self.r = r
        self.at = Matrix()          # applied to primitives as they are added
        self.vertices, self.faces, self.uvs, self.tints, self.smooth, self.slots = [], [], [], [], [], []
        self.materials = []

    def add(self, vertices, faces, material, smooth=False, tint=None, uvs=None):
        """`uvs` holds one list per face; without it faces are projected along their main axis, u along the longest side."""
        if material not in self.materials:
            self.materials.append(material)
        if tint is None:
            grey = self.r.uniform(.85, 1.1)
            tint = (grey, grey, grey)
        vertices = [Vector(v) for v in vertices]
        first = len(self.vertices)
        if uvs is None:
            uvs = self._project(vertices, faces)
        for face, uv in zip(faces, uvs):
            self.faces.append([first + i for i in face])
            self.uvs.extend(uv)
            self.tints.extend([(*tint[:3], 1.)] * len(face))
            self.smooth.append(smooth)
            self.slots.append(self.materials.index(material))
        self.vertices.extend(self.at @ v for v in vertices)

    def _project(self, vertices, faces):
        extent = [max(v[i] for v in vertices) - min(v[i] for v in vertices) for i in range(3)]
        shift = self.r.uniform(0, 7), self.r.uniform(0, 7)
        result = []
        for face in faces:
            a, b, c = (vertices[i] for i in face[:3])
            normal = (b - a).cross(c - b)
            axis = max(range(3), key=lambda i: abs(normal[i]))
            u, v = sorted((i for i in range(3) if i != axis), key=lambda i: -extent[i])
            result.append([(vertices[i][u] + shift[0], vertices[i][v] + shift[1]) for i in face])
        return result

    def box(self, material, x0, x1, y0, y1, z0, z1, bevel=.003, tint=None):
        """A box with chamfered edges."""
        low, high = Vector((min(x0, x1), min(y0, y1), z0)), Vector((max(x0, x1), max(y0, y1), z1))
        middle, half = (low + high) / 2, (high - low) / 2
        bevel = min(bevel, .45 * min(half) * 2)
        vertices, index = [], {}
        for corner in [(i, j, k) for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)]:
            for axis in range(3):
                index[corner, axis] = len(vertices)
                vertices.append(middle + Vector(corner[i] * (half[i] - (0 if i == axis else bevel)) for i in range(3)))
        faces = []
        for a in range(3):
            b, c = (a + 1) % 3, (a + 2) % 3

            def corner(s, t, w):
                sign = [0, 0, 0]
                sign[a], sign[b], sign[c] = s, t, w
                return tuple(sign)
            for s in (-1, 1):
                faces.append([index[corner(s, t, w), a] for t, w in ((-1, -1), (1, -1), (1, 1), (-1, 1))])
                if bevel:
                    for t in (-1, 1):
                        faces.append([index[corner(s, t, -1), a], index[corner(s, t, 1), a],
                                      index[corner(s, t, 1), b], index[corner(s, t, -1), b]])
        if bevel:
            faces += [[index[(i, j, k), axis] for axis in range(3)] for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)]
        for face in faces:
            a, b, c = (vertices[i] for i in face[:3])
            if (b - a).cross(c - b).dot(a - middle) < 0:
                face.reverse()
        self.add(vertices, faces, material, tint=tint)

    def soft(self, material, x0, x1, y0, y1, z0, z1, radius=.06, bulge=.03, steps=12):
        """An upholstered block: round edges, and faces that swell by `bulge`."""
        half = Vector((abs(x1 - x0) / 2, abs(y1 - y0) / 2, (z1 - z0) / 2))
        middle = Vector(((x0 + x1) / 2, (y0 + y1) / 2, (z0 + z1) / 2))
        radius = min(radius, *half)
        vertices, index, faces = [], {}, []

        def vertex(p):
            key = tuple(round(c, 4) for c in p)
            if key not in index:
                inner = Vector(max(-half[i] + radius, min(half[i] - radius, p[i] * half[i])) for i in range(3))
                outward = (Vector(p[i] * half[i] for i in range(3)) - inner).normalized()
                swell = Vector(p[i] * bulge * math.prod(1 - p[j] ** 2 for j in range(3) if j != i) for i in range(3))
                index[key] = len(vertices)
                vertices.append(middle + inner + outward * radius + swell)
            return index[key]
        for axis in range(3):
            for s in (-1, 1):
                for i in range(steps):
                    for j in range(steps):
                        face = []
                        for a, b in ((i, j), (i + 1, j), (i + 1, j + 1), (i, j + 1)):
                            p = [0, 0, 0]
                            p[axis] = s
                            # Grid lines gather at the edges, where the surface bends.
                            p[(axis + 1) % 3] = math.sin((a / steps - .5) * math.pi)
                            p[(axis + 2) % 3] = math.sin((b / steps - .5) * math.pi)
                            face.append(vertex(p))
                        faces.append(face if s > 0 else face[::-1])
        self.add(vertices, faces, material, smooth=True)

    def pillow(self, material, width, height, thick, steps=14):
        """A cushion standing on the local x axis, its faces along y."""
        vertices, faces, uvs = [], [], []
        for side in (-1, 1):
            first = len(vertices)
            for i in range(steps + 1):
                for j in range(steps + 1):
                    u, v = math.sin((i / steps - .5) * math.pi), math.sin((j / steps - .5) * math.pi)
                    body = max(0, (1 - u ** 4) * (1 - v ** 4)) ** .5
                    waist = 1 - .07 * (1 - u * u) * v * v, 1 - .07 * (1 - v * v) * u * u
                    vertices.append((u * width / 2 * waist[1], side * thick / 2 * body, (1 + v * waist[0]) * height / 2))
            for i in range(steps):
                for j in range(steps):
                    a = first + i * (steps + 1) + j
                    face = [a, a + 1, a + steps + 2, a + steps + 1]
                    faces.append(face if side < 0 else face[::-1])
                    uvs.append([(vertices[k][0], vertices[k][2]) for k in faces[-1]])
        self.add(vertices, faces, material, smooth=True, uvs=uvs)

    def sheet(self, material, surface, columns, rows, width, height, tint=None):
        """A grid through surface(u, v), u and v in [0, 1]; `width` and `height` are the cloth's own, in metres."""
        vertices = [surface(i / columns, j / rows) for i in range(columns + 1) for j in range(rows + 1)]
        faces, uvs = [], []
        for i in range(columns):
            for j in range(rows):
                a = i * (rows + 1) + j
                faces.append([a, a + rows + 1, a + rows + 2, a + 1])
                uvs.append([(width * (i + p) / columns, height * (j + q) / rows) for p, q in ((0, 0), (1, 0), (1, 1), (0, 1))])
        self.add(vertices, faces, material, smooth=True, tint=tint, uvs=uvs)

    def lathe(self, material, profile, x=0., y=0., segments=32, smooth=True):
        """Turns (radius, z) points about the vertical through x, y."""
        rows = len(profile)
        vertices = [(x + radius * math.cos(k * math.tau / segments), y + radius * math.sin(k * math.tau / segments), z)
                    for k in range(segments) for radius, z in profile]
        length = [0.]
        for (r0, z0), (r1, z1) in zip(profile, profile[1:]):
            length.append(length[-1] + math.hypot(r1 - r0, z1 - z0))
        round_ = math.tau * max(radius for radius, _ in profile)
        faces, uvs = [], []
        for k in range(segments):
            for j in range(rows - 1):
                n = (k + 1) % segments
                faces.append([k * rows + j, n * rows + j, n * rows + j + 1, k * rows + j + 1])
                uvs.append([(length[j], k / segments * round_), (length[j], (k + 1) / segments * round_),
                            (length[j + 1], (k + 1) / segments * round_), (length[j + 1], k / segments * round_)])
        self.add(vertices, faces, material, smooth=smooth, uvs=uvs)

    def cylinder(self, material, x, y, z0, z1, radius, top=None):
        """A closed cylinder or cone; rims are doubled so that they stay sharp."""
        top = radius if top is None else top
        edge = .03 * (z1 - z0)
        self.lathe(material, [(0, z0), (radius * .97, z0), (radius, z0 + min(edge, .004)), (radius, z0 + min(edge, .005)),
                              (top, z1 - min(edge, .005)), (top, z1 - min(edge, .004)), (top * .97, z1), (0, z1)], x, y)

    def tube(self, material, points, radius, segments=10):
        """A round bar along points."""
        vertices, points = [], [Vector(p) for p in points]
        for i, p in enumerate(points):
            along = (points[min(i + 1, len(points) - 1)] - points[max(i - 1, 0)]).normalized()
            side = along.orthogonal().normalized()
            other = along.cross(side)
            vertices += [p + radius * (math.cos(a) * side + math.sin(a) * other)
                         for a in (k * math.tau / segments for k in range(segments))]
        faces = [[i * segments + k, i * segments + (k + 1) % segments, (i + 1) * segments + (k + 1) % segments, (i + 1) * segments + k]
                 for i in range(len(points) - 1) for k in range(segments)]
        self.add(vertices, faces, material, smooth=True)

    def finish(self, name, matrix=None):
        mesh = bpy.data.meshes.new(name)
        mesh.from_pydata([tuple(v) for v in self.vertices], [], self.faces)
        for material in self.materials:
            mesh.materials.append(material)
        mesh.polygons.foreach_set('use_smooth', self.smooth)
        mesh.polygons.foreach_set('material_index', self.slots)
        layer = mesh.uv_layers.new(name='uv')
        layer.data.foreach_set('uv', [c for uv in self.uvs for c in uv])
        tint = mesh.color_attributes.new('tint', 'FLOAT_COLOR', 'CORNER')
        tint.data.foreach_set('color', [c for colour in self.tints for c in colour])
        mesh.validate()
        thing = bpy.data.objects.new(name, mesh)
        thing.matrix_world = matrix or Matrix()
        bpy.context.scene.collection.objects.link(thing)
        return thing


def copy(thing, matrix):
    """Another instance of an object's mesh."""
    twin = bpy.data.objects.new(thing.name, thing.data)
    twin.matrix_world = matrix
    bpy.context.scene.collection.objects.link(twin)
    return twin
