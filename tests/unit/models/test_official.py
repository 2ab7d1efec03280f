"""Published Restormer checkpoints in our definition, against another implementation (spandrel_extra_arches)."""
import sys
from pathlib import Path

import pytest
import torch
from spandrel_extra_arches.architectures.Restormer import Restormer as Published

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / 'models'), str(ROOT / 'scripts')]
import official_import  # noqa: E402
from attention import MDTA, BiasFreeNorm  # noqa: E402
from official import from_official  # noqa: E402
from recognised import restormer_of  # noqa: E402
from restorer import ContextualRestorer, Restorer  # noqa: E402
from restormer import Restormer as Ours  # noqa: E402
from windowed import WindowedMDTA, localise  # noqa: E402


@pytest.fixture(autouse=True)
def _deterministic():
    torch.manual_seed(0)
    with torch.inference_mode():
        yield


def published(**changes):
    """Small, with random norms and biases, too: as initialised these do nothing."""
    net = Published(**({'dim': 8, 'num_blocks': [1, 1, 1, 1], 'num_refinement_blocks': 1} | changes)).eval()
    for parameter in net.parameters():
        if parameter.dim() == 1:
            parameter.copy_(torch.rand_like(parameter) + .5)
    return net


@pytest.mark.parametrize('norm', ['WithBias', 'BiasFree'])
@pytest.mark.parametrize('bias', [False, True])
@pytest.mark.parametrize('shape', [
    {}, {'dim': 16, 'num_blocks': [1, 2, 3, 2], 'num_refinement_blocks': 2, 'heads': [1, 1, 2, 4]},
    {'ffn_expansion_factor': 3.1}],
    ids=['small', 'deep', 'wide'])
def test_a_published_network_gives_what_another_implementation_gives(norm, bias, shape):
    theirs = published(LayerNorm_type=norm, bias=bias, **shape)
    ours = Restorer(from_official(theirs.state_dict()))
    photo = torch.rand(2, 3, 40, 64)
    expected = theirs(photo)
    assert (expected - photo).abs().mean() > .01
    assert torch.allclose(ours(photo), expected, atol=1e-5)
    assert torch.allclose(torch.jit.script(ours)(photo[:1]), expected[:1], atol=1e-5)


@pytest.mark.parametrize('norm', ['WithBias', 'BiasFree'])
def test_the_published_width_and_depth_is_read_off_the_weights(norm):
    with torch.device('meta'):   # shapes alone
        theirs = Published(LayerNorm_type=norm)
        ours = from_official(theirs.state_dict())
    assert sum(p.numel() for p in ours.parameters()) == sum(p.numel() for p in theirs.parameters()) > 26e6


@pytest.mark.parametrize('bias', [False, True])
def test_mixing_matrices_of_the_photo_itself_give_the_published_network(bias):
    theirs = published(bias=bias)
    model = ContextualRestorer(from_official(theirs.state_dict()))
    photo = torch.rand(1, 3, 48, 64)
    whole = torch.tensor([[0., 0., 1., 1.]])
    assert torch.allclose(model(photo, whole, *model.prepare(photo)), theirs(photo), atol=1e-5)


def windows_one_by_one(attention, x, window):
    """The same by the book: attention in every window that meets the picture, results averaged where windows overlap."""
    height, width = x.shape[2:]
    q, k = attention.qk_dwconv(attention.qk(x)).chunk(2, dim=1)
    v = attention.v_dwconv(attention.v(x))
    total, count = torch.zeros_like(v), torch.zeros(1, 1, height, width)
    for top in range(-window // 2, height, window // 2):
        for left in range(-window // 2, width, window // 2):
            inside = (slice(None), slice(None), slice(max(top, 0), top + window), slice(max(left, 0), left + window))
            parts = [part[inside].flatten(2).unflatten(1, (attention.heads, -1)) for part in (q, k, v)]
            unit_q, unit_k = (torch.nn.functional.normalize(part, dim=-1) for part in parts[:2])
            mixed = (unit_q @ unit_k.transpose(-2, -1) * attention.temperature).softmax(dim=-1) @ parts[2]
            total[inside] += mixed.reshape(v[inside].shape)
            count[inside] += 1
    assert (count == 4).all()
    return torch.nn.functional.conv2d(total / count, attention.project_out[:, :, None, None], attention.project_bias)


@pytest.mark.parametrize('bias', [False, True])
def test_windows_are_those_of_tlc(bias):
    attention = WindowedMDTA(8, 2, bias, cell=4)
    x = torch.randn(2, 8, 12, 20)
    assert torch.allclose(attention(x, attention.mixing(x)), windows_one_by_one(attention, x, 8), atol=1e-5)


def test_a_window_over_everything_gives_the_statistics_of_the_whole():
    plain = MDTA(8, 2)
    windowed = WindowedMDTA(8, 2, False, cell=16)
    windowed.load_state_dict(plain.state_dict())
    x = torch.randn(1, 8, 16, 16)
    assert torch.allclose(windowed(x, windowed.mixing(x)), plain(x, plain.mixing(x)), atol=1e-5)


def test_windows_make_a_network_local():
    net = from_official(published().state_dict())
    photo = torch.rand(1, 3, 32, 512)
    changed = photo.clone()
    changed[..., 480:] = 1 - changed[..., 480:]
    assert not torch.equal(net(changed)[0][..., :32], net(photo)[0][..., :32])
    localise(net, 16)
    reach = official_import.reach_of_convolutions(net) + 16 * 8   # eight blocks
    assert reach < 480
    difference = (net(changed)[0] - net(photo)[0]).abs()
    assert difference[..., :480 - reach].max() == 0 and difference[..., 480:].max() > 0


def test_convolutions_reach_as_far_as_counted_by_hand():
    """Of one block a level: 3 x 3 convolutions at both ends; two in each block, 2 pixels of its level; one before each way
    down, and one before each way up. Beyond that the phase within 8 pixels adds."""
    net = from_official(published().state_dict())
    levels = 2 * (1 + 2 + 4) * 2 + 2 + 8 * 2         # encoders and decoders, refinement, latent
    ways = (1 + 2 + 4) + (2 + 4 + 8)
    assert 2 + levels + ways <= official_import.reach_of_convolutions(net) <= 2 + levels + ways + 7


@pytest.mark.parametrize('changes, reason', [
    ({'inp_channels': 6, 'dual_pixel_task': True}, 'dual-pixel'), ({'inp_channels': 1, 'out_channels': 1}, '1 channel:')])
def test_networks_of_other_channels_are_refused(changes, reason):
    with pytest.raises(ValueError, match=reason):
        from_official(published(**changes).state_dict())


def test_a_network_that_is_almost_a_restormer_is_refused_by_the_name_of_the_weight():
    weights = published().state_dict()
    lacks = {name: value for name, value in weights.items() if name != 'down2_3.body.0.weight'}
    with pytest.raises(ValueError, match='downs.1.0.weight is missing'):
        from_official(lacks)
    with pytest.raises(ValueError, match='latent.blocks.0.gate is unknown'):
        from_official(weights | {'latent.0.gate': torch.zeros(1)})
    with pytest.raises(ValueError, match='expected'):
        from_official(weights | {'output.weight': torch.zeros(3, 7, 3, 3)})


@pytest.mark.parametrize('changes', [{}, {'norm': BiasFreeNorm, 'bias': True}, {'reduce_first': False}, {'unshuffle': 2, 'embed_bias': True},
                                     {'expansion': 3.}], ids=lambda changes: ' '.join(changes) or 'usual')
@pytest.mark.parametrize('blocks, refinement', [([2], 0), ([1, 2, 1], 1), ([1, 1, 1, 1], 2)], ids=['1 level', '3 levels', '4 levels'])
def test_a_network_is_recognised_by_its_weights(changes, blocks, refinement):
    net = Ours(3, 3, 8, blocks, [2 ** level for level in range(len(blocks))], refinement, **changes).eval()
    for parameter in net.parameters():
        torch.nn.init.normal_(parameter, std=.1)
    x = torch.rand(1, 3, 48, 64)
    assert torch.equal(restormer_of(net.state_dict())(x)[0], net(x)[0])


def test_weights_of_another_network_are_not_taken_for_a_restormer():
    with pytest.raises(KeyError):
        restormer_of(torch.nn.Conv2d(3, 3, 3).state_dict())
    weights = Ours(3, 3, 8, [1, 1], [1, 2]).state_dict()
    with pytest.raises(RuntimeError):
        restormer_of(weights | {'more': torch.zeros(1)})
