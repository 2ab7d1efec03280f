#pragma once

#include <algorithm>
#include <bit>
#include <cstdint>
#include <functional>
#include <vector>

namespace hdrtile {

/// A function of floats above zero as a table, for loops over rows. The bits of a float are its logarithm in steps, so
/// they are the index as they are: 64 parabolas an octave, which follow sRGB's curve to 4e-7. Immutable.
class FloatCurve {
 private:
  static constexpr int within_bits = 23 - 6;
  static constexpr std::int32_t least = (127 - 40) << 23;      // the bits of 2^-40,
  static constexpr std::int32_t most = ((127 + 6) << 23) - 1;  // and of the last float below 2^6

 public:
  /// Down to 2^-40, where any curve of 16 bits has come to its end, and up to 2^6. What lies below gives the value at
  /// 0, what lies above the last one.
  explicit FloatCurve(const std::function<float(float)>& function);

  /// What a loop needs, by value: a compiler can tell that nothing in it changes.
  struct View {
    const float* __restrict values;
    const float* __restrict slopes;
    const float* __restrict bends;

    [[nodiscard]] float operator()(float x) const noexcept {
      const std::int32_t bits = std::min(std::max(std::bit_cast<std::int32_t>(x), least), most);
      const std::int32_t segment = (bits >> within_bits) - (least >> within_bits);
      constexpr std::int32_t all = 1 << within_bits;
      const float within = static_cast<float>(bits & (all - 1)) * (1.0F / all);
      return values[segment] + within * (slopes[segment] + within * bends[segment]);
    }
  };
  [[nodiscard]] View view() const noexcept;

 private:
  std::vector<float> values_;
  std::vector<float> slopes_;
  std::vector<float> bends_;
};

}  // namespace hdrtile
