"""What scripts/limits.py calls the best gain and the best shrinkage is the best."""
import sys
from pathlib import Path

import pytest
import torch

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / 'models'), str(ROOT / 'scripts')]
import limits  # noqa: E402


def squared(a, b):
    return float((a - b).square().mean())


def test_the_best_gain_takes_a_factor_away_and_nothing_else():
    torch.manual_seed(0)
    wanted = torch.rand(2, 3, 16, 24)
    colours = torch.tensor([.9, 1., 1.2]).view(1, 3, 1, 1)
    assert torch.allclose(limits.with_best_gain(.7 * wanted, wanted, (1, 2, 3)), wanted, atol=1e-6)
    assert torch.allclose(limits.with_best_gain(colours * wanted, wanted, (2, 3)), wanted, atol=1e-6)
    assert squared(limits.with_best_gain(colours * wanted, wanted, (1, 2, 3)), wanted) > 1e-3
    for factor in (.99, 1.01):
        best = limits.with_best_gain(wanted.sqrt(), wanted, (1, 2, 3))
        assert squared(best, wanted) < squared(factor * best, wanted)


@pytest.mark.parametrize('size', [(64, 96), (50, 70)])
def test_the_best_shrinkage_keeps_texture_and_takes_noise(size):
    torch.manual_seed(0)
    clean = torch.full((1, 3, *size), .5)
    clean[..., size[1] // 2:] += .2 * torch.rand(size[0], size[1] - size[1] // 2)
    noisy = clean + .1 * torch.randn_like(clean)
    best = limits.best_shrinkage(noisy, clean)
    left, right = (slice(0, size[1] // 2 - 16), slice(size[1] // 2 + 16, None))
    assert squared(best[..., left], clean[..., left]) < .2 * squared(noisy[..., left], clean[..., left])
    assert squared(best[..., right], clean[..., right]) < .8 * squared(noisy[..., right], clean[..., right])
    assert torch.allclose(limits.best_shrinkage(clean, clean), clean, atol=1e-5)
