#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "pack.h"

namespace hdrtile::kernels {

/// Numbers that are the same in every run.
class Numbers {
 public:
  explicit Numbers(unsigned seed) : engine_(seed) {}
  int between(int low, int high) { return std::uniform_int_distribution(low, high)(engine_); }
  std::vector<float> normal(std::size_t count, float deviation = 1.F) {
    std::normal_distribution<float> distribution(0.F, deviation);
    std::vector<float> values(count);
    for (float& value : values) value = distribution(engine_);
    return values;
  }

 private:
  std::mt19937 engine_;
};

/// The largest difference, relative to the largest value.
inline double difference(const float* actual, const std::vector<float>& expected) {
  double largest = 1e-9;
  double worst = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (!std::isfinite(actual[i])) return INFINITY;
    largest = std::max(largest, std::abs(double{expected[i]}));
    worst = std::max(worst, std::abs(double{actual[i]} - expected[i]));
  }
  return worst / largest;
}

/// What rounding of the operands makes of sums of some hundred products.
inline double tolerance(const Kernels& kernels) { return kernels.per_word == 2 ? 2e-2 : 1e-5; }

class EveryInstructionSet : public testing::TestWithParam<const Kernels*> {};

inline std::vector<const Kernels*> instruction_sets() {
  const Kernels* found[4];
  const int count = all_kernels(found);
  return {found, found + count};
}

inline std::string name_of(const testing::TestParamInfo<const Kernels*>& tested) { return tested.param->name; }

}  // namespace hdrtile::kernels
