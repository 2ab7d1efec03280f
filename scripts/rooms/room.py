"""One room: shell, windows, layout, camera. x to the right, y away from the camera, z up, in metres."""
import math
import random

import bpy
from mathutils import Matrix

from . import furniture as f
from . import materials as m
from . import outside
from . import things
from .mesh import Mesh, turn

LAYOUTS = ('living', 'living', 'living', 'bedroom', 'bedroom', 'dining', 'kitchen', 'study')


class Room:
    """Builds the whole scene of a seed into an empty Blender file. The far wall, at y = depth, has the windows."""

    def __init__(self, seed, portrait=False):
        self.r = r = random.Random(seed)
        bpy.ops.wm.read_factory_settings(use_empty=True)
        self.kind = r.choice(LAYOUTS)
        self.width, self.depth, self.height = r.uniform(4.2, 5.8), r.uniform(4.9, 6.8), r.uniform(2.45, 2.95)
        self.p = things.Palette(r)
        self.side = r.choice((-1, 1))       # where the main piece stands
        self.sky = outside.sky(r)
        outside.garden(r, self.width, self.depth)
        self.shell()
        self.ceiling()
        getattr(self, self.kind)()
        self.camera(portrait)

    # The shell

    def frame(self, wall):
        """The matrix of a wall: its x runs along it, +y points into the room."""
        return {'far': turn(math.pi, 0, self.depth), 'left': turn(-math.pi / 2, -self.width / 2, self.depth / 2),
                'right': turn(math.pi / 2, self.width / 2, self.depth / 2), 'back': turn(0, 0, 0)}[wall]

    def at_side(self, side, y, out=0.):
        """Against a side wall (-1 left, 1 right), middle at y, `out` metres off it."""
        return turn(side * math.pi / 2, side * (self.width / 2 - out), y)

    def shell(self):
        r, w, d, h, p = self.r, self.width, self.depth, self.height, self.p
        colour = m.hsv(r.choice((.09, .1, .12, .3, .5, .58, .6)), r.uniform(.02, .2), r.uniform(.72, .93))
        wall = m.paint(colour)
        special = r.choice((None, 'brick', 'paper', 'dark', 'panel'))
        feature = {'brick': lambda: m.bricks(m.hsv(.03, .5, r.uniform(.5, .9)), m.hsv(.04, .45, .55)), 'paper': lambda: m.wallpaper(r, colour),
                   'dark': lambda: m.paint(m.hsv(m.hue(r), r.uniform(.15, .42), r.uniform(.3, .6)))}.get(special, lambda: wall)()
        dark = r.random() < .35
        floor = r.choice((lambda: m.planks((.19, .10, .05) if not dark else (.06, .035, .02), (.40, .25, .13) if not dark else (.14, .08, .045), r.uniform(.09, .2)),
                          lambda: m.planks((.30, .2, .12), (.52, .38, .24), r.uniform(.07, .16)),
                          lambda: m.tiles(m.hsv(.09, r.uniform(.03, .2), .8), m.hsv(.09, .1, .74), *r.choice(((.6, .6), (.3, .3), (.9, .3)))),
                          lambda: m.carpet(m.hsv(r.choice((.08, .1, .6)), r.uniform(.05, .3), r.uniform(.5, .8)))))()
        lengths = {'far': w, 'back': w, 'left': d, 'right': d}
        openings = {name: [] for name in lengths}
        self.window_side = -self.side if r.random() < .4 and self.kind != 'kitchen' else 0
        self.fill = r.uniform(2.5, 7)       # W/m^2 of window
        count = r.choice((1, 2, 2, 3))
        self.sill, top = r.choice((.08, .45, .75, .9)), h - r.uniform(.2, .45)
        span = min(2.4 if count == 1 else 1.9, (w - .55 * (count + 1)) / count) * r.uniform(.8, 1)
        gap = (w - span * count) / (count + 1)
        openings['far'] = [(-w / 2 + gap + i * (span + gap), -w / 2 + (i + 1) * (span + gap), self.sill, top) for i in range(count)]
        if self.window_side:
            middle = r.uniform(-.3, .2) * self.window_side
            openings['left' if self.window_side < 0 else 'right'] = [(middle - .75, middle + .75, max(self.sill, .8), top)]
        drapes = p.cloth() if r.random() < .6 else m.sheer((.8, .78, .74))
        self.style = {'bars': r.choice(((1, 1), (2, 1), (2, 2), (2, 3))), 'curtains': r.choice(('long', 'long', 'none', 'blind')), 'cloth': drapes,
                      'cross': r.random() < .5}
        for name, length in lengths.items():
            at = self.frame(name)
            main = 'left' if self.side < 0 else 'right'
            surface = feature if name == main else wall
            self.wall(at, length, h, openings[name], surface)
            if special == 'panel' and name in (main, 'far'):
                self.panelling(at, length, openings[name])
        shell = Mesh(r)
        shell.add([(-w / 2 - .3, -.3, 0), (w / 2 + .3, -.3, 0), (w / 2 + .3, d + .28, 0), (-w / 2 - .3, d + .28, 0)], [[0, 1, 2, 3]], floor)
        shell.add([(-w / 2 - .3, -.3, h), (-w / 2 - .3, d + .28, h), (w / 2 + .3, d + .28, h), (w / 2 + .3, -.3, h)], [[0, 1, 2, 3]], m.paint((.80, .79, .77)))
        shell.box(p.white, -w / 2 - .3, w / 2 + .3, -.3, d + .3, h + .02, h + .2, 0)
        shell.finish('floor and ceiling')

    def wall(self, at, length, h, openings, surface):
        r, p, mesh = self.r, self.p, Mesh(self.r)
        x, half = -length / 2, length / 2
        outer = -.26
        for x0, x1, z0, z1 in openings:
            mesh.box(surface, x, x0, outer, 0, 0, h, 0)
            mesh.box(surface, x0, x1, outer, 0, 0, z0, 0)
            mesh.box(surface, x0, x1, outer, 0, z1, h, 0)
            x = x1
        mesh.box(surface, x, half, outer, 0, 0, h, 0)
        mesh.box(p.white, -half, half, 0, .014, 0, .1, .003)
        mesh.box(p.white, -half, half, 0, .02, .0, .03, .008)
        for k, deep in enumerate((.07, .045, .02)):
            mesh.box(p.white, -half, half, 0, deep, h - .025 * (k + 1), h - .025 * k + (.01 if k == 0 else 0), .006)
        for _ in range(2):
            x = r.uniform(-half * .9, half * .9)
            mesh.box(p.white, x - .04, x + .04, 0, .008, .28, .36, .004)
            mesh.cylinder(p.black, x, .0085, .319, .321, .003)
        mesh.finish('wall', at)
        for opening in openings:
            self.window(at, *opening)

    def panelling(self, at, length, openings):
        """Wainscot: rail, and framed fields below it."""
        mesh, p, top = Mesh(self.r), self.p, .95
        blocked = [(x0 - .1, x1 + .1) for x0, x1, z0, _ in openings if z0 < top + .05]
        count = round(length / .6)
        for i in range(count):
            x0, x1 = -length / 2 + i * length / count, -length / 2 + (i + 1) * length / count
            if any(x0 < b and x1 > a for a, b in blocked):
                continue
            mesh.box(p.white, x0, x1, 0, .008, .1, top, 0)
            mesh.box(p.white, x0, x1, 0, .035, top, top + .04, .008)
            for a0, a1, z0, z1 in ((x0 + .07, x1 - .07, .2, .23), (x0 + .07, x1 - .07, top - .1, top - .07), (x0 + .07, x0 + .1, .2, top - .07), (x1 - .1, x1 - .07, .2, top - .07)):
                mesh.box(p.white, a0, a1, .008, .022, z0, z1, .006)
        mesh.finish('panelling', at)

    def window(self, at, x0, x1, z0, z1):
        r, p, mesh, style = self.r, self.p, Mesh(self.r), self.style
        bars, bar = style['bars'], .035
        for a0, a1, b0, b1 in ((x0, x1, z0, z0 + .06), (x0, x1, z1 - .06, z1), (x0, x0 + .06, z0, z1), (x1 - .06, x1, z0, z1)):
            mesh.box(p.white, a0, a1, -.2, -.12, b0, b1, .006)
        sashes = max(1, round((x1 - x0) / .85))
        for i in range(sashes):
            s0, s1 = x0 + .06 + i * (x1 - x0 - .12) / sashes, x0 + .06 + (i + 1) * (x1 - x0 - .12) / sashes
            for a0, a1, b0, b1 in ((s0, s1, z0 + .06, z0 + .12), (s0, s1, z1 - .12, z1 - .06), (s0, s0 + .05, z0 + .06, z1 - .06), (s1 - .05, s1, z0 + .06, z1 - .06)):
                mesh.box(p.white, a0, a1, -.175, -.11, b0, b1, .008)
            if style['cross']:
                for k in range(1, bars[0]):
                    x = s0 + k * (s1 - s0) / bars[0]
                    mesh.box(p.white, x - bar / 2, x + bar / 2, -.16, -.13, z0 + .1, z1 - .1, .006)
                for k in range(1, bars[1] + 1):
                    z = z0 + k * (z1 - z0) / (bars[1] + 1)
                    mesh.box(p.white, s0 + .04, s1 - .04, -.16, -.13, z - bar / 2, z + bar / 2, .006)
            mesh.box(p.metal, s1 - .04, s1 - .015, -.11, -.095, (z0 + z1) / 2 - .07, (z0 + z1) / 2 + .07, .004)
        if z0 > .2:
            mesh.box(r.choice((p.white, p.stone)), x0 - .06, x1 + .06, -.1, .07, z0 - .03, z0, .006)
            for _ in range(r.choice((0, 1, 2))):
                things.vase(mesh, p, r.uniform(x0 + .15, x1 - .15), -.02, z0, .9)
            if r.random() < .7:
                self.radiator(mesh, (x0 + x1) / 2, min(.7, (x1 - x0) / 2), min(z0 - .12, .65))
        mesh.box(p.white, x0 - .1, x1 + .1, -.3, -.2, z0 - .05, z0, 0)
        if style['curtains'] == 'long':
            self.curtains(mesh, x0, x1, z1)
        elif style['curtains'] == 'blind':
            low = z1 - r.uniform(.15, .4) * (z1 - z0)
            for k in range(int((z1 - low) / .032)):
                z = z1 - .03 - .032 * k
                mesh.at = Matrix.Translation((0, -.07, z)) @ Matrix.Rotation(.45, 4, 'X')
                mesh.box(p.woods[1], x0 + .015, x1 - .015, -.02, .02, -.0012, .0012, 0)
                mesh.at = Matrix()
            mesh.box(p.woods[1], x0 + .01, x1 - .01, -.095, -.045, z1 - .03, z1, .004)
            mesh.box(p.woods[1], x0 + .015, x1 - .015, -.09, -.05, low - .02, low, .004)
        mesh.finish('window', at)
        portal = bpy.data.lights.new('portal', 'AREA')
        portal.shape, portal.size, portal.size_y = 'RECTANGLE', x1 - x0, z1 - z0
        portal.cycles.is_portal = True
        # The fill keeps the room within about six stops of the view, which white rooms with open doors are and boxes are not.
        fill = bpy.data.lights.new('fill', 'AREA')
        fill.shape, fill.size, fill.size_y = 'RECTANGLE', x1 - x0, z1 - z0
        fill.energy, fill.color = self.fill * (x1 - x0) * (z1 - z0), (.94, .97, 1.)
        for light, y in ((portal, -.25), (fill, -.24)):
            thing = bpy.data.objects.new(light.name, light)
            thing.matrix_world = at @ Matrix.Translation(((x0 + x1) / 2, y, (z0 + z1) / 2)) @ Matrix.Rotation(math.pi / 2, 4, 'X')
            thing.visible_camera = thing.visible_glossy = False
            bpy.context.scene.collection.objects.link(thing)

    def radiator(self, mesh, x, half, top):
        count = int(half * 2 / .055)
        for k in range(count):
            a = x - half + k * .055
            mesh.box(self.p.white, a, a + .042, .04, .12, .1, top, .014)
        for z in (.14, top - .06):
            mesh.tube(self.p.white, [(x - half, .08, z), (x + half, .08, z)], .02)
        mesh.tube(self.p.white, [(x + half, .08, .14), (x + half + .06, .08, .14), (x + half + .06, .08, 0)], .01)

    def curtains(self, mesh, x0, x1, z1):
        r, rod = self.r, min(self.height - .1, z1 + .12)
        mesh.tube(self.p.metal, [(x0 - .45, .1, rod), (x1 + .45, .1, rod)], .013)
        for s, edge in ((-1, x0), (1, x1)):
            wide, pleats, phase = r.uniform(.34, .46), r.randint(6, 9), r.uniform(0, 6)
            outer = edge + s * .38

            def surface(u, v, outer=outer, s=s, wide=wide, pleats=pleats, phase=phase):
                gather = 1 - .12 * math.sin(math.pi * v) ** 2
                swing = math.sin(u * pleats * math.tau + phase + .5 * math.sin(3 * v + phase))
                return outer - s * u * wide * gather, .1 + (.022 + .018 * v) * swing + .008 * math.sin(u * 51 + v * 4), rod - v * (rod - .015)
            mesh.sheet(self.style['cloth'], surface, pleats * 14, 24, wide * 2.2, rod)
            for k in range(pleats):
                mesh.lathe(self.p.metal, [(.02, rod - .002), (.023, rod), (.02, rod + .002), (.02, rod - .002)], outer - s * k * wide / pleats, .1, 12)
            mesh.lathe(self.p.metal, [(0, rod - .03), (.022, rod - .018), (.03, rod), (.022, rod + .018), (0, rod + .03)], edge + s * .47, .1, 16)

    def ceiling(self):
        r, mesh, w, d, h = self.r, Mesh(self.r), self.width, self.depth, self.height
        kind = r.choice(('pendant', 'pendant', 'spots', 'beams', 'bare'))
        lamp = self.p.lit[0 if r.random() < .55 else 1]
        x, y = r.uniform(-.3, .3), d * .52
        if kind == 'pendant':
            low, wide = h - r.uniform(.42, .6), r.uniform(.11, .19)
            mesh.tube(self.p.black, [(x, y, low + .1), (x, y, h)], .004)
            mesh.cylinder(self.p.metal, x, y, h - .03, h, .05)
            if r.random() < .5:
                mesh.lathe(lamp, [(wide * math.sin(t * math.pi / 20), low - wide * math.cos(t * math.pi / 20) * .9) for t in range(1, 20)], x, y, 48)
            else:
                mesh.lathe(lamp, [(wide, low - .12), (wide, low + .1)], x, y, 48)
                mesh.lathe(self.p.metal, [(wide, low + .1), (.0, low + .1)], x, y, 48)
        elif kind == 'spots':
            bulb = m.glow((1., .75, .45), r.uniform(8, 25))
            for a in (-.3, .3):
                for b in (.3, .55, .8):
                    mesh.lathe(bulb, [(0, h - .004), (.035, h - .004)], a * w, b * d, 24)
                    mesh.lathe(self.p.white, [(.035, h - .012), (.05, h - .008), (.052, h)], a * w, b * d, 24)
        elif kind == 'beams':
            for k in range(int(d / .9)):
                mesh.box(self.p.woods[0], -w / 2, w / 2, .5 + .9 * k, .64 + .9 * k, h - .16, h + .01, .008)
        mesh.finish('ceiling', None)

    # Layouts. Pieces begin 1.6 m from the back wall, where the camera stands.

    def row(self, side, start, end, *pieces):
        """Puts (maker, length) along a side wall, from the window back towards the camera, while there is room; tall ones not before a window."""
        y = end
        for maker, length, *more in pieces:
            if y - length < start:
                continue
            near = y - length < (3.4 if maker is f.wardrobe else 2.4)    # a tall piece here would stand before the camera
            if maker in (f.bookshelf, f.wardrobe) and (side == self.window_side or near):
                maker, more = f.dresser, [.7]
            maker(self.p, self.at_side(side, y - length / 2, .02), length, *more)
            if maker in (f.sofa, f.dresser, f.bed) and side != self.window_side:
                self.pictures(side, y - length / 2, length, 1.35 if maker is not f.dresser else 1.45)
            y -= length + self.r.uniform(.08, .25)
        return y

    def pictures(self, side, y, length, z):
        r = self.r
        count = r.choice((1, 1, 2, 3))
        width = min(.8, length * .8 / count)
        for k in range(count):
            wide = width * r.uniform(.65, .9)
            things.picture(self.p, self.at_side(side, y + (k - (count - 1) / 2) * width, .0) @ Matrix.Translation((0, .001, z)), wide, min(wide * r.uniform(.75, 1.4), self.height - z - .2))

    def rug(self, x, y, half_x, half_y):
        mesh, border = Mesh(self.r), self.p.cloth()
        mesh.box(border, x - half_x, x + half_x, y - half_y, y + half_y, 0, .008, .003)
        mesh.box(m.rug(self.r), x - half_x + .07, x + half_x - .07, y - half_y + .07, y + half_y - .07, .002, .011, .003)
        mesh.finish('rug')

    def corner(self, side, what):
        what(self.p, turn(side * math.pi / 2, side * (self.width / 2 - .08), self.depth - .42))

    def living(self):
        r, s, d = self.r, self.side, self.depth
        self.corner(s, f.floor_lamp)
        self.corner(-s, things.plant)
        length = r.uniform(1.8, 2.4)
        end = d - .85
        self.row(s, 1.4, end, (f.sofa, length), (r.choice((f.bookshelf, f.dresser)), .9))
        television = r.random() < .5
        self.row(-s, 1.7, end, (f.television if television else f.dresser, r.uniform(1.2, 1.7)), (f.bookshelf, r.uniform(.9, 1.6)), (f.dresser, .8))
        middle = end - length / 2
        x = s * (self.width / 2 - 1.75)
        self.rug(x * .8, middle, r.uniform(1.0, 1.25), r.uniform(.95, 1.3))
        f.coffee_table(self.p, turn(math.pi / 2 + r.uniform(-.05, .05), x, middle, .011))
        if r.random() < .6:
            f.armchair(self.p, turn(math.pi + s * r.uniform(.2, .6), -s * .35, d - .35))

    def bedroom(self):
        r, s, d = self.r, self.side, self.depth
        length = r.uniform(1.5, 1.8)
        middle = d - 1.3 - length / 2
        self.rug(s * (self.width / 2 - 1.6), middle, 1.25, length / 2 + .45)
        self.row(s, 0, middle + length / 2, (f.bed, length))
        self.corner(-s, r.choice((things.plant, f.floor_lamp)))
        self.row(-s, 1.7, d - .95, (f.dresser, r.uniform(.9, 1.4)), (f.wardrobe, r.uniform(1., 1.6)), (f.bookshelf, .8))

    def dining(self):
        r, s, d = self.r, self.side, self.depth
        x, y = s * .15, d * .58
        self.rug(x, y, 1.35, 1.5)
        f.dining(self.p, turn(r.choice((0, math.pi / 2)) + r.uniform(-.04, .04), x, y, .011))
        self.corner(s, things.plant)
        self.corner(-s, r.choice((f.floor_lamp, things.plant)))
        self.row(s, 1.6, d - .95, (f.dresser, r.uniform(1.3, 1.8)), (f.bookshelf, r.uniform(.8, 1.2)))
        self.row(-s, 1.6, d - .95, (f.bookshelf, r.uniform(1., 1.8)), (f.dresser, r.uniform(.9, 1.3)))

    def kitchen(self):
        r, s, d = self.r, self.side, self.depth
        self.row(s, .9, d - .15, (f.kitchen, d - 1.5))
        x, y = -s * .35, d * .6
        if r.random() < .5:
            self.rug(x, y, 1.2, 1.35)
        f.dining(self.p, turn(math.pi / 2 + r.uniform(-.04, .04), x, y, .011))
        self.corner(-s, things.plant)
        self.row(-s, 1.7, d - .95, (f.dresser, r.uniform(1.1, 1.6)), (f.bookshelf, r.uniform(.8, 1.2)))

    def study(self):
        r, s, d = self.r, self.side, self.depth
        self.row(s, 1.6, d - .8, (f.bookshelf, r.uniform(1.6, 2.2), 2.2), (f.bookshelf, r.uniform(.8, 1.2), r.uniform(1., 2.)))
        self.row(-s, 1.6, d - 1., (f.desk, r.uniform(1.2, 1.5)), (f.dresser, .9))
        self.corner(s, things.plant)
        self.corner(-s, f.floor_lamp)
        self.rug(0, d * .55, 1., 1.3)
        f.armchair(self.p, turn(math.pi + r.uniform(-.5, .5), s * .3, d - .5))

    def camera(self, portrait):
        """Level, so that verticals stay upright; the lens is shifted instead of tilted."""
        r, data = self.r, bpy.data.cameras.new('camera')
        data.sensor_fit = 'HORIZONTAL'
        data.angle = math.radians(r.uniform(68, 84) if not portrait else r.uniform(54, 60))
        data.shift_y = -r.uniform(.03, .08) * (1.8 if portrait else 1)
        data.clip_start = .05
        x, y = self.side * r.uniform(-.34, .06) * self.width, r.uniform(.2, .4)
        heading = math.atan2(self.side * r.uniform(-.05, .14) * self.width - x * .8, self.depth - y)
        camera = bpy.data.objects.new('camera', data)
        camera.location = (x, y, r.uniform(1.25, 1.5))
        camera.rotation_euler = (math.pi / 2, 0, -heading)
        bpy.context.scene.collection.objects.link(camera)
        bpy.context.scene.camera = camera
