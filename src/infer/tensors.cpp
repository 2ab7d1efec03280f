#include "tensors.h"

#include <ATen/Functions.h>

#include <bit>
#include <cstring>
#include <stdexcept>

#include "hdrtile/error.h"

namespace hdrtile {

at::ScalarType scalar_type(Precision precision) noexcept {
  return precision == Precision::fp16 ? at::kHalf : precision == Precision::bf16 ? at::kBFloat16 : at::kFloat;
}

std::string shape_of(at::IntArrayRef sizes) {
  std::string text = "[";
  for (const auto size : sizes) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + "]";
}

at::Tensor view_of(std::span<const float> values, at::IntArrayRef shape) {
  return at::from_blob(const_cast<float*>(values.data()), shape, at::kFloat);  // it takes no const
}

at::Tensor upload(std::span<const float> values, at::IntArrayRef shape, at::ScalarType type,
                  const Placement& placement) {
  // The copy keeps a model that works in place off the caller's values.
  const auto format = shape.size() == 4 ? placement.layout : at::MemoryFormat::Contiguous;
  return view_of(values, shape)
      .to(at::TensorOptions(placement.device).dtype(type), /*non_blocking=*/false, /*copy=*/true, format);
}

at::Tensor view_of_pixels(std::span<const float> pixels, int count, int height, int width) {
  const std::int64_t row = std::int64_t{3} * width;
  return at::from_blob(const_cast<float*>(pixels.data()), {count, 3, height, width}, {row * height, 1, row, 3},
                       at::kFloat);
}

std::vector<at::Tensor> inputs_of(const TileBatch& tiles, const TensorContext* context, at::ScalarType type,
                                  const Placement& placement, bool handed_over) {
  const at::Tensor pixels = view_of_pixels(tiles.pixels, tiles.count, tiles.height, tiles.width);
  std::vector<at::Tensor> inputs = {pixels.to(at::TensorOptions(placement.device).dtype(type), /*non_blocking=*/false,
                                              /*copy=*/!handed_over, placement.layout)};
  if (context != nullptr) {
    static_assert(sizeof(TileRect) == 4 * sizeof(float));
    const std::span<const float> edges(&tiles.rects.front().x0, tiles.rects.size() * 4);
    inputs.push_back(upload(edges, {tiles.count, 4}, at::kFloat, placement));
    inputs.push_back(context->guide);
    inputs.push_back(context->mix);
  }
  return inputs;
}

void require_shape(const at::Tensor& result, std::int64_t count, std::int64_t height, std::int64_t width, int scale,
                   const std::string& subject) {
  const std::vector<std::int64_t> expected = {count, 3, height * scale, width * scale};
  if (result.sizes() == at::IntArrayRef(expected)) return;
  throw Error(ErrorCode::model, subject + " returned a tensor of shape " + shape_of(result.sizes()) + ", expected " +
                                    shape_of(expected) + " (scale " + std::to_string(scale) +
                                    "); correct hdrtile.json or the model");
}

void throw_not_finite(const std::string& subject) {
  throw Error(ErrorCode::model, subject +
                                    " returned NaN or Inf even in FP32; its weights or this photo are broken: use "
                                    "another model");
}

void store(const at::Tensor& result, const TileBatch& tiles, int scale, const std::string& subject,
           std::span<float> out) {
  require_shape(result, tiles.count, tiles.height, tiles.width, scale, subject);
  // Not by copy_ where it need not be: its threads go on spinning beside those that decode and encode.
  if (result.is_cpu() && result.scalar_type() == at::kFloat && result.is_contiguous(at::MemoryFormat::ChannelsLast)) {
    std::memcpy(out.data(), result.const_data_ptr<float>(), out.size_bytes());
  } else {
    view_of_pixels(out, tiles.count, tiles.height * scale, tiles.width * scale).copy_(result);
  }
}

const TensorContext* checked_context(const ModelInfo& model, const TileBatch& tiles, const PhotoContext* context,
                                     std::span<const float> out) {
  const std::size_t in_tile = 3 * static_cast<std::size_t>(tiles.height) * tiles.width;
  const std::size_t out_tile = in_tile * model.scale * model.scale;
  const auto* tensors = dynamic_cast<const TensorContext*>(context);
  if (tiles.count < 1 || tiles.pixels.size() != in_tile * tiles.count || out.size() != out_tile * tiles.count ||
      (model.contextual && (tensors == nullptr || tiles.rects.size() != static_cast<std::size_t>(tiles.count)))) {
    throw std::invalid_argument("run: spans, rects or context do not fit the batch");
  }
  return model.contextual ? tensors : nullptr;
}

TileBatch one_of(const TileBatch& tiles, int index) {
  const std::size_t floats = tiles.pixels.size() / tiles.count;
  return {.count = 1,
          .height = tiles.height,
          .width = tiles.width,
          .pixels = tiles.pixels.subspan(floats * index, floats),
          .rects = tiles.rects.empty() ? tiles.rects : tiles.rects.subspan(index, 1)};
}

bool all_finite(std::span<const float> values) noexcept {
  // All exponent bits set means NaN or Inf. On bits, because a loop over them runs on whole vectors.
  constexpr std::uint32_t exponent = 0x7F800000U;
  std::uint32_t found = 0;
  for (const float value : values) found |= (std::bit_cast<std::uint32_t>(value) & exponent) == exponent ? 1U : 0U;
  return found == 0;
}

bool all_finite(const at::Tensor& values) { return all_finite(values_of(values.cpu().contiguous())); }

}  // namespace hdrtile
