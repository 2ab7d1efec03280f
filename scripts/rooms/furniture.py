"""Furniture. Each function makes one piece in its own frame: x along the wall, back at y = 0, front towards +y, z up.

They take a things.Palette and a matrix that puts the frame into the room; some the length of wall to fill.
"""
import math

from mathutils import Matrix

from . import materials as m
from . import things
from .mesh import Mesh, turn


def bookshelf(p, at, length, height=None):
    r, mesh = p.r, Mesh(p.r)
    height = height or r.uniform(1.2, 2.25)
    rows = max(2, round(height / .35))
    step, deep, board = height / rows, .3, r.uniform(.018, .035)
    columns = max(1, round(length / .8))
    for i in range(columns + 1):
        x = -length / 2 + i * (length - board) / columns
        mesh.box(p.body, x, x + board, 0, deep, 0, height)
    mesh.box(p.body, -length / 2, length / 2, 0, .012, 0, height)
    for row in range(rows + 1):
        z = min(height - board, row * step)
        mesh.box(p.body, -length / 2 + board, length / 2 - board, 0, deep - .005, z, z + board)
    for row in range(rows):
        for column in range(columns):
            x0 = -length / 2 + column * (length - board) / columns + board
            x1 = -length / 2 + (column + 1) * (length - board) / columns
            z = row * step + board
            if row == 0 and r.random() < .5:
                front(mesh, p, x0, x1, deep, z, z + step - board)
            elif r.random() < .85:
                things.row_of_books(mesh, p, x0, x1 - r.choice((0, 0, .15, .3)), 0, z, step - board)
            else:
                things.vase(mesh, p, (x0 + x1) / 2, .15, z, .9)
    mesh.finish('bookshelf', at)


def front(mesh, p, x0, x1, y, z0, z1, handle='knob'):
    """A door or drawer front with a frame and a handle."""
    gap = .002
    mesh.box(p.body, x0 + gap, x1 - gap, y - .018, y, z0 + gap, z1 - gap)
    if handle == 'bar':
        z, middle = z1 - .05, (x0 + x1) / 2
        half = min(.09, (x1 - x0) / 3)
        mesh.tube(p.metal, [(middle - half, y, z), (middle - half, y + .03, z), (middle + half, y + .03, z), (middle + half, y, z)], .005)
    else:
        z, middle = (z0 + z1) / 2, (x0 + x1) / 2
        mesh.lathe(p.metal, [(0, z - .012), (.012, z - .008), (.014, z), (.012, z + .008), (0, z + .012)], middle, y + .015, 16)


def dresser(p, at, length, height=None, laid=True):
    """A chest of drawers or a sideboard, with things on it."""
    r, mesh = p.r, Mesh(p.r)
    height, deep = height or r.uniform(.5, .9), .42
    leg = r.choice((.0, .12, .16))
    mesh.box(p.body, -length / 2, length / 2, 0, deep - .02, leg, height - .03)
    mesh.box(p.body, -length / 2 - .01, length / 2 + .01, 0, deep + .012, height - .03, height, .005)
    columns, rows = max(1, round(length / .6)), r.randint(1, 3)
    handle = r.choice(('bar', 'knob'))
    for i in range(columns):
        for j in range(rows):
            z0 = leg + .02 + j * (height - .05 - leg) / rows
            front(mesh, p, -length / 2 + i * length / columns + .01, -length / 2 + (i + 1) * length / columns - .01, deep, z0, z0 + (height - .05 - leg) / rows - .004, handle)
    if leg:
        for x in (-length / 2 + .06, length / 2 - .06):
            for y in (.05, deep - .05):
                mesh.cylinder(p.woods[0], x, y, 0, leg, .015, .022)
    if laid:
        spots = [-length / 2 + .2 + .35 * i for i in range(int((length - .3) / .35) + 1)]
        for x in spots:
            kind = r.random()
            if kind < .3:
                things.vase(mesh, p, x, deep / 2, height)
            elif kind < .5:
                things.stack(mesh, p, x, deep / 2, height, r.randint(2, 5))
            elif kind < .65:
                things.table_lamp(mesh, p, x, deep / 2, height)
            elif kind < .8:
                things.picture(p, at @ Matrix.Translation((x, .05, height)), r.uniform(.18, .26), r.uniform(.2, .3))
    mesh.finish('dresser', at)


def television(p, at, length):
    dresser(p, at, length, .48, False)
    mesh = Mesh(p.r)
    half = min(length * .42, .65)
    mesh.box(p.black, -half, half, .14, .17, .56, .56 + half * 1.13)
    mesh.box(p.black, -half * .5, half * .5, .08, .24, .48, .495)
    mesh.box(p.black, -.06, .06, .14, .16, .49, .6)
    things.stack(mesh, p, half + .12 - .02, .2, .48, 3) if length > 1.5 else None
    mesh.finish('television', at)


def floor_lamp(p, at):
    r, mesh = p.r, Mesh(p.r)
    tall = r.uniform(1.25, 1.5)
    mesh.cylinder(p.metal, 0, .3, 0, .025, .15)
    mesh.tube(p.metal, [(0, .3, .02), (0, .3, tall + .15)], .011)
    things.shade(mesh, p, 0, .3, tall, r.uniform(.17, .24), r.uniform(.1, .18), r.uniform(.2, .32))
    mesh.finish('floor lamp', at)


def sofa(p, at, length, deep=.92):
    r, mesh = p.r, Mesh(p.r)
    arm, seat, back = r.uniform(.12, .24), r.uniform(.40, .45), r.uniform(.72, .88)
    cloth = p.main
    leg = r.choice((.06, .14))
    for x in (-length / 2 + .08, length / 2 - .08):
        for y in (.1, deep - .1):
            mesh.cylinder(p.woods[0], x, y, 0, leg + .02, .015, .025)
    mesh.soft(cloth, -length / 2 + arm * .5, length / 2 - arm * .5, .04, deep - .04, leg, seat - .12, .03, .0)
    mesh.soft(cloth, -length / 2 + arm * .5, length / 2 - arm * .5, 0, .2, leg, back - .06, .06, .01)
    for s in (-1, 1):
        mesh.soft(cloth, s * (length / 2 - arm), s * length / 2, .0, deep, leg, r.uniform(.54, .56), .06, .012)
    count = 1 if length < 1.2 else 2 if length < 2 else 3
    inner = length - 2 * arm
    for i in range(count):
        x0, x1 = -inner / 2 + i * inner / count, -inner / 2 + (i + 1) * inner / count
        mesh.soft(cloth, x0 + .006, x1 - .006, .16, deep + .01, seat - .13, seat + .02, .05, .025)
        mesh.at = Matrix.Translation((0, .2, seat)) @ Matrix.Rotation(.16, 4, 'X')
        mesh.soft(cloth, x0 + .01, x1 - .01, 0, .17, .01, back - seat + .02, .07, .03)
        mesh.at = Matrix()
    for _ in range(r.randint(1, 2 + count)):
        x, size = r.uniform(-inner / 2 + .2, inner / 2 - .2), r.uniform(.36, .48)
        mesh.at = turn(r.uniform(-.3, .3), x, .5, seat + .03) @ Matrix.Rotation(r.uniform(.25, .45), 4, 'X')
        mesh.pillow(p.cloth(), size, size * r.choice((1, 1, .7)), .15)
        mesh.at = Matrix()
    if r.random() < .4:
        x0, cover, over = r.choice((-1, 1)) * (length / 2 - arm / 2), p.cloth(), deep + .012

        def surface(u, v):
            x = x0 + (u - .5) * (arm + .05)
            wrinkle = .008 * math.sin(23 * u + 5 * v) * math.sin(9 * v)
            return (x, .3 + v * (over - .3), .575 + wrinkle) if v < .8 else (x, over + wrinkle, .575 - (v - .8) * 1.8)
        mesh.sheet(cover, surface, 24, 40, arm + .05, 1.1)
    mesh.finish('sofa', at)


def armchair(p, at, length=.85):
    sofa(p, at, length, .85)


def bed(p, at, length=1.7):
    """Headboard at the wall, night tables beside it."""
    r, mesh = p.r, Mesh(p.r)
    half, long = length / 2, 2.05
    if r.random() < .5:
        mesh.soft(p.main, -half - .05, half + .05, .01, .12, .1, r.uniform(1., 1.3), .05, .01)
    else:
        mesh.box(p.body, -half - .05, half + .05, .01, .06, 0, r.uniform(.9, 1.2), .01)
    mesh.box(p.body, -half, half, .06, long + .1, .12, .3, .01)
    for x in (-half + .06, half - .06):
        mesh.box(p.body, x - .03, x + .03, long, long + .06, 0, .14)
    mesh.soft(p.linen, -half + .02, half - .02, .1, long + .08, .28, .52, .07, .01)
    cover, fold = r.choice(p.fabrics + [p.linen]), r.uniform(.55, .8)
    phase = [r.uniform(0, 6) for _ in range(6)]

    def top(u, v, lift=.0):
        """A duvet over the mattress: it hangs down on three sides."""
        x, y = (u - .5) * (length + .62), fold + v * (long + .3 - fold)
        puff = .018 * (math.sin(9 * x + phase[0] + 3 * math.sin(4 * y + phase[1])) + math.sin(11 * y + phase[2] + 2 * math.sin(5 * x + phase[3]))) + \
            .007 * math.sin(31 * x + 17 * y + phase[4] + 4 * math.sin(9 * y))
        reach = half + .05
        over_x, over_y = max(0, abs(x) - reach + .06), max(0, y - long - .06)
        x = math.copysign(min(abs(x), reach + .012 * math.sin(14 * y + phase[5])), x)
        y = min(y, long + .13 + .012 * math.sin(15 * x))
        edge = min(1, v / .06) if v < .06 else 1
        return x, y, max(.545, .585 * edge) + puff * (0 if over_x or over_y else 1) - over_x - over_y + lift
    mesh.sheet(cover, top, 72, 64, length + .62, long + .3 - fold)
    if r.random() < .6:
        start = r.uniform(.5, .65)
        mesh.sheet(p.cloth(), lambda u, v: top(u, start + v * .28, .014), 72, 20, length + .62, .5)
    for s in (-1, 1):
        for k in range(r.randint(1, 2)):
            mesh.at = Matrix.Translation((s * half / 2, .32 + .16 * k, .53)) @ Matrix.Rotation(.75 - .2 * k, 4, 'X')
            mesh.pillow(p.linen if k == 0 else p.cloth(), half * .85 * (1 - .1 * k), .46 - .05 * k, .17)
        mesh.at = Matrix()
        x = s * (half + .38)
        mesh.box(p.body, x - .22, x + .22, .03, .4, .15, .5, .005)
        front(mesh, p, x - .21, x + .21, .41, .16, .32)
        front(mesh, p, x - .21, x + .21, .41, .325, .485)
        for a in (-.19, .19):
            for b in (.06, .37):
                mesh.cylinder(p.woods[0], x + a, b, 0, .16, .012, .018)
        if r.random() < .75:
            things.table_lamp(mesh, p, x, .2, .5)
        else:
            things.stack(mesh, p, x, .2, .5, 3)
    mesh.finish('bed', at)


def table(mesh, p, half_x, half_y, z, round_=False):
    top = p.r.choice(p.woods + [p.stone, p.white])
    thick = p.r.uniform(.022, .045)
    if round_:
        mesh.cylinder(top, 0, 0, z - thick, z, half_y)
        mesh.lathe(p.metal, [(0, 0), (half_y * .55, 0), (half_y * .55, .015), (.04, .05), (.035, z - .1), (.12, z - thick)])
        return
    mesh.box(top, -half_x, half_x, -half_y, half_y, z - thick, z, .005)
    leg = p.r.choice((p.woods[0], p.metal))
    for x in (-half_x + .06, half_x - .06):
        for y in (-half_y + .06, half_y - .06):
            if leg is p.metal:
                mesh.box(leg, x - .015, x + .015, y - .015, y + .015, 0, z - thick)
            else:
                mesh.cylinder(leg, x, y, 0, z - thick, .016, .03)
        mesh.box(leg, x - .012, x + .012, -half_y + .07, half_y - .07, z - thick - .06, z - thick)
    for y in (-half_y + .06, half_y - .06):
        mesh.box(leg, -half_x + .07, half_x - .07, y - .012, y + .012, z - thick - .06, z - thick)


def coffee_table(p, at, _=None):
    r, mesh = p.r, Mesh(p.r)
    round_ = r.random() < .35
    half_x, half_y, z = r.uniform(.45, .65), r.uniform(.3, .42), r.uniform(.36, .46)
    table(mesh, p, half_x, half_y, z, round_)
    things.stack(mesh, p, -.12 if round_ else -half_x * .5, .02, z, r.randint(2, 4))
    things.vase(mesh, p, .14, -.05, z, .9)
    mesh.finish('coffee table', at)


def chair(p, at):
    """A dining chair that faces +y."""
    r, mesh = p.r, Mesh(p.r)
    wood_ = p.woods[0]
    mesh.soft(p.main, -.21, .21, -.2, .22, .43, .49, .025, .012)
    mesh.box(wood_, -.2, .2, -.19, .2, .40, .44)
    for x in (-.19, .19):
        mesh.tube(wood_, [(x, .2, .43), (x * 1.1, .22, 0)], .016)
        mesh.tube(wood_, [(x * 1.08, -.25, 0), (x, -.19, .43), (x, -.21, .6), (x, -.27, .9)], .016)
    for z in (.58, .68, .78, .87):
        mesh.box(wood_, -.19, .19, -.225 - (z - .6) * .2, -.205 - (z - .6) * .2, z - .03, z + .03, .006)
    mesh.finish('chair', at)


def dining(p, at, _=None):
    r, mesh = p.r, Mesh(p.r)
    long = r.uniform(.7, 1.05)
    table(mesh, p, long, .45, .75)
    for x in (-.25, .3):
        things.vase(mesh, p, x, r.uniform(-.1, .1), .75)
    mesh.lathe(r.choice(p.ceramics), [(0, .752), (.06, .752), (.15, .80), (.17, .83), (.165, .83), (.14, .80), (.05, .762)], .02, 0)
    fruit = m.plain('fruit', m.hsv(r.choice((.02, .1, .25)), .8, .8), .4)
    for k in range(5):
        a = k * math.tau / 5
        mesh.lathe(fruit, [(max(0., .036 * math.sin(t * math.pi / 8)), .815 - .036 * math.cos(t * math.pi / 8)) for t in range(9)], .02 + .06 * math.cos(a), .06 * math.sin(a), 16)
    for s in (-1, 1):
        for x in (-long * .5, long * .5):
            y = s * (.45 + r.uniform(.05, .2))
            chair(p, at @ turn((0 if s < 0 else math.pi) + r.uniform(-.12, .12), x, y))
            mesh.cylinder(p.ceramics[0], x, s * .28, .75, .762, .11, .125)
    mesh.finish('dining table', at)


def desk(p, at, length=1.3):
    r, mesh = p.r, Mesh(p.r)
    mesh.box(p.woods[0], -length / 2, length / 2, 0, .65, .71, .74, .004)
    for x in (-length / 2 + .04, length / 2 - .04):
        for y in (.05, .6):
            mesh.box(p.metal, x - .02, x + .02, y - .02, y + .02, 0, .71)
    mesh.box(p.black, -.3, .3, .2, .225, .86, 1.22)
    mesh.box(p.black, -.025, .025, .18, .2, .74, .95)
    mesh.box(p.black, -.12, .12, .12, .3, .74, .752)
    mesh.box(p.white, -.2, .2, .38, .5, .74, .757)
    things.stack(mesh, p, length / 2 - .25, .25, .74, 5)
    things.table_lamp(mesh, p, -length / 2 + .2, .2, .74)
    mesh.finish('desk', at)
    chair(p, at @ turn(math.pi + r.uniform(-.5, .5), 0, .85))


def kitchen(p, at, length):
    """A run of base and wall cabinets with worktop, tiled splashback, hob, sink and things."""
    r, mesh = p.r, Mesh(p.r)
    units = max(2, round(length / .6))
    splash = m.tiles(m.hsv(m.hue(r), r.uniform(0, .4), .85), m.hsv(m.hue(r), r.uniform(0, .2), .85), *r.choice(((.2, .075), (.1, .1), (.15, .15))), offset=.5, gap=.002)
    mesh.box(splash, -length / 2, length / 2, 0, .012, .9, 1.5, 0)
    mesh.box(p.black, -length / 2, length / 2, 0, .52, 0, .1)
    mesh.box(p.body, -length / 2, length / 2, 0, .58, .1, .87)
    mesh.box(p.stone, -length / 2, length / 2, 0, .63, .87, .905, .004)
    handle = r.choice(('bar', 'knob'))
    oven = r.randrange(units)
    for i in range(units):
        x0, x1 = -length / 2 + i * length / units, -length / 2 + (i + 1) * length / units
        if i == oven:
            mesh.box(p.black, x0 + .005, x1 - .005, .58, .6, .2, .78)
            mesh.tube(p.metal, [(x0 + .06, .6, .7), (x0 + .06, .64, .7), (x1 - .06, .64, .7), (x1 - .06, .6, .7)], .008)
            mesh.box(p.black, x0 + .02, x1 - .02, .08, .55, .905, .911)
            for a, b in ((-.13, .2), (.13, .2), (-.13, .43), (.13, .43)):
                mesh.cylinder(p.metal, (x0 + x1) / 2 + a, b, .911, .914, .08)
            mesh.cylinder(p.metal, (x0 + x1) / 2 - .13, .2, .914, 1.05, .1)
            mesh.box(p.metal, x0, x1, .0, .4, 1.55, 1.63)
            mesh.box(p.metal, (x0 + x1) / 2 - .12, (x0 + x1) / 2 + .12, 0, .25, 1.63, 2.2)
        else:
            front(mesh, p, x0, x1, .6, .1, .68, handle)
            front(mesh, p, x0, x1, .6, .685, .865, handle)
            if r.random() < .75:
                mesh.box(p.body, x0, x1, 0, .33, 1.5, 2.2)
                front(mesh, p, x0, x1, .35, 1.5, 2.2, handle)
            else:
                for z in (1.5, 1.85):
                    mesh.box(p.woods[0], x0, x1, 0, .28, z, z + .03)
                    for k in range(3):
                        things.vase(mesh, p, x0 + length / units * (k + .7) / 4, .15, z + .03, .7)
            if r.random() < .6:
                kind = r.random()
                things.vase(mesh, p, (x0 + x1) / 2, .3, .905) if kind < .4 else things.stack(mesh, p, (x0 + x1) / 2, .2, .905, 3) if kind < .6 else \
                    mesh.box(p.woods[1], x0 + .1, x0 + .4, .03, .05, .905, 1.3, .01)
    mesh.finish('kitchen', at)


def wardrobe(p, at, length):
    r, mesh = p.r, Mesh(p.r)
    height = r.uniform(1.95, 2.25)
    mesh.box(p.body, -length / 2, length / 2, 0, .56, .0, height)
    count = max(2, round(length / .5))
    for i in range(count):
        x0, x1 = -length / 2 + i * length / count, -length / 2 + (i + 1) * length / count
        front(mesh, p, x0, x1, .58, .08, height - .03)
        for z0, z1 in ((.18, .95), (1.05, height - .12)):
            mesh.box(p.body, x0 + .07, x1 - .07, .57, .586, z0, z1, .012)
    mesh.finish('wardrobe', at)
