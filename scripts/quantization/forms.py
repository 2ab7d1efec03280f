"""The trunk of a model in INT8, through PyTorch's pt2e quantiser for x86 (torchao): post-training, weights per channel,
activations per tensor.

  dynamic  1 x 1 convolutions alone, as linear layers: no other kind has a dynamic form. Ranges of activations are taken from
           each tile while it runs
  static   every convolution with weights of its own; ranges come from calibration photos
  mixed    as static, but for the first and the last convolution and attention: these, and everything between the INT8
           convolutions, run in BF16

The product with a photo's mixing matrix has no weights of its own, and stays in floating point in all of them; so do norms,
gates and sums."""
import copy

import torch
from torch import nn
from torchao.quantization.pt2e.quantize_pt2e import convert_pt2e, prepare_pt2e
from torchao.quantization.pt2e.quantizer.x86_inductor_quantizer import X86InductorQuantizer, get_default_x86_inductor_quantization_config

PRECISIONS = {'dynamic': 'int8', 'static': 'int8', 'mixed': 'mixed'}   # what --precision of hdrtile calls each form
FIRST, LAST, ATTENTION = 'embed', 'output', 'attn'     # in the names of a trunk's modules
CONVOLUTION, LINEAR = torch.ops.aten.conv2d.default, torch.ops.aten.linear.default


class Pointwise(nn.Module):
    """A 1 x 1 convolution as a linear layer. In channels_last memory the permutes are views."""

    def __init__(self, conv):
        super().__init__()
        self.linear = nn.Linear(conv.in_channels, conv.out_channels, conv.bias is not None)
        self.linear.load_state_dict({name: value.flatten(1) if name == 'weight' else value for name, value in conv.state_dict().items()})

    def forward(self, x):
        return self.linear(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def with_linear_layers(module):
    """A copy of the module, with its 1 x 1 convolutions as linear layers."""
    module = copy.deepcopy(module)
    for parent in list(module.modules()):
        for name, child in list(parent.named_children()):
            if isinstance(child, nn.Conv2d) and child.kernel_size == (1, 1) and child.stride == (1, 1) and child.groups == 1:
                setattr(parent, name, Pointwise(child))
    return module


def stays_in_16_bit(name):
    """Whether the mixed form leaves a module of this name alone."""
    parts = name.split('.')
    return parts[0] in (FIRST, LAST) or ATTENTION in parts


def layer_of(node):
    """Name of the module that a node of a graph belongs to, within the trunk."""
    name, _ = list(node.meta['nn_module_stack'].values())[-1]
    return name.removeprefix('trunk.')


class TrunkQuantizer(X86InductorQuantizer):
    """Annotates the layers of one form. By itself X86InductorQuantizer would take gates (products of activations) and the
    mixing product, too."""

    def __init__(self, form):
        super().__init__()
        self.form = form
        self.config = get_default_x86_inductor_quantization_config(is_dynamic=form == 'dynamic')
        self.quantised = []

    def takes(self, node):
        if node.target is not (LINEAR if self.form == 'dynamic' else CONVOLUTION) or node.args[1].op != 'get_attr':
            return False
        return self.form != 'mixed' or not stays_in_16_bit(layer_of(node))

    def annotate(self, model):
        for node in filter(self.takes, model.graph.nodes):
            annotate = self._annotate_linear_node_helper if self.form == 'dynamic' else self._annotate_conv_node_helper
            annotate(node, False, self.config)
            self.quantised.append(layer_of(node))
        return model


class OutputOf(nn.Module):
    """A trunk without the mixing matrices that it returns, which a compiled pass has no use for."""

    def __init__(self, trunk):
        super().__init__()
        self.trunk = trunk

    def forward(self, x, mix):
        return self.trunk(x, mix)[0]


class QuantisedTrunk(nn.Module):
    """Stands where the trunk was in models/contextual.py."""

    def __init__(self, graph, trunk, quantised):
        super().__init__()
        self.converted, self.embed, self.quantised = graph, trunk.embed, quantised   # embed is asked for its type

    def forward(self, x, mix):
        return self.converted(x, mix), None


def convolve_in(dtype, module):
    """Makes every convolution of a graph take its input and weights in `dtype`, quantised ones after their dequantisation:
    which is how Inductor knows that an INT8 convolution gives `dtype`."""
    for node in list(module.graph.nodes):
        if node.target is torch.ops.aten._assert_tensor_metadata.default:   # of types as they were
            module.graph.erase_node(node)
        elif node.target is CONVOLUTION:
            with module.graph.inserting_before(node):
                node.args = tuple(module.graph.call_function(torch.ops.aten.to.dtype, (part, dtype)) if isinstance(part, torch.fx.Node) else part
                                  for part in node.args)
    module.recompile()


def quantise(trunk, form, samples):
    """The trunk in this form. `samples`: what it takes, (x [1, C, h, w], mix [1, M]) each, to calibrate with."""
    part = OutputOf(with_linear_layers(trunk) if form == 'dynamic' else trunk).eval()
    steps = [torch.export.Dim(side, min=2, max=1 << 16) for side in ('height', 'width')]
    sides = {axis + 2: trunk.multiple * step for axis, step in enumerate(steps)}
    graph = torch.export.export(part, samples[0], dynamic_shapes=(sides, None), strict=False).module()
    quantizer = TrunkQuantizer(form)
    graph = prepare_pt2e(graph, quantizer)
    for sample in samples:
        graph(*sample)
    graph = convert_pt2e(graph)
    if form == 'mixed':
        convolve_in(torch.bfloat16, graph)
    return QuantisedTrunk(graph, trunk, quantizer.quantised)
