#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "hdrtile/image.h"

namespace hdrtile::test {

/// Of two photos of one size, in [0, 1].
inline double largest_difference(const Image& a, const Image& b) {
  double largest = 0;
  std::vector<float> row_a(3 * a.width());
  std::vector<float> row_b(3 * b.width());
  for (int y = 0; y < a.height(); ++y) {
    read_row(a, y, 0, a.width(), row_a.data());
    read_row(b, y, 0, b.width(), row_b.data());
    for (std::size_t i = 0; i < row_a.size(); ++i) largest = std::max(largest, std::abs(double{row_a[i]} - row_b[i]));
  }
  return largest;
}

}  // namespace hdrtile::test
