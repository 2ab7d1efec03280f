"""What models are judged by, on made-up pictures whose figures are known beforehand."""
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / 'scripts'))
import look  # noqa: E402
import panorama  # noqa: E402
from judge import fine, measures, scenes, tone  # noqa: E402


def flat(value=.5, height=256, width=384):
    return np.full((height, width, 3), value, np.float32)


def grey_noise(sigma, height=256, width=384, seed=0):
    return np.random.default_rng(seed).normal(0, sigma, (height, width, 1)).astype(np.float32)


def shades():
    """Soft blotches, far coarser than texture."""
    return flat() + cv2.GaussianBlur(grey_noise(2, seed=5), (0, 0), 8)[..., None]


def textured(strength=1):
    return shades() + strength * cv2.GaussianBlur(grey_noise(.1), (0, 0), 1)[..., None]


def test_an_offset_of_a_tenth_is_20_db():
    assert measures.psnr(flat(.5), flat(.6)) == pytest.approx(20, abs=1e-3)
    assert measures.ssim(textured(), textured()) == pytest.approx(1)
    assert measures.ssim(textured(), flat()) < .7


def test_noise_of_known_strength_is_found():
    # white noise less its blur of sigma 2 keeps sqrt(1 - 2 / (8 pi) + 1 / (16 pi)) of its standard deviation
    expected = 4 * np.sqrt(1 - 2 / (8 * np.pi) + 1 / (16 * np.pi))
    assert fine.noise(flat() + grey_noise(4 / 255), flat()) == pytest.approx(expected, rel=.02)


def test_texture_that_belongs_there_and_wrong_tone_are_no_noise():
    assert fine.noise(textured(), textured()) == 0
    assert fine.noise(textured() + .1, textured()) < .01


def test_all_detail_half_of_it_and_none():
    target = textured()
    assert fine.detail(target, target) == pytest.approx(1)
    assert fine.detail(textured(.5), target) == pytest.approx(.5, abs=.03)
    assert fine.detail(shades(), target) == pytest.approx(0, abs=.03)
    assert fine.detail(flat(), target) == 0
    assert fine.detail(flat(), flat()) is None


def test_contrast_is_tone_and_not_detail():
    target = textured()
    assert fine.detail(.5 * target + .2, target) == pytest.approx(1, abs=1e-3)


def test_blur_loses_detail_and_noise_does_not_count_as_detail():
    target = textured()
    blurred = cv2.GaussianBlur(target, (0, 0), 1.5)
    noisy = grey_noise(.05, seed=1)
    assert fine.detail(blurred, target) < .6
    assert fine.detail(target + noisy, target) == pytest.approx(1, abs=.1)
    assert fine.detail(blurred + noisy, target) < .7


def test_clipped_highlights_are_recovered_all_half_or_not_at_all():
    photo, target = flat(.3), flat(.3)
    photo[:100, :200], target[:100, :200] = 1, .7
    lost = measures.lost_highlights(photo, target)
    assert lost.sum() == 100 * 200
    half = target.copy()
    half[:100, 100:200] = 1
    for result, share in ((target, 1), (half, .5), (photo, 0)):
        difference = measures.delta_e_map(result, target)
        assert measures.recovered(difference, lost)[0] == share
    assert measures.recovered(measures.delta_e_map(target, target), lost)[1] == 0


def test_where_no_highlight_was_lost_none_can_be_recovered():
    white = flat(1)      # clipped in the target, too
    lost = measures.lost_highlights(white, white)
    assert measures.recovered(measures.delta_e_map(white, white), lost) == (None, None)


@pytest.fixture(scope='module')
def room():
    """A dark room of 576 x 384 with one bright window: its window and the distance of each pixel to the window's edge."""
    radiance = flat(.1, 384, 576)
    window = np.zeros((384, 576), bool)
    window[120:260, 200:400] = True
    radiance[window] = 10
    inside, outside = (cv2.distanceTransform(side.astype(np.uint8), cv2.DIST_L2, 5) for side in (window, ~window))
    return measures.window_edges(radiance), window, inside + outside


@pytest.mark.parametrize('strength', [.02, .1])
def test_a_halo_of_known_strength_is_found(room, strength):
    edges, window, distance = room
    near = (distance <= measures.NEAR[1] / 2)[..., None]     # bands are in pixels of a photo twice as wide
    halo = np.where(window[..., None], strength, -strength) * near
    assert measures.halo(flat(.5, 384, 576) + halo.astype(np.float32), flat(.5, 384, 576), edges) \
        == pytest.approx(255 * strength, rel=.1)


def test_wrong_tone_of_room_or_window_is_no_halo(room):
    edges, window, _ = room
    wrong = np.where(window[..., None], .1, -.05).astype(np.float32)
    assert measures.halo(flat(.5, 384, 576) + wrong, flat(.5, 384, 576), edges) < .5


def test_without_windows_there_is_no_figure_for_halos():
    edges = measures.window_edges(flat(.1))
    assert measures.halo(flat(.6), flat(.5), edges) is None


@pytest.fixture(scope='module')
def turned():
    """Two views of one panorama, the second 35 degrees to the right, and the way from one to the other."""
    small = np.random.default_rng(3).random((16, 32, 3), dtype=np.float32)
    world = cv2.resize(small, (1024, 512), interpolation=cv2.INTER_CUBIC).clip(0, 1)
    step, size = np.radians(35), (384, 256)
    a, b = (panorama.view(world, *size, 80, yaw, 0.) for yaw in (.3, .3 + step))
    return a, b, scenes.turn(size, 80, step)


def test_the_same_tone_in_two_views_is_no_drift(turned):
    a, b, homography = turned
    assert measures.drift(a, b, homography) < .3
    assert measures.drift(a, b, np.linalg.inv(homography)) > 5      # the wrong way round they do not show the same


def test_noise_is_no_drift_and_a_brighter_view_is(turned):
    a, b, homography = turned
    noisy = b + grey_noise(.02, 256, 384)
    assert measures.drift(a, noisy, homography) < .6
    assert measures.drift(a, b * .8, homography) > 4


def test_views_that_share_nothing_have_no_drift(turned):
    a, b, _ = turned
    assert measures.drift(a, b, scenes.turn((384, 256), 80, np.radians(85))) is None


def test_worse_than_the_input_by_either_measure():
    inputs = [{'psnr': 20, 'delta_e': 5}] * 4
    results = [{'psnr': 25, 'delta_e': 4}, {'psnr': 19, 'delta_e': 4}, {'psnr': 25, 'delta_e': 6}, {'psnr': 20, 'delta_e': 5}]
    assert tone.worse(results, inputs) == [1, 2]


def test_gamma_brings_the_mean_to_one_half():
    photo = np.random.default_rng(0).random((64, 64, 3), dtype=np.float32) ** 3
    assert look.gamma(photo).mean() == pytest.approx(.5, abs=.02)
