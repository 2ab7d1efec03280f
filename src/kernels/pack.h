#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "../core/huge_pages.h"
#include "kernels.h"

namespace hdrtile::kernels {

/// Floats that start at a cache line. Grows, and keeps what it has. Moved, not copied: views point into it.
class Floats {
 public:
  Floats() = default;
  explicit Floats(std::size_t count) { require(count); }
  Floats(Floats&&) = default;
  Floats& operator=(Floats&&) = default;
  /// At least `count`, zero where they are new.
  float* require(std::size_t count) {
    const std::size_t lines = (count + 15) / 16;
    if (lines_.size() < lines) resize_in_huge_pages(lines_, lines);
    return data();
  }
  [[nodiscard]] float* data() noexcept { return lines_.data()->values; }
  [[nodiscard]] const float* data() const noexcept { return lines_.data()->values; }

 private:
  struct alignas(64) Line {
    float values[16];
  };
  std::vector<Line> lines_;
};

/// The weights of half a block as a model holds them, row by row. An empty bias is zero, empty norm_bias too.
struct HalfBlockWeights {
  int channels = 0;
  int hidden = 0;
  bool gated = false;
  bool centred = true;
  std::span<const float> norm_weight;  ///< [channels]
  std::span<const float> norm_bias;
  std::span<const float> expand;  ///< [outputs][channels]; outputs: hidden, gated twice that, gates first
  std::span<const float> expand_bias;
  std::span<const float> filters;  ///< [outputs][3][3]
  std::span<const float> filter_bias;
  std::span<const float> project;  ///< [channels][hidden]
  std::span<const float> project_bias;
};

/// Half a block with weights of its own, packed for `kernels`.
class PackedHalfBlock {
 public:
  PackedHalfBlock(const HalfBlockWeights& weights, const Kernels& kernels);
  /// Attention's projection, a photo's mixing matrix: [channels][hidden].
  void set_projection(std::span<const float> project);
  [[nodiscard]] const HalfBlock& view() const noexcept { return view_; }

 private:
  const Kernels* kernels_;
  HalfBlock view_;
  Floats norm_weight_, norm_bias_, expand_, expand_bias_, filters_, filter_bias_, project_, project_bias_;
};

/// The weights of a convolution as a model holds them: [out][in][side][side], side being 1 or 3; an empty bias is zero.
struct ConvolutionWeights {
  int in_channels[2] = {0, 0};
  int out_channels = 0;
  int side = 1;
  std::span<const float> values;
  std::span<const float> bias;
};

/// A convolution with weights of its own, packed for `kernels` and for the places that its results go to.
class PackedConvolution {
 public:
  PackedConvolution(const ConvolutionWeights& weights, Placing placing, int factor, const Kernels& kernels);
  [[nodiscard]] const Convolution& view() const noexcept { return view_; }
  [[nodiscard]] Placing placing() const noexcept { return placing_; }
  [[nodiscard]] int factor() const noexcept { return factor_; }

 private:
  Placing placing_;
  int factor_;
  Convolution view_;
  Floats values_, bias_;
};

/// A photo's guide as models/tone.py makes it: [6][depth][height][width], slopes before offsets.
class PackedGuide {
 public:
  PackedGuide(std::span<const float> values, int depth, int height, int width);
  [[nodiscard]] const Guide& view() const noexcept { return view_; }

 private:
  Guide view_;
  Floats cells_;
};

}  // namespace hdrtile::kernels
