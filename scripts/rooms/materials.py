"""Procedural materials. Texture coordinates are metres, so scales below are per metre."""
import colorsys

import bpy


def hsv(hue, saturation, value):
    """Linear colour from display-like hue, saturation and value."""
    return tuple(c ** 2.2 for c in colorsys.hsv_to_rgb(hue % 1, saturation, value))


def hue(r):
    """Hues as people furnish: mostly earth, ochre, sage and blue, seldom pink."""
    return r.choice((r.gauss(.06, .02), r.gauss(.1, .02), r.gauss(.58, .04), r.gauss(.3, .05), r.gauss(.55, .12), r.gauss(.97, .03)))


def shade(colour, factor):
    return tuple(min(1., c * factor) for c in colour[:3])


class Shader:
    """A principled shader and the nodes before it. Inputs are numbers, colours or sockets; 'Row_Height' means 'Row Height'."""

    def __init__(self, name):
        self.material = bpy.data.materials.new(name)
        self.material.use_nodes = True
        self.tree = self.material.node_tree
        self.end = self.tree.nodes['Principled BSDF']

    def node(self, kind, settings=None, **inputs):
        node = self.tree.nodes.new('ShaderNode' + kind)
        for key, value in (settings or {}).items():
            setattr(node, key, value)
        self.feed(node, **inputs)
        return node

    def feed(self, node, **inputs):
        for key, value in inputs.items():
            socket = node.inputs[int(key[1:]) if key[0] == '_' else key.replace('_', ' ')]
            if isinstance(value, bpy.types.NodeSocket):
                self.tree.links.new(value, socket)
            else:
                socket.default_value = (*value, 1.) if isinstance(value, tuple) and socket.type == 'RGBA' else value

    def uv(self, x=1., y=1., angle=0., source='UV'):
        coordinates = self.node('TexCoord').outputs[source]
        return self.node('Mapping', Vector=coordinates, Rotation=(0, 0, angle), Scale=(x, y, x)).outputs[0]

    def noise(self, vector, scale, detail=5., distortion=0., roughness=.55):
        return self.node('TexNoise', Vector=vector, Scale=scale, Detail=detail, Distortion=distortion, Roughness=roughness).outputs[0]

    def wave(self, vector, period, axis='X', distortion=0., profile='SIN'):
        return self.node('TexWave', {'bands_direction': axis, 'wave_profile': profile}, Vector=vector, Scale=.31416 / period,
                         Distortion=distortion).outputs['Factor']

    def cells(self, vector, scale, randomness=1., output='Distance', metric='EUCLIDEAN'):
        return self.node('TexVoronoi', {'distance': metric}, Vector=vector, Scale=scale, Randomness=randomness).outputs[output]

    def ramp(self, factor, *stops, sharp=False):
        node = self.node('ValToRGB', Factor=factor)
        elements = node.color_ramp.elements
        node.color_ramp.interpolation = 'CONSTANT' if sharp else 'LINEAR'
        for i, (position, colour) in enumerate(stops):
            element = elements[i] if i < 2 else elements.new(position)
            element.position, element.color = position, (*colour[:3], 1.)
        return node.outputs[0]

    def mix(self, factor, a, b, blend='MIX'):
        return self.node('MixRGB', {'blend_type': blend}, Factor=factor, Color1=a, Color2=b).outputs[0]

    def math(self, operation, a, b):
        return self.node('Math', {'operation': operation}, _0=a, _1=b).outputs[0]

    def tint(self):
        return self.node('Attribute', {'attribute_name': 'tint'}).outputs['Color']

    def tinted(self, colour):
        return self.mix(1., colour, self.tint(), 'MULTIPLY')

    def bump(self, height, distance, strength=1., below=None):
        inputs = {'Normal': below} if below else {}
        return self.node('Bump', Height=height, Distance=distance, Strength=strength, **inputs).outputs[0]

    def done(self, colour, normal=None, roughness=.6, **inputs):
        self.feed(self.end, Base_Color=colour, Roughness=roughness, **({'Normal': normal} if normal else {}), **inputs)
        return self.material


def plain(name, colour, roughness=.5, **inputs):
    return Shader(name).done(colour, roughness=roughness, **inputs)


def lacquer(colour, roughness=.35):
    s = Shader('lacquer')
    return s.done(s.tinted(s.mix(s.noise(s.uv(), 3), shade(colour, .94), colour)), roughness=roughness)


def metal(colour=(.55, .55, .56), roughness=.25):
    return plain('metal', colour, roughness, Metallic=1.)


def glow(colour, strength):
    """A lamp shade of lit cloth or paper."""
    s = Shader('glow')
    uv = s.uv()
    weave = s.mix(s.wave(uv, .006), shade(colour, .7), colour)
    cloud = s.mix(s.noise(uv, 9), shade(colour, .8), colour)
    return s.done((.8, .75, .65), Emission_Color=s.mix(.5, weave, cloud), Emission_Strength=strength)


def wood(dark, light, roughness=.4):
    s = Shader('wood')
    grain = s.noise(s.uv(1, 14), 2.2, 8, .8)
    pores = s.noise(s.uv(6, 260), 1., 3)
    colour = s.ramp(grain, (.3, dark), (.5, tuple((a + b) / 2 for a, b in zip(dark, light))), (.72, light))
    colour = s.mix(s.math('MULTIPLY', pores, .5), colour, shade(dark, .5))
    return s.done(s.tinted(colour), s.bump(pores, .0006), roughness)


def planks(dark, light, wide, roughness=.35):
    s = Shader('planks')
    uv = s.uv()
    brick = s.node('TexBrick', {'offset': .37}, Vector=uv, Color1=(.05, .05, .05), Color2=(.95, .95, .95), Mortar=(.5, .5, .5),
                   Scale=1., Mortar_Size=.0016, Brick_Width=wide * 9, Row_Height=wide, Mortar_Smooth=.2)
    board = brick.outputs['Color']
    moved = s.node('VectorMath', _0=uv, _1=s.node('VectorMath', {'operation': 'SCALE'}, _0=board, Scale=31.).outputs[0]).outputs[0]
    stretched = s.node('Mapping', Vector=moved, Scale=(1, 16, 1)).outputs[0]
    grain = s.noise(stretched, 1.6, 8, .9)
    pores = s.noise(s.node('Mapping', Vector=moved, Scale=(5, 230, 1)).outputs[0], 1., 3)
    colour = s.mix(s.ramp(grain, (.3, (0, 0, 0)), (.7, (1, 1, 1))), dark, light)
    colour = s.mix(s.math('MULTIPLY', pores, .45), colour, shade(dark, .5))
    colour = s.mix(.35, colour, s.mix(board, dark, light))
    colour = s.mix(brick.outputs['Factor'], colour, shade(dark, .2))
    height = s.math('SUBTRACT', s.math('MULTIPLY', pores, .3), brick.outputs['Factor'])
    return s.done(colour, s.bump(height, .0012), s.math('ADD', s.math('MULTIPLY', grain, .25), roughness - .1))


def tiles(colour, second, wide, tall, grout=(.5, .48, .45), offset=0., roughness=.18, gap=.003):
    s = Shader('tiles')
    uv = s.uv()
    brick = s.node('TexBrick', {'offset': offset}, Vector=uv, Color1=colour, Color2=second, Mortar=grout, Scale=1.,
                   Mortar_Size=gap, Brick_Width=wide, Row_Height=tall, Mortar_Smooth=.3)
    veins = s.ramp(s.noise(uv, 5, 9, 2.5), (.42, (.88, .88, .88)), (.5, (.72, .72, .72)), (.56, (1, 1, 1)))
    colour = s.mix(1., brick.outputs['Color'], veins, 'MULTIPLY')
    joint = brick.outputs['Factor']
    return s.done(s.mix(joint, colour, grout), s.bump(s.math('MULTIPLY', joint, -1.), .0015), s.math('ADD', s.math('MULTIPLY', joint, .6), roughness))


def bricks(colour, second, mortar=(.5, .48, .44)):
    s = Shader('bricks')
    uv = s.uv()
    brick = s.node('TexBrick', Vector=s.mix(.004, uv, s.node('TexNoise', Vector=uv, Scale=9.).outputs['Color'], 'ADD'), Color1=colour,
                   Color2=second, Mortar=mortar, Scale=1., Mortar_Size=.006, Brick_Width=.22, Row_Height=.075, Mortar_Smooth=.4)
    grit = s.noise(uv, 90, 6)
    colour = s.mix(1., brick.outputs['Color'], s.ramp(grit, (.3, (.55, .55, .55)), (.7, (1, 1, 1))), 'MULTIPLY')
    height = s.math('SUBTRACT', s.math('MULTIPLY', grit, .4), brick.outputs['Factor'])
    return s.done(colour, s.bump(height, .006), .85)


def paint(colour):
    """A rolled wall: nearly even, with the roller's grain."""
    s = Shader('paint')
    uv = s.uv()
    grain = s.noise(uv, 170, 3)
    return s.done(s.mix(s.noise(uv, 1.3, 4), shade(colour, .94), colour), s.bump(grain, .0012), .75)


def wallpaper(r, colour):
    s = Shader('wallpaper')
    uv = s.uv()
    second = shade(colour, r.choice((.8, .88, 1.15)))
    kind = r.choice(('stripes', 'leaves', 'dots'))
    if kind == 'stripes':
        factor = s.ramp(s.wave(uv, r.uniform(.08, .2), r.choice('XY')), (.0, (0, 0, 0)), (.5, (1, 1, 1)), sharp=True)
    elif kind == 'leaves':
        factor = s.ramp(s.wave(uv, .16, 'DIAGONAL', 9.), (.35, (0, 0, 0)), (.42, (1, 1, 1)), (.6, (1, 1, 1)), (.66, (0, 0, 0)))
    else:
        factor = s.ramp(s.cells(uv, r.uniform(7, 14), .0), (.22, (1, 1, 1)), (.26, (0, 0, 0)))
    return s.done(s.mix(factor, colour, second), s.bump(s.noise(uv, 320, 3), .0006), .8)


def fabric(r, colour, period=None, pattern=None):
    """Woven cloth; `period` is the thread pitch in metres."""
    s = Shader('fabric')
    uv = s.uv()
    period = period or r.uniform(.004, .009)
    weave = s.math('MULTIPLY', s.wave(uv, period, 'X', .6), s.wave(uv, period, 'Y', .6))
    fibre = s.noise(uv, 420, 3)
    second = hsv(hue(r), r.uniform(.05, .5), r.uniform(.2, .9))
    pattern = pattern or r.choice(('plain', 'plain', 'plain', 'stripes', 'checks', 'dots', 'mottled'))
    base = colour
    if pattern == 'stripes':
        base = s.mix(s.ramp(s.wave(uv, r.uniform(.02, .09), r.choice('XY')), (0, (0, 0, 0)), (r.uniform(.4, .8), (1, 1, 1)), sharp=True), colour, second)
    elif pattern == 'checks':
        size = r.uniform(.04, .12)
        bands = [s.ramp(s.wave(uv, size, axis), (0, (0, 0, 0)), (.6, (1, 1, 1)), sharp=True) for axis in 'XY']
        base = s.mix(.5, s.mix(bands[0], colour, second), s.mix(bands[1], colour, second))
    elif pattern == 'dots':
        base = s.mix(s.ramp(s.cells(uv, r.uniform(12, 30), r.choice((0., .3))), (.28, (1, 1, 1)), (.33, (0, 0, 0))), colour, second)
    elif pattern == 'mottled':
        base = s.mix(s.noise(uv, 120, 3), shade(colour, .55), colour)
    base = s.mix(1., base, s.ramp(weave, (.1, (.55, .55, .55)), (.6, (1, 1, 1))), 'MULTIPLY')
    base = s.mix(s.math('MULTIPLY', fibre, .4), base, s.mix(1., base, (.55, .55, .55), 'MULTIPLY'))
    return s.done(base, s.bump(weave, period * .25, below=s.bump(fibre, .001)), .9, Sheen_Weight=.15)


def carpet(colour):
    s = Shader('carpet')
    uv = s.uv()
    tufts = s.cells(uv, 130)
    colour = s.mix(s.noise(uv, 2.5, 6), shade(colour, .8), colour)
    colour = s.mix(1., colour, s.ramp(tufts, (.1, (1, 1, 1)), (.7, (.5, .5, .5))), 'MULTIPLY')
    return s.done(colour, s.bump(s.math('ADD', s.noise(uv, 240, 4), s.math('MULTIPLY', tufts, -.6)), .006), 1., Sheen_Weight=.2)


def rug(r):
    s = Shader('rug')
    uv = s.uv()
    main, other = hue(r), hue(r)
    colours = [hsv(r.choice((main, main, other)) + r.uniform(-.04, .04), r.uniform(.05, .5), r.uniform(.15, .9)) for _ in range(5)]
    kind = r.choice(('kilim', 'cells', 'worn', 'lines'))
    if kind == 'kilim':
        zigzag = s.math('ADD', s.wave(uv, .24, 'X', profile='TRI'), s.wave(uv, r.uniform(.3, .6), 'Y', profile='TRI'))
        factor = s.math('MULTIPLY', zigzag, .5)
    elif kind == 'cells':
        factor = s.cells(uv, r.uniform(3, 7), r.choice((0., .2)), metric=r.choice(('MANHATTAN', 'CHEBYCHEV')))
    elif kind == 'worn':
        factor = s.noise(uv, 3, 9, 1.5, .65)
    else:
        factor = s.wave(uv, r.uniform(.1, .4), r.choice('XY'), r.uniform(0, 2))
    pattern = s.ramp(factor, *[(.18 + .16 * i, c) for i, c in enumerate(colours)], sharp=kind != 'worn')
    pile = s.noise(uv, 260, 4)
    rows = s.wave(uv, .009, 'Y', .5)
    colour = s.mix(1., pattern, s.ramp(pile, (.25, (.5, .5, .5)), (.7, (1, 1, 1))), 'MULTIPLY')
    return s.done(colour, s.bump(s.math('ADD', pile, s.math('MULTIPLY', rows, .6)), .004), 1.)


def marble(colour=(.75, .74, .72), vein=(.25, .25, .27), roughness=.12):
    s = Shader('marble')
    uv = s.uv(source='Object')
    veins = s.ramp(s.noise(uv, 3, 10, 3.), (.44, colour), (.5, vein), (.54, colour))
    specks = s.ramp(s.noise(uv, 160, 3), (.35, (.75, .75, .75)), (.5, (1, 1, 1)))
    return s.done(s.mix(1., veins, specks, 'MULTIPLY'), roughness=roughness)


def terrazzo(r, base=(.55, .53, .5)):
    s = Shader('terrazzo')
    uv = s.uv(source='Object')
    chips = s.ramp(s.cells(uv, 45), (.3, (1, 1, 1)), (.36, (0, 0, 0)))
    colour = s.mix(.55, s.cells(uv, 45, output='Color'), hsv(r.random(), .3, .6))
    return s.done(s.mix(chips, base, colour), roughness=.3)


def art(r):
    """A picture: sea and sky, cells, waves or clouds of paint, with the canvas's weave."""
    s = Shader('art')
    generated = s.uv(source='Generated')
    main, other = hue(r), hue(r)
    colours = [hsv(r.choice((main, main, other)) + r.gauss(0, .05), r.uniform(.05, .7), r.uniform(.12, .95)) for _ in range(6)]
    kind = r.choice(('clouds', 'cells', 'waves', 'land', 'land'))
    if kind == 'clouds':
        factor = s.noise(generated, r.uniform(2, 5), 12, r.uniform(.5, 3), .65)
    elif kind == 'cells':
        factor = s.node('SeparateColor', Color=s.cells(generated, r.uniform(4, 11), output='Color', metric=r.choice(('EUCLIDEAN', 'MANHATTAN', 'CHEBYCHEV')))).outputs[0]
    elif kind == 'waves':
        factor = s.wave(generated, r.uniform(.1, .5), r.choice(('X', 'Z', 'DIAGONAL')), r.uniform(1, 9))
    else:
        height = s.node('SeparateXYZ', Vector=s.node('TexCoord').outputs['Generated']).outputs[2]
        factor = s.math('ADD', height, s.math('MULTIPLY', s.math('SUBTRACT', s.noise(generated, 4, 12, .6, .6), .5), .7))
    colour = s.ramp(factor, *[(.15 + .14 * i, c) for i, c in enumerate(colours)], sharp=r.random() < .4)
    uv = s.uv()
    canvas = s.math('MULTIPLY', s.wave(uv, .004), s.wave(uv, .004, 'Y'))
    stroke = s.noise(s.uv(4, 40), 3, 6, 1.5)
    colour = s.mix(.35, colour, s.mix(stroke, (0., 0., 0.), colour))
    return s.done(colour, s.bump(canvas, .0006, below=s.bump(stroke, .002)), .55)


def books():
    """Spines: the tint with bands and lettering across."""
    s = Shader('books')
    uv = s.uv()
    band = s.ramp(s.wave(uv, .085, 'X', .0), (0., (1, 1, 1)), (.9, (.35, .3, .2)), sharp=True)
    letters = s.ramp(s.noise(s.uv(1, 1), 190, 1), (.0, (1, 1, 1)), (.58, (2.2, 2.1, 1.8)), sharp=True)
    place = s.ramp(s.noise(s.uv(1, .3), 14, 0), (.0, (0, 0, 0)), (.53, (1, 1, 1)), sharp=True)
    colour = s.mix(1., s.mix(1., s.tint(), band, 'MULTIPLY'), s.mix(place, (1., 1., 1.), letters), 'MULTIPLY')
    return s.done(colour, s.bump(s.noise(uv, 500, 2), .0004), .5)


def leaf():
    s = Shader('leaf')
    uv = s.uv()
    colour = s.tinted(s.mix(s.noise(uv, 30, 4), (.03, .10, .02), (.10, .22, .05)))
    s.done(colour, roughness=.4)
    through = s.node('BsdfTranslucent', Color=s.mix(1., colour, (1.5, 1.6, .6), 'MULTIPLY')).outputs[0]
    both = s.node('MixShader', _0=.3, _1=s.end.outputs[0], _2=through).outputs[0]
    s.tree.links.new(both, s.tree.nodes['Material Output'].inputs[0])
    return s.material


def sheer(colour):
    """A thin curtain that lets light through."""
    s = Shader('sheer')
    uv = s.uv()
    weave = s.math('MULTIPLY', s.wave(uv, .004), s.wave(uv, .004, 'Y'))
    colour = s.mix(weave, shade(colour, .75), colour)
    s.done(colour, roughness=.9)
    through = s.node('BsdfTranslucent', Color=colour).outputs[0]
    both = s.node('MixShader', _0=.4, _1=s.end.outputs[0], _2=through).outputs[0]
    s.tree.links.new(both, s.tree.nodes['Material Output'].inputs[0])
    return s.material


def ground(dark, light, scale=6.):
    """Grass, earth or gravel."""
    s = Shader('ground')
    uv = s.uv(source='Object')
    blades = s.noise(uv, scale * 14, 6, roughness=.7)
    colour = s.mix(s.noise(uv, scale * .1, 8), s.mix(blades, shade(dark, .5), light), s.mix(blades, dark, shade(light, 1.4)))
    return s.done(colour, s.bump(blades, .05), 1.)
