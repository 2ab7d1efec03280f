#pragma once

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "hdrtile/engine.h"
#include "hdrtile/error.h"

namespace hdrtile::test {

/// Engines that compute what a small network would, in plain loops.
class SmallEngine : public Engine {
 public:
  SmallEngine() {
    info_.name = "small";
    info_.halo = 0;
    engine_.device = "cpu";
  }
  [[nodiscard]] const ModelInfo& model() const noexcept override { return info_; }
  [[nodiscard]] const EngineInfo& info() const noexcept override { return engine_; }
  [[nodiscard]] std::unique_ptr<PhotoContext> prepare(std::span<const float>, Size) override {
    throw Error(ErrorCode::model, "a plain model has no prepare()");
  }

  ModelInfo info_;
  EngineInfo engine_;
};

/// A 1x1 convolution; gain 1 is the identity. Keeps what it saw, and fails on demand.
class Gain : public SmallEngine {
 public:
  explicit Gain(float gain = 1.0F) : gain_(gain) {}

  RunStats run(const TileBatch& tiles, const PhotoContext*, std::span<float> out) override {
    ++calls_;
    if (fault_) throw *fault_;
    if (tiles.count > most_tiles_ || tiles.count * tiles.height * tiles.width > most_pixels_) {
      std::fill(out.begin(), out.end(), std::nanf(""));  // what a failed call leaves must not be used
      throw Error(ErrorCode::out_of_memory, "refused");
    }
    seen_.insert(seen_.end(), tiles.pixels.begin(), tiles.pixels.end());
    std::transform(tiles.pixels.begin(), tiles.pixels.end(), out.begin(), [this](float v) { return gain_ * v; });
    return {.redone_fp32 = redone_per_call_};
  }

  int calls_ = 0;
  int most_tiles_ = 1 << 20;
  int most_pixels_ = 1 << 30;
  int redone_per_call_ = 0;
  std::optional<Error> fault_;
  std::vector<float> seen_;

 private:
  float gain_;
};

/// A (2r + 1)^2 convolution with zeros past its border, as networks pad: wrong there, so its halo is r.
class BoxBlur : public SmallEngine {
 public:
  explicit BoxBlur(int radius) : radius_(radius) { info_.halo = radius; }

  RunStats run(const TileBatch& tiles, const PhotoContext*, std::span<float> out) override {
    std::size_t at = 0;
    for (int tile = 0; tile < tiles.count; ++tile) {
      for (int y = 0; y < tiles.height; ++y) {
        for (int i = 0; i < 3 * tiles.width; ++i) out[at++] = mean(tiles, tile, i / 3, y, i % 3);
      }
    }
    return {};
  }

 private:
  [[nodiscard]] float mean(const TileBatch& tiles, int tile, int x0, int y0, int channel) const {
    float sum = 0;
    for (int y = std::max(y0 - radius_, 0); y <= std::min(y0 + radius_, tiles.height - 1); ++y) {
      for (int x = std::max(x0 - radius_, 0); x <= std::min(x0 + radius_, tiles.width - 1); ++x) {
        const std::size_t row = static_cast<std::size_t>(tile) * tiles.height + y;
        sum += tiles.pixels[3 * (row * tiles.width + x) + channel];
      }
    }
    return sum / static_cast<float>((2 * radius_ + 1) * (2 * radius_ + 1));
  }

  int radius_;
};

/// Every pixel twice in each direction.
class Doubler : public SmallEngine {
 public:
  Doubler() { info_.scale = 2; }

  RunStats run(const TileBatch& tiles, const PhotoContext*, std::span<float> out) override {
    const int samples = 3 * 2 * tiles.width;
    const int rows = 2 * tiles.height * tiles.count;
    for (int row = 0; row < rows; ++row) {
      const auto in = tiles.pixels.subspan(static_cast<std::size_t>(row / 2) * 3 * tiles.width);
      for (int i = 0; i < samples; ++i) out[static_cast<std::size_t>(row) * samples + i] = in[i / 6 * 3 + i % 3];
    }
    return {};
  }
};

/// Contextual: adds to each pixel a tone that depends on its place in the photo and on the preview's mean.
class ToneFromPreview : public SmallEngine {
 public:
  ToneFromPreview() {
    info_.contextual = true;
    info_.context_px = 24;
  }

  [[nodiscard]] std::unique_ptr<PhotoContext> prepare(std::span<const float> preview, Size size) override {
    ++prepared_;
    preview_size_ = size;
    auto context = std::make_unique<Mean>();
    for (const float value : preview) context->value += value / static_cast<float>(preview.size());
    return context;
  }

  RunStats run(const TileBatch& tiles, const PhotoContext* context, std::span<float> out) override {
    const float mean = dynamic_cast<const Mean&>(*context).value;
    std::size_t at = 0;
    for (int i = 0; i < tiles.count; ++i) {
      const TileRect& rect = tiles.rects[i];
      for (int y = 0; y < tiles.height; ++y) {
        const float v = place(rect.y0, rect.y1, y, tiles.height);
        for (int j = 0; j < 3 * tiles.width; ++j, ++at) {
          const float u = place(rect.x0, rect.x1, j / 3, tiles.width);
          out[at] = 0.5F * tiles.pixels[at] + 0.3F * mean + 0.1F * u + 0.1F * v;
        }
      }
    }
    return {};
  }

  int prepared_ = 0;
  Size preview_size_;

 private:
  struct Mean : PhotoContext {
    float value = 0;
  };
  static float place(float begin, float end, int i, int count) {
    return begin + (end - begin) * (static_cast<float>(i) + 0.5F) / static_cast<float>(count);
  }
};

}  // namespace hdrtile::test
