#include "hdrtile/bracket.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <random>

#include "files.h"
#include "hdrtile/compare.h"

namespace hdrtile::test {
namespace {

Shot shot(double time, double exposure, const std::string& camera = "A", Size size = {600, 400}) {
  return {.camera = camera, .time = time, .exposure = exposure, .size = size};
}

using Groups = std::vector<std::vector<std::size_t>>;

Groups grouped(const std::vector<std::optional<Shot>>& shots) { return group_brackets(shots); }

TEST(Brackets, AreThreeToNineExposuresTakenOneAfterAnother) {
  EXPECT_EQ(grouped({shot(0, 0), shot(1, -2), shot(2, 2)}), (Groups{{0, 1, 2}}));
  EXPECT_EQ(grouped({shot(0, 0), shot(1, -2)}), Groups{}) << "two are none";
  std::vector<std::optional<Shot>> ten;
  for (int i = 0; i < 10; ++i) ten.emplace_back(shot(i, i));
  EXPECT_EQ(grouped(ten).at(0).size(), 9U);
}

TEST(Brackets, BeginAnewWhereAnExposureComesAgain) {
  EXPECT_EQ(grouped({shot(0, 0), shot(1, -2), shot(2, 2), shot(3, 0.05), shot(4, -2), shot(5, 2)}),
            (Groups{{0, 1, 2}, {3, 4, 5}}));
}

TEST(Brackets, AreOfOneCameraAndOneSize) {
  EXPECT_EQ(grouped({shot(0, 0, "A"), shot(0.5, 0, "B"), shot(1, -2, "A"), shot(1.5, -2, "B"), shot(2, 2, "A"),
                     shot(2.5, 2, "B")}),
            (Groups{{0, 2, 4}, {1, 3, 5}}));
  EXPECT_EQ(grouped({shot(0, 0), shot(1, -2, "A", {400, 600}), shot(2, 2)}), Groups{});
}

TEST(Brackets, AreNotPhotosFarApartOrOfHardlyDifferentExposure) {
  EXPECT_EQ(grouped({shot(0, 0), shot(40, -2), shot(80, 2)}), Groups{});
  EXPECT_EQ(grouped({shot(0, 0), shot(1, 0.3), shot(2, 0.6)}), Groups{});
  EXPECT_EQ(grouped({shot(0, 0), std::nullopt, shot(2, 2)}), Groups{}) << "EXIF is missing";
}

TEST(Brackets, AreFoundInAnyOrderOfFiles) {
  EXPECT_EQ(grouped({shot(2, 2), shot(0, 0), shot(1, -2)}), (Groups{{1, 2, 0}}));
}

TEST(Brackets, TheMiddleExposureStandsForAll) {
  EXPECT_EQ(middle_exposure(std::vector<Shot>{shot(0, 0), shot(1, -2), shot(2, 2)}), 0U);
  EXPECT_EQ(middle_exposure(std::vector<Shot>{shot(0, 4), shot(1, 2), shot(2, 0), shot(3, -2), shot(4, -4)}), 2U);
}

struct Box {
  double x, y, width, height, light;
};

/// A room of known light: furniture of many sizes where chance puts it, and a bright window.
double light(double x, double y, unsigned scene) {
  static const auto rooms = [] {
    std::array<std::vector<Box>, 2> made;
    for (unsigned room = 0; room < made.size(); ++room) {
      std::mt19937 random(17 + room);
      std::uniform_real_distribution<double> share(0, 1);
      for (int i = 0; i < 120; ++i)
        made[room].push_back({share(random) * 340 - 30, share(random) * 260 - 30, 8 + 60 * share(random),
                              8 + 60 * share(random), 0.02 + 0.12 * share(random)});
    }
    return made;
  }();
  if (scene == 0 && std::abs(x - 90) < 40 && std::abs(y - 70) < 35)
    return 1.2 + 0.8 * std::sin(x * 0.3) * std::sin(y * 0.25);
  double value = 0.06;
  for (const Box& box : rooms[scene]) {
    if (x >= box.x && x < box.x + box.width && y >= box.y && y < box.y + box.height) value = box.light;
  }
  return value;
}

struct Mover {
  double x = -100;  ///< of a dark square of 30 pixels at y = 150
};

Photo expose(double stops, double dx = 0, double dy = 0, unsigned scene = 0, Mover mover = {}) {
  Photo photo;
  std::mt19937 random(static_cast<unsigned>(stops * 10 + 100));
  std::normal_distribution<double> noise(0, 0.004);
  photo.pixels = make_image({300, 220}, Depth::u8, 3, [&](int px, int py, int c) {
    const double x = px + dx;
    const double y = py + dy;
    double value = light(x, y, scene) * (c == 0 ? 1.1 : c == 1 ? 1 : 0.85);
    if (std::abs(x - mover.x) < 15 && std::abs(y - 150) < 15) value = c == 0 ? 0.25 : 0.02;
    value = std::clamp(value * std::exp2(stops) * 1.6 + noise(random), 0.0, 1.0);
    return value <= 0.0031308 ? 12.92 * value : 1.055 * std::pow(value, 1 / 2.4) - 0.055;
  });
  return photo;
}

std::vector<Photo> bracket(const std::function<Photo(double)>& take) {
  std::vector<Photo> exposures;
  for (const double stops : {-2.0, 0.0, 2.0}) exposures.push_back(take(stops));
  return exposures;
}

Photo fused(const std::function<Photo(double)>& take) { return fuse_bracket(bracket(take), 1); }

/// PSNR of a part, rims aside.
double psnr(const Photo& a, const Photo& b, int x0, int y0, int x1, int y1) {
  double sum = 0;
  const auto left = samples(a.pixels);
  const auto right = samples(b.pixels);
  for (int y = y0; y < y1; ++y) {
    for (int x = x0; x < x1; ++x) {
      for (int c = 0; c < 3; ++c) {
        const std::size_t i = 3 * (static_cast<std::size_t>(y) * a.pixels.width() + x) + c;
        sum += (left[i] - right[i]) * (left[i] - right[i]);
      }
    }
  }
  return -10 * std::log10(sum / (3.0 * (x1 - x0) * (y1 - y0)));
}

TEST(BracketFusion, ShowsWhatNoSingleExposureHolds) {
  const Photo result = fused([](double stops) { return expose(stops); });
  const auto spread = [](const Photo& photo, int x0, int y0, int x1, int y1) {
    const auto all = samples(photo.pixels);
    double sum = 0;
    double squares = 0;
    int n = 0;
    for (int y = y0; y < y1; ++y) {
      for (int x = x0; x < x1; ++x, ++n) {
        const double v = all[3 * (static_cast<std::size_t>(y) * 300 + x) + 1];
        sum += v;
        squares += v * v;
      }
    }
    return std::sqrt(std::max(0.0, squares / n - sum / n * sum / n));
  };
  const Photo middle = expose(0);
  EXPECT_LT(spread(middle, 60, 45, 120, 95), 0.03) << "the window is clipped in the middle exposure";
  EXPECT_GT(spread(result, 60, 45, 120, 95), 0.04) << "and has its structure in the fused photo";
  EXPECT_TRUE(result.warnings.empty());
}

TEST(BracketFusion, AlignsExposuresByHand) {
  const Photo still = fused([](double stops) { return expose(stops); });
  const Photo shaken = fused([](double stops) { return expose(stops, 5 * stops, -3 * stops); });
  EXPECT_GT(psnr(still, shaken, 20, 20, 280, 200), 30);
  const Photo middle = expose(0);
  EXPECT_EQ(shaken.pixels.size(), middle.pixels.size());
}

TEST(BracketFusion, AMisleadingMedianDoesNoHarm) {
  // More than half of the brightest exposure is clipped, so its median says nothing of where things are.
  const auto take = [](double stops) { return expose(stops + 2); };
  const Photo result = fused(take);
  EXPECT_TRUE(result.warnings.empty());
  EXPECT_GT(psnr(result, expose(1), 150, 120, 290, 210), 14) << "of the same room, unshifted";
}

TEST(BracketFusion, WhatMovesIsTakenFromTheMiddleExposure) {
  const Photo truth = fused([](double stops) { return expose(stops, 0, 0, 0, Mover{180}); });
  const Photo moved = fused([](double stops) { return expose(stops, 0, 0, 0, Mover{180 + 30 * stops}); });
  for (const int x : {120, 180, 240}) {  // where it is in each exposure
    EXPECT_GT(psnr(truth, moved, x - 20, 130, x + 20, 170), 24) << x;
  }
  EXPECT_GT(psnr(truth, moved, 10, 10, 290, 110), 40) << "elsewhere nothing changes";
}

TEST(BracketFusion, AnExposureThatDoesNotFitIsLeftOutAndTold) {
  auto exposures = bracket([](double stops) { return expose(stops); });
  exposures[2] = expose(2, 0, 0, 1);  // another scene
  const Photo result = fuse_bracket(std::move(exposures), 1);
  EXPECT_TRUE(contains(result.warnings, "do not fit"));
}

TEST(BracketFusion, KeepsDepthAndSize) {
  auto exposures = bracket([](double stops) { return expose(stops); });
  for (Photo& photo : exposures) {
    photo.pixels = make_image({60, 40}, Depth::u16, 3, [](int x, int y, int) { return (x + y) / 100.0; });
    photo.file_depth = Depth::u16;
  }
  const Photo result = fuse_bracket(std::move(exposures), 1);
  EXPECT_EQ(result.pixels.depth(), Depth::u16);
  EXPECT_EQ(result.pixels.size(), (Size{60, 40}));
}

TEST(SameScene, HoldsForExposuresOfOneAndNotForTwoRooms) {
  const auto sketches = [](const std::vector<Photo>& photos) {
    std::vector<Image> made;
    for (const Photo& photo : photos) made.push_back(scene_sketch(photo));
    return made;
  };
  EXPECT_TRUE(show_same_scene(sketches(bracket([](double stops) { return expose(stops, 4 * stops, 2 * stops); }))));
  auto rooms = bracket([](double stops) { return expose(stops); });
  rooms[0] = expose(-2, 0, 0, 1);
  EXPECT_FALSE(show_same_scene(sketches(rooms)));
}

}  // namespace
}  // namespace hdrtile::test
