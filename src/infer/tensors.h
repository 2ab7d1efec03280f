#pragma once

#include <ATen/core/Tensor.h>

#include <span>
#include <string>
#include <vector>

#include "hdrtile/engine.h"

namespace hdrtile {

/// What prepare() returned, in FP32.
class TensorContext final : public PhotoContext {
 public:
  TensorContext(at::Tensor guide_map, at::Tensor mixes) : guide(std::move(guide_map)), mix(std::move(mixes)) {}
  const at::Tensor guide;
  const at::Tensor mix;
};

/// Where tensors go, and how those of four dimensions are laid out there.
struct Placement {
  c10::Device device;
  at::MemoryFormat layout;
};

[[nodiscard]] at::ScalarType scalar_type(Precision precision) noexcept;

/// "[1, 3, 8, 8]", for messages.
[[nodiscard]] std::string shape_of(at::IntArrayRef sizes);

/// A copy of `values` as a tensor.
[[nodiscard]] at::Tensor upload(std::span<const float> values, at::IntArrayRef shape, at::ScalarType type,
                                const Placement& placement);

/// Of a contiguous tensor in FP32.
[[nodiscard]] inline std::span<const float> values_of(const at::Tensor& tensor) {
  return {tensor.const_data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

/// `values` as the contiguous tensor that they are in memory; not to be written to.
[[nodiscard]] at::Tensor view_of(std::span<const float> values, at::IntArrayRef shape);

/// Interleaved pixels [count, height, width, 3] as the tensor [count, 3, height, width] that they are in memory.
[[nodiscard]] at::Tensor view_of_pixels(std::span<const float> pixels, int count, int height, int width);

/// What a model's tile pass takes: the tiles in `type`, and for contextual models (context is not null) their places,
/// guide and mix. A draft takes all but the last. The tiles are a copy, or, where `handed_over` and they are FP32 with
/// channels last on a CPU already, the pixels themselves.
[[nodiscard]] std::vector<at::Tensor> inputs_of(const TileBatch& tiles, const TensorContext* context,
                                                at::ScalarType type, const Placement& placement,
                                                bool handed_over = false);

/// Throws Error{model} that starts with `subject` where a model's result for `count` tiles of that size has another
/// shape than `scale` leads to.
void require_shape(const at::Tensor& result, std::int64_t count, std::int64_t height, std::int64_t width, int scale,
                   const std::string& subject);

/// Throws Error{model} for a result that has NaN or Inf even in FP32.
[[noreturn]] void throw_not_finite(const std::string& subject);

/// Writes a model's result into `out`. Throws as require_shape does.
void store(const at::Tensor& result, const TileBatch& tiles, int scale, const std::string& subject,
           std::span<float> out);

/// The context as an engine made it; throws std::invalid_argument where spans, rects or context do not fit the batch.
[[nodiscard]] const TensorContext* checked_context(const ModelInfo& model, const TileBatch& tiles,
                                                   const PhotoContext* context, std::span<const float> out);

/// Tile `index` of a batch as a batch of its own.
[[nodiscard]] TileBatch one_of(const TileBatch& tiles, int index);

/// Neither NaN nor Inf.
[[nodiscard]] bool all_finite(std::span<const float> values) noexcept;
/// The same of a tensor in FP32 wherever it is. Not by LibTorch: of some ten thousand values it makes work for all its
/// threads, and those stay awake for milliseconds, waiting for more.
[[nodiscard]] bool all_finite(const at::Tensor& values);

}  // namespace hdrtile
