#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <ostream>
#include <random>
#include <string>

#include "hdrtile/error.h"
#include "hdrtile/image.h"
#include "hdrtile/tile_plan.h"

namespace hdrtile::test {

/// Reproducible draws: standard engines give the same numbers everywhere, standard distributions do not.
class Dice {
 public:
  explicit Dice(unsigned seed) : engine_(seed) {}

  int between(int low, int high) { return low + static_cast<int>(engine_() % (static_cast<unsigned>(high - low) + 1)); }
  double share() { return static_cast<double>(engine_()) / 4294967296.0; }
  /// Small and large alike.
  int log_between(int low, int high) {
    return static_cast<int>(std::exp(std::log(low) + share() * (std::log(high + 1.0) - std::log(low))));
  }

 private:
  std::mt19937 engine_;
};

struct TileCase {
  Size photo;
  TileSpec spec;
  TileShapes shapes;
};

inline std::ostream& operator<<(std::ostream& out, const TileCase& c) {
  out << c.photo.width << "x" << c.photo.height << ", tile " << c.spec.tile << ", overlap " << c.spec.overlap
      << ", halo " << c.spec.halo << ", multiple " << c.spec.multiple << ", shapes " << c.shapes.min << ".."
      << c.shapes.max << ", fixed";
  for (const int side : c.shapes.fixed) out << ' ' << side;
  return out;
}

/// A tiling that can be met, of a photo of at most `max_pixels`.
inline TileCase random_case(Dice& dice, int max_side, int max_pixels) {
  TileCase c;
  c.photo.width = dice.log_between(1, max_side);
  c.photo.height = dice.log_between(1, std::min(max_side, std::max(1, max_pixels / c.photo.width)));
  c.spec.multiple = std::array{1, 2, 3, 8, 16, 32}[dice.between(0, 5)];
  c.spec.halo = dice.between(0, 3) == 0 ? 0 : dice.between(0, 40);
  c.spec.overlap = dice.between(0, 120);
  const int m = c.spec.multiple;
  const int overlap = (std::max(c.spec.overlap, 2 * c.spec.halo + TileSpec::min_ramp) + m - 1) / m * m;
  const int smallest = (2 * overlap - 2 * c.spec.halo + m - 1) / m * m;
  c.spec.tile = smallest + m * (dice.log_between(1, 600 / m) - 1) + dice.between(0, m - 1);
  c.shapes.min = m * dice.between(1, 8);
  if (c.shapes.min > smallest) c.shapes.min = m;
  switch (dice.between(0, 3)) {
    case 0:
      c.shapes.max = smallest + m * dice.between(0, 30);
      break;
    case 1:
      for (int side = smallest; c.shapes.fixed.size() < 3; side += m * dice.between(1, 20)) {
        c.shapes.fixed.push_back(side);
      }
      break;
    default:
      break;
  }
  return c;
}

inline Image random_image(Dice& dice, Size size, Depth depth, float low = 0.0F, float high = 1.0F) {
  Image image(size, depth);
  for (int y = 0; y < size.height; ++y) {
    for (int i = 0; i < 3 * size.width; ++i) {
      if (depth == Depth::u8) image.row<std::uint8_t>(y)[i] = static_cast<std::uint8_t>(dice.between(0, 255));
      if (depth == Depth::u16) image.row<std::uint16_t>(y)[i] = static_cast<std::uint16_t>(dice.between(0, 65535));
      if (depth == Depth::f32) image.row<float>(y)[i] = low + static_cast<float>(dice.share()) * (high - low);
    }
  }
  return image;
}

/// The code of the Error that `call` throws, and its message in `message`; fails the comparison where none is thrown.
template <typename Call>
int error_code(const Call& call, std::string* message = nullptr) {
  try {
    call();
  } catch (const Error& error) {
    if (message) *message = error.what();
    return static_cast<int>(error.code());
  }
  return -1;
}

}  // namespace hdrtile::test
