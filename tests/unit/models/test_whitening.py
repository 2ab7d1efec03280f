"""The trunk's first convolution in whitened coordinates: the same network, and texture counts as much as brightness."""
import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / 'scripts'))
import whitening  # noqa: E402


@pytest.fixture
def pictures():
    """Of different brightness, with fine noise a fortieth as strong."""
    torch.manual_seed(0)
    return torch.rand(16, 6, 1, 1) + .02 * torch.randn(16, 6, 24, 24)


def patches(pictures):
    return F.unfold(F.pixel_unshuffle(pictures, 2), 3).transpose(1, 2).flatten(0, 1)


def whitened(pictures, untrained):
    torch.manual_seed(1)
    weight = torch.nn.Parameter(torch.randn(4, 24, 3, 3))
    before = weight.detach().clone()
    return whitening.Whitened(weight, whitening.moments(pictures, 2), untrained), weight, before


def test_trained_weights_stay_what_they_were(pictures):
    made, weight, before = whitened(pictures, untrained=False)
    assert (weight - before).abs().max() < 1e-3 * before.abs().max()
    assert not torch.equal(made.values.view_as(before), before)


def test_untrained_weights_are_as_strong_for_fine_noise_as_for_brightness(pictures):
    _, weight, before = whitened(pictures, untrained=True)
    mean = pictures.mean(dim=(2, 3), keepdim=True)
    ratio = lambda w: (F.linear(patches(mean.expand_as(pictures)), w.flatten(1)).square().mean()  # noqa: E731
                       / F.linear(patches(pictures - mean), w.flatten(1)).square().mean()).sqrt()
    with torch.no_grad():
        assert ratio(weight) < .1 * ratio(before)


def test_a_step_takes_the_gradient_of_the_whitened_values(pictures):
    made, weight, _ = whitened(pictures, untrained=True)
    loss = lambda w: F.linear(patches(pictures), w.flatten(1)).square().mean()  # noqa: E731
    loss(weight).backward()
    made.take_gradient()
    assert weight.grad is None
    values = made.values.detach().clone().requires_grad_()
    loss(values @ made.matrix).backward()
    assert torch.allclose(made.values.grad, values.grad, rtol=1e-3, atol=1e-6 * float(values.grad.abs().max()))
    with torch.no_grad():
        made.values -= .1 * made.values.grad
    made.give()
    assert torch.allclose(weight.flatten(1), made.values @ made.matrix)
