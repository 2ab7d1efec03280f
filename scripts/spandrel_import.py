"""A network that the package `spandrel` knows, as a model file, for scripts/import_restormer.py."""
import copy
import functools
import io

import spandrel
import spandrel_extra_arches
import torch
from torch import nn
from torch.fx.experimental.proxy_tensor import make_fx

import model_file
from official_import import LARGEST_HALO, round_up

MARGIN = 64          # the whole photo that tiles are compared with reaches so much further to each side
RULE_HALO = 32       # where none is found


class Called(nn.Module):
    """The network as spandrel calls it, without the padding and clamping that hdrtile does itself."""

    def __init__(self, descriptor):
        super().__init__()
        self.net = descriptor.model
        self.call = descriptor._call_fn   # some return a tuple, or want another range of values

    def forward(self, tiles):
        return self.call(self.net, tiles)


class OneByOne(nn.Module):
    """For what was traced and takes one tile at a time."""

    def __init__(self, net):
        super().__init__()
        self.net = net

    def forward(self, tiles: torch.Tensor) -> torch.Tensor:
        results = [self.net(tile) for tile in tiles.split(1)]
        return torch.cat(results)


def smallest_side(requirements):
    return round_up(max(64, requirements.minimum), requirements.multiple_of)


def load(weights, path):
    spandrel_extra_arches.install(ignore_duplicates=True)
    try:
        descriptor = spandrel.ModelLoader().load_from_state_dict(weights)
    except spandrel.UnsupportedModelError:
        raise SystemExit(f'{path} is neither a published Restormer nor a network that spandrel {spandrel.__version__} '
                         'knows') from None
    except Exception as error:   # each architecture reads shapes its own way
        raise SystemExit(f'{path} cannot be loaded by spandrel ({model_file.reason(error)})') from None
    kind = descriptor.architecture.name
    if not isinstance(descriptor, spandrel.ImageModelDescriptor):
        raise SystemExit(f'{path} ({kind}) fills in masked parts: hdrtile runs networks from image to image')
    if descriptor.purpose == 'FaceSR':
        raise SystemExit(f'{path} ({kind}) is made for cut-out faces, not for photos')
    if (descriptor.input_channels, descriptor.output_channels) != (3, 3):
        raise SystemExit(f'{path} ({kind}) takes {descriptor.input_channels} channels and gives '
                         f'{descriptor.output_channels}: hdrtile runs networks from RGB to RGB')
    if not 1 <= descriptor.scale <= 4:
        raise SystemExit(f'{path} ({kind}) enlarges {descriptor.scale} times: scales 1 to 4 can be imported')
    if descriptor.tiling == spandrel.ModelTiling.INTERNAL:
        raise SystemExit(f'{path} ({kind}) needs the whole photo at once and cannot run in tiles')
    if descriptor.tiling == spandrel.ModelTiling.DISCOURAGED:
        print(f'{kind} depends on the whole photo: tiles may differ in tone; --tile whole where memory allows', flush=True)
    return descriptor.eval()


def reloaded(module):
    """As a file gives it back: what calls Python can be traced, but not saved."""
    file = io.BytesIO()
    torch.jit.save(module, file)
    file.seek(0)
    return torch.jit.load(file).eval()


def scripted(eager, descriptor, side):
    """(TorchScript, shapes that it was compared at, whether it runs at any size): scripted, traced, traced as the operators
    it comes to, or traced for one size, whichever first gives what the eager network gives at sizes and for pictures that
    it was not traced with."""
    requirements = descriptor.size_requirements
    multiple, smallest = requirements.multiple_of, smallest_side(requirements)
    several = [(1, 3, smallest, smallest + multiple), (2, 3, smallest + multiple, smallest), (1, 3, side, side)]
    one = [(1, 3, side, side), (2, 3, side, side)]
    example = model_file.picture(side)
    trace = functools.cache(lambda: torch.jit.trace(eager, example, check_trace=False))
    trace_operators = functools.cache(lambda: torch.jit.trace(make_fx(eager)(example), example, check_trace=False))
    ways = [] if requirements.square else [
        ('scripted', lambda: torch.jit.script(descriptor.model), several), ('traced', trace, several),
        ('traced as operators', trace_operators, several)]
    ways += [
        (f'traced for {side} px', trace, one),
        (f'traced for {side} px, one tile at a time', lambda: torch.jit.script(OneByOne(trace())), one),
        (f'traced as operators for {side} px, one tile at a time', lambda: torch.jit.script(OneByOne(trace_operators())), one)]
    for how, make, shapes in ways:
        try:
            module = reloaded(make())
            worst = model_file.largest_difference(eager, module, shapes)
        except Exception as error:   # whatever a compiler, or a shape that does not fit, has to say
            print(f'{how}: no ({type(error).__name__})', flush=True)
            continue
        print(f'{how}: differs from PyTorch by {worst:.1e}', flush=True)
        if worst <= model_file.TOLERANCE:
            return module, shapes, shapes is several
    raise SystemExit(f'{descriptor.architecture.name} cannot be imported: no TorchScript of it gives what PyTorch gives')


def in_bf16(module):
    """A copy, cast as hdrtile does it."""
    copied = copy.deepcopy(module)
    for tensor in [*copied.parameters(), *copied.buffers()]:
        if tensor.is_floating_point():
            tensor.data = tensor.bfloat16()
    return copied


def in_fp32_only(module, descriptor, shape):
    """Frozen where half precision is not supported: constants are not cast, and hdrtile says that it runs in FP32."""
    reason = None if descriptor.supports_half and descriptor.supports_bfloat16 else 'spandrel says so'
    if reason is None:
        tiles = model_file.picture(shape[2])[:, :, :, :shape[3]]
        try:
            result = in_bf16(module)(tiles.bfloat16()).float()
            if not (result - module(tiles)).square().mean() < 10 ** -3:
                reason = 'in BF16 it gives another picture'
        except RuntimeError as error:
            reason = f'in BF16 it fails: {model_file.reason(error)}'
    if reason is None:
        return module
    print(f'runs in FP32 alone ({reason})', flush=True)
    return torch.jit.freeze(module, optimize_numerics=False)


def measured_halo(eager, multiple, side, scale):
    margin = round_up(MARGIN, multiple)
    photo = model_file.picture(side + 2 * margin)
    inside = slice(margin, margin + side)
    outside = slice(margin * scale, (margin + side) * scale)
    return model_file.smallest_halo(eager(photo[:, :, inside, inside]), eager(photo)[:, :, outside, outside],
                                    range(8, min(side // 2 - 7, LARGEST_HALO + 1), 8), scale)


def imported(weights, args):
    """As official_import.imported."""
    descriptor = load(weights, args.checkpoint)
    multiple, scale = descriptor.size_requirements.multiple_of, descriptor.scale
    side = round_up(max(args.tile, descriptor.size_requirements.minimum), multiple)
    eager = Called(descriptor).eval()
    module, shapes, any_size = scripted(eager, descriptor, side)
    module = in_fp32_only(module, descriptor, shapes[-1])
    halo = args.halo if args.halo is not None else measured_halo(eager, multiple, side, scale)
    if halo is None:
        halo = RULE_HALO
        print(f'no border up to {min(side // 2 - 8, LARGEST_HALO)} px gives 60 dB: a halo of {halo} by rule; tiles may '
              'differ where they meet; --halo states another', flush=True)
    tile = model_file.picture(side)
    description = {
        'scale': scale, 'multiple': multiple, 'halo': halo,
        'tile': {'min': smallest_side(descriptor.size_requirements),
                 'default': round_up(max(512, 4 * halo), multiple)} if any_size else {'fixed': side},
        'architecture': descriptor.architecture.name,
        'bytes_per_pixel': model_file.bytes_per_pixel(lambda: eager(tile), side * side),
    }
    reach = model_file.reach(eager, side, multiple, scale)
    if reach is not None:
        description['receptive_field'] = reach
    return eager, module, description, shapes
