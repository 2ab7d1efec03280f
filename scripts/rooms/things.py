"""The materials of a room, and the small things in it: vases, books, lamps, plants, pictures.

Those that stand on something are added to its mesh; the others take a matrix that puts their frame into the room.
"""
import math

from . import materials as m
from .mesh import Mesh

WARM = (1., .68, .36)


class Palette:
    """The materials of one room, so that its pieces belong together."""

    def __init__(self, r):
        self.r = r
        brown = r.uniform(.6, 1.3)
        woods = [((.10, .045, .018), (.24, .12, .05)), ((.30, .17, .08), (.52, .34, .19)), ((.42, .29, .17), (.66, .50, .33)),
                 ((.035, .022, .015), (.09, .055, .035))]
        self.woods = [m.wood(m.shade(d, brown), m.shade(l, brown), r.uniform(.25, .5)) for d, l in r.sample(woods, 2)]
        self.white = m.lacquer((.78, .77, .74))
        self.colour = m.lacquer(m.hsv(m.hue(r), r.uniform(.1, .5), r.uniform(.25, .75)))
        self.metal = m.metal(r.choice(((.55, .55, .56), (.8, .58, .3), (.05, .05, .05))), r.uniform(.15, .35))
        self.black = m.plain('black', (.012, .012, .014), .25)
        self.books, self.leaf = m.books(), m.leaf()
        self.fabrics = [m.fabric(r, m.hsv(m.hue(r), r.uniform(.05, .5), r.uniform(.3, .88))) for _ in range(4)]
        self.main = m.fabric(r, m.hsv(m.hue(r), r.uniform(.03, .35), r.uniform(.3, .8)), r.uniform(.006, .011), r.choice(('plain', 'mottled')))
        self.linen = m.fabric(r, m.hsv(r.random(), r.uniform(0, .12), .88), .005, 'plain')
        self.ceramics = [m.plain('ceramic', m.hsv(m.hue(r), r.uniform(0, .6), r.uniform(.2, .9)), r.uniform(.1, .5)) for _ in range(3)]
        self.stone = r.choice((m.marble(), m.marble((.05, .05, .055), (.4, .38, .35)), m.terrazzo(r)))
        self.lit = [m.glow(WARM, r.uniform(.7, 3.5)), m.glow((1., .93, .8), .0)]
        self.body = r.choice((self.woods[0], self.woods[1], self.white, self.colour))

    def cloth(self):
        return self.r.choice(self.fabrics)


def vase(mesh, p, x, y, z, size=1.):
    r = p.r
    belly, neck, tall = r.uniform(.05, .09) * size, r.uniform(.02, .045) * size, r.uniform(.12, .3) * size
    mesh.lathe(r.choice(p.ceramics), [(0, z), (belly * .6, z), (belly * .9, z + tall * .15), (belly, z + tall * .35), (belly * .8, z + tall * .6),
                                      (neck, z + tall * .85), (neck * 1.15, z + tall), (neck * .9, z + tall), (neck * .8, z + tall * .8)], x, y)
    if r.random() < .5:
        for _ in range(r.randint(4, 9)):
            a, out, up = r.uniform(0, math.tau), r.uniform(.03, .2) * size, tall + r.uniform(.15, .4) * size
            points = [(x + out * t * t * math.cos(a), y + out * t * t * math.sin(a), z + tall * .8 + (up - tall * .8) * t) for t in (0, .4, .7, 1)]
            mesh.tube(p.leaf, points, .0025, 5)
            for t in (.55, .75, .9, 1.):
                leaf(mesh, p.leaf, [x + out * t * t * math.cos(a), y + out * t * t * math.sin(a), z + tall * .8 + (up - tall * .8) * t],
                     r.uniform(0, math.tau), r.uniform(.05, .1) * size, r.uniform(.2, 1.1))


def leaf(mesh, material, start, heading, length, rise, broad=.3):
    """A curved, folded blade."""
    r = mesh.r
    green = r.uniform(.5, 1.3)
    ca, sa = math.cos(heading), math.sin(heading)

    def surface(u, v):
        along = length * u
        half = broad * length * math.sin(math.pi * min(1, u * .95 + .03)) ** .8 * (v - .5) * 2 * .5
        up = along * rise - length * .7 * u * u + abs(half) * .5
        return start[0] + along * ca - half * sa, start[1] + along * sa + half * ca, start[2] + up
    mesh.sheet(material, surface, 5, 2, length, length * broad, tint=(green * r.uniform(.8, 1.2), green, green * .9))


def stack(mesh, p, x, y, z, count):
    """Books lying on each other."""
    for _ in range(count):
        thick, half_x, half_y, shift = p.r.uniform(.015, .04), p.r.uniform(.09, .14), p.r.uniform(.07, .1), p.r.uniform(-.02, .02)
        mesh.box(p.books, x - half_x + shift, x + half_x + shift, y - half_y, y + half_y, z, z + thick, .002, m.hsv(p.r.random(), p.r.uniform(0, .8), p.r.uniform(.2, .9)))
        z += thick + .001


def row_of_books(mesh, p, x0, x1, y0, z, room):
    """Books side by side with a gap or an ornament now and then; backs at y0, height below `room`."""
    r, x = p.r, x0 + .01
    run = m.hsv(r.random(), r.uniform(0, .8), r.uniform(.2, .85))
    while x < x1 - .05:
        if r.random() < .05:
            width = r.uniform(.12, .25)
            if x + width < x1:
                vase(mesh, p, x + width / 2, y0 + .12, z, min(1., room / .75)) if r.random() < .6 else stack(mesh, p, x + width / 2, y0 + .12, z, r.randint(1, 4))
            x += width + .02
            continue
        if r.random() < .6:
            run = m.hsv(r.random(), r.choice((.1, .4, .7)) * r.uniform(.5, 1.2), r.uniform(.15, .95))
        thick, tall, deep = r.uniform(.012, .045), room * r.uniform(.62, .93), r.uniform(.14, .21)
        if x + thick > x1:
            break
        mesh.box(p.books, x, x + thick, y0 + .02, y0 + .02 + deep, z, z + tall, .0025, run)
        x += thick + .0015


def table_lamp(mesh, p, x, y, z):
    r = p.r
    tall, wide, body = r.uniform(.18, .3), r.uniform(.09, .14), r.uniform(.03, .07)
    mesh.lathe(r.choice(p.ceramics + [p.metal]), [(0, z), (.06, z), (.06, z + .012), (body, z + .03), (body * 1.1, z + tall * .4), (.014, z + tall * .9), (.008, z + tall + .05)], x, y)
    shade(mesh, p, x, y, z + tall, wide, wide * r.uniform(.6, .95), r.uniform(.15, .22))


def shade(mesh, p, x, y, z, low, top, tall):
    mesh.lathe(p.lit[0 if p.r.random() < .7 else 1], [(low, z), (top, z + tall)], x, y, 40)
    mesh.lathe(p.metal, [(low * .99, z - .002), (low * 1.005, z), (low * 1.005, z + .004), (low * .99, z + .004)], x, y, 40)


def plant(p, at, tall=None):
    r, mesh = p.r, Mesh(p.r)
    size = r.uniform(.14, .2)
    pot = r.choice(p.ceramics + [p.colour, p.white])
    mesh.lathe(pot, [(0, 0), (size * .75, 0), (size, size * 1.7), (size * .92, size * 1.7), (size * .9, size * 1.5), (0, size * 1.5)], 0, .35)
    tall, kind = tall or r.uniform(.7, 1.6), r.choice(('bush', 'palm', 'tree'))
    base = size * 1.5
    if kind == 'palm':
        for _ in range(r.randint(12, 20)):
            a, out = r.uniform(0, math.tau), r.uniform(.15, .45)
            points = [(out * t ** 1.6 * math.cos(a), .35 + out * t ** 1.6 * math.sin(a), base + tall * r.uniform(.95, 1) * (t - .3 * t * t)) for t in (0, .25, .5, .75, 1)]
            mesh.tube(p.leaf, points, .005, 6)
            for k in range(10):
                t = .45 + .055 * k
                spot = [out * t ** 1.6 * math.cos(a), .35 + out * t ** 1.6 * math.sin(a), base + tall * .97 * (t - .3 * t * t)]
                for s in (-1, 1):
                    leaf(mesh, p.leaf, spot, a + s * r.uniform(.6, 1.1), r.uniform(.16, .28), r.uniform(.1, .7), .13)
    else:
        stems = r.randint(3, 6) if kind == 'bush' else 2
        for _ in range(stems):
            a, out = r.uniform(0, math.tau), r.uniform(.05, .25)
            points = [(out * t * math.cos(a), .35 + out * t * math.sin(a), base + tall * t) for t in (0, .3, .6, 1)]
            mesh.tube(p.woods[0], points, .008 if kind == 'bush' else .014, 8)
            for _ in range(int(70 * tall / stems) + 14):
                t = r.uniform(.25 if kind == 'bush' else .55, 1)
                leaf(mesh, p.leaf, [out * t * math.cos(a), .35 + out * t * math.sin(a), base + tall * t], r.uniform(0, math.tau), r.uniform(.12, .3), r.uniform(-.1, 1.), r.uniform(.3, .55))
    mesh.finish('plant', at)


def picture(p, at, width, height):
    """A framed print; its lower edge at z = 0."""
    r, mesh = p.r, Mesh(p.r)
    bar, mount = r.uniform(.012, .035), r.choice((.0, .04, .07))
    frame = r.choice(p.woods + [p.black, p.white, p.metal])
    mesh.box(frame, -width / 2, width / 2, 0, .015, 0, height)
    for x0, x1, z0, z1 in ((-width / 2, width / 2, 0, bar), (-width / 2, width / 2, height - bar, height), (-width / 2, -width / 2 + bar, bar, height - bar), (width / 2 - bar, width / 2, bar, height - bar)):
        mesh.box(frame, x0, x1, 0, .028, z0, z1)
    mesh.box(p.white, -width / 2 + bar, width / 2 - bar, .014, .017, bar, height - bar, 0)
    mesh.finish('frame', at)
    print_ = Mesh(r)
    inset = bar + mount * min(1, width * 2)
    print_.box(m.art(r), -width / 2 + inset, width / 2 - inset, .015, .0185, inset, height - inset, 0)
    print_.finish('art', at)
