"""What the windows show: sky, sun, grass, trees, hedges, fences and houses."""
import math

import bpy
from mathutils import Matrix

from . import materials as m
from .mesh import Mesh, copy, turn


def sky(r):
    """Returns how the day is, for the log."""
    world = bpy.data.worlds.new('sky')
    bpy.context.scene.world = world
    world.use_nodes = True
    nodes, links = world.node_tree.nodes, world.node_tree.links
    texture = nodes.new('ShaderNodeTexSky')
    texture.sky_type = 'MULTIPLE_SCATTERING'
    texture.sun_elevation = r.uniform(.3, .95)
    texture.sun_rotation = r.choice((-1, 1)) * r.uniform(.5, 2.6)   # 0 is straight ahead, beyond the windows
    overcast = r.random() < .35
    texture.sun_disc, texture.sun_intensity, texture.sun_size = not overcast, .35, math.radians(1.2)
    clouds = nodes.new('ShaderNodeTexNoise')
    clouds.inputs['Scale'].default_value, clouds.inputs['Detail'].default_value = r.uniform(3, 6), 9
    ramp = nodes.new('ShaderNodeValToRGB')
    ramp.color_ramp.elements[0].position = .2 if overcast else r.uniform(.45, .62)
    ramp.color_ramp.elements[1].position = .75
    mixed = nodes.new('ShaderNodeMixRGB')
    white = r.uniform(3.5, 6)
    mixed.inputs['Color2'].default_value = (white, white, white * 1.04, 1)
    coordinates = nodes.new('ShaderNodeTexCoord')
    stretch = nodes.new('ShaderNodeMapping')
    stretch.inputs['Scale'].default_value = (1, 1, 2.5)
    links.new(coordinates.outputs['Generated'], stretch.inputs[0])
    links.new(stretch.outputs[0], clouds.inputs['Vector'])
    links.new(clouds.outputs[0], ramp.inputs[0])
    links.new(ramp.outputs[0], mixed.inputs[0])
    links.new(texture.outputs[0], mixed.inputs['Color1'])
    links.new(mixed.outputs[0], nodes['Background'].inputs['Color'])
    nodes['Background'].inputs['Strength'].default_value = r.uniform(.15, .25)
    return 'overcast' if overcast else 'sunny'


def crown(mesh, material, x, y, z, wide, tall, count, size):
    """Leaves in lumps about a middle."""
    r = mesh.r
    lumps = [(x + r.gauss(0, .42) * wide, y + r.gauss(0, .42) * wide, z + r.gauss(0, .33) * tall, r.uniform(.25, .5)) for _ in range(14)]
    hue = r.uniform(.75, 1.25)
    for _ in range(count):
        cx, cy, cz, spread = r.choice(lumps)
        a, b = r.uniform(0, math.tau), math.asin(r.uniform(-1, 1))
        out = spread * r.uniform(.65, 1.05)
        px, py, pz = cx + wide * out * math.cos(a) * math.cos(b), cy + wide * out * math.sin(a) * math.cos(b), cz + tall * out * math.sin(b)
        ux, uy, uz = (r.gauss(0, size) for _ in range(3))
        vx, vy, vz = (r.gauss(0, size * .6) for _ in range(3))
        green = r.uniform(.5, 1.4)
        mesh.add([(px - ux, py - uy, pz - uz), (px - vx, py - vy, pz - vz), (px + ux, py + uy, pz + uz), (px + vx, py + vy, pz + vz)], [[0, 1, 2, 3]],
                 material, tint=(green * hue, green, green * .8), uvs=[[(0, 0), (0, .1), (.1, .1), (.1, 0)]])


def tree(r, bark, leaves, tall):
    mesh = Mesh(r)
    fork = tall * r.uniform(.25, .4)
    mesh.tube(bark, [(0, 0, -.3), (.03, .02, fork * .5), (0, .04, fork), (.05, 0, tall * .7)], .035 * tall, 10)
    for _ in range(7):
        a, out = r.uniform(0, math.tau), r.uniform(.12, .3) * tall
        mesh.tube(bark, [(0, 0, fork * r.uniform(.8, 1.3)), (out * .5 * math.cos(a), out * .5 * math.sin(a), fork * 1.4), (out * math.cos(a), out * math.sin(a), tall * r.uniform(.6, .9))], .011 * tall, 6)
    crown(mesh, leaves, 0, 0, tall * .68, tall * r.uniform(.34, .5), tall * .38, 4200, .018 * tall)
    return mesh.finish('tree')


def house(r, at):
    """A gabled house that faces its own -y."""
    mesh = Mesh(r)
    colour = m.hsv(r.uniform(.02, .14), r.uniform(.05, .55), r.uniform(.55, .95))
    wall = r.choice((m.bricks(colour, m.shade(colour, .7)), m.paint(colour)))
    roof = m.tiles(m.hsv(r.uniform(0, .08), r.uniform(.1, .6), .5), m.hsv(.04, .4, .35), .25, .3, (.04, .03, .03), .5, .8, .03)
    white, glass = m.plain('render', (.75, .74, .7), .6), m.plain('pane', (.03, .04, .05), .05, Specular_IOR_Level=.9)
    half, deep, eaves = r.uniform(3.5, 6), r.uniform(6, 9), r.choice((2.9, 5.4))
    ridge = eaves + r.uniform(1.8, 3)
    mesh.box(wall, -half, half, 0, deep, -1, eaves, 0)
    mesh.add([(-half, 0, eaves), (half, 0, eaves), (0, 0, ridge), (-half, deep, eaves), (half, deep, eaves), (0, deep, ridge)], [[0, 1, 2], [3, 4, 5]], wall)
    for s in (-1, 1):
        mesh.add([(s * (half + .4), -.4, eaves - .2), (s * (half + .4), deep + .4, eaves - .2), (0, deep + .4, ridge + .12), (0, -.4, ridge + .12)], [[0, 1, 2, 3]], roof)
    mesh.box(wall, half * .4, half * .4 + .7, deep * .5, deep * .5 + .7, eaves, ridge + .8, 0)
    for floor in range(1 if eaves < 4 else 2):
        for x in (-half * .62, 0, half * .62):
            door = floor == 0 and x == 0
            z0, z1, w = (0, 2.05, .5) if door else (floor * 2.6 + .9, floor * 2.6 + 2.2, r.uniform(.45, .7))
            mesh.box(white, x - w - .08, x + w + .08, -.05, .02, z0 - .08, z1 + .08)
            mesh.box(m.lacquer(m.hsv(r.random(), .6, .4)) if door else glass, x - w, x + w, -.06, 0, z0, z1, 0)
            if not door:
                for bar in (-w, 0, w):
                    mesh.box(white, x + bar - .025, x + bar + .025, -.08, -.05, z0, z1)
                mesh.box(white, x - w, x + w, -.08, -.05, (z0 + z1) / 2 - .025, (z0 + z1) / 2 + .025)
    mesh.finish('house', at)


def garden(r, width, depth):
    """Everything beyond the walls of a room of that size; open to the far side (y > depth) and to both flanks."""
    level = r.choice((-.35, -.35, -.6, -3.1))
    mesh = Mesh(r)
    green = r.uniform(.7, 1.3)
    grass = m.ground(m.shade((.035, .075, .015), green), m.shade((.11, .17, .04), green))
    for x0, x1, y0, y1 in ((-90, 90, depth + .3, 130), (-90, -width / 2 - .3, -20, depth + .3), (width / 2 + .3, 90, -20, depth + .3)):
        mesh.add([(x0, y0, level), (x1, y0, level), (x1, y1, level), (x0, y1, level)], [[0, 1, 2, 3]], grass)
    path = m.tiles((.42, .4, .37), (.33, .32, .3), .5, .5, (.12, .11, .1), .5, .85, .012)
    y = depth + .3
    mesh.box(path, -width / 2 - 1, width / 2 + 1, y, y + r.uniform(1.5, 3), level - .05, level + .02, 0)
    mesh.finish('ground')

    bark = m.wood((.04, .03, .02), (.13, .1, .075), .9)
    leaves = m.leaf()
    originals = [tree(r, bark, leaves, r.uniform(3.5, 6.5)) for _ in range(3)]
    spots = []
    for k in range(26):
        far = r.uniform(6, 45)
        a = r.uniform(-1.9, 1.9)
        x, y = (width / 2 + far) * math.sin(a), depth * .5 + (depth / 2 + far) * math.cos(a)
        if abs(x) < width / 2 + 3 and y < depth + 4 or any(math.hypot(x - a, y - b) < 3 for a, b in spots):
            continue
        spots.append((x, y))
        placed = turn(r.uniform(0, 6.28), x, y, level) @ Matrix.Scale(r.uniform(.7, 1.4), 4)
        copy(originals[k % 3], placed)
    for original in originals:
        original.location = (r.uniform(-30, 30), depth + r.uniform(25, 40), level)

    far = r.uniform(9, 22)
    if r.random() < .5:
        hedge = Mesh(r)
        core = m.plain('hedge', (.012, .025, .008), 1.)
        for k in range(9):
            hedge.box(core, k * 1.3, k * 1.3 + 1.3, -.25, .25, -.2, 1.2)
            crown(hedge, leaves, k * 1.3 + .65, 0, .65, .75, .65, 900, .035)
        first = hedge.finish('hedge', turn(0, -6, depth + far, level))
        for x in (-17.7, 5.7, 17.4):
            copy(first, turn(0, x, depth + far, level))
    else:
        fence, wood_ = Mesh(r), m.wood((.10, .07, .045), (.24, .18, .12), .9)
        gap = r.choice((.0, .03, .06))
        for k in range(220):
            fence.box(wood_, -16 + k * .145, -16 + k * .145 + .14 - gap, 0, .02, 0, 1.5 + r.uniform(-.01, .01))
        for z in (.3, 1.2):
            fence.box(wood_, -16, 16, .02, .07, z, z + .1)
        fence.finish('fence', turn(0, 0, depth + far, level))
    bushes = Mesh(r)
    for _ in range(7):
        size = r.uniform(.4, .9)
        x, y = r.uniform(-9, 9), depth + r.uniform(3.5, far)
        crown(bushes, leaves, x, y, level + size * .6, size, size * .8, 700, .035)
        flowers = m.plain('flowers', m.hsv(r.choice((.0, .13, .75, .9)), r.uniform(.2, .8), .9), .8)
        if r.random() < .5:
            crown(bushes, flowers, x, y, level + size * .75, size, size * .8, 90, .03)
    bushes.finish('bushes')
    for k in range(r.randint(2, 4)):
        house(r, turn(r.uniform(-.5, .5), -26 + 17 * k + r.uniform(-4, 4), depth + far + r.uniform(3, 20), level))

