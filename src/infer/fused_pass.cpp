#include "fused_pass.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <cmath>

#include "parts.h"

namespace hdrtile {
namespace {

constexpr int bands = 3;  // as models/wavelet.py has them

std::span<const float> values_of(const at::Tensor& tensor) {
  return {tensor.const_data_ptr<float>(), static_cast<std::size_t>(tensor.numel())};
}

/// Numbers in [0, 1), the same in every run.
std::vector<float> noise(std::size_t count) {
  std::vector<float> values(count);
  std::uint32_t state = 1;
  for (float& value : values) {
    state = state * 1664525U + 1013904223U;
    value = static_cast<float>(state >> 8) / 16777216.F;
  }
  return values;
}

}  // namespace

std::unique_ptr<FusedPass> FusedPass::of(torch::jit::Module& module, const ModelInfo& model, Precision precision) {
  const auto* exact = kernels::find_kernels(kernels::Operands::fp32);
  const auto* wanted = precision == Precision::bf16 ? kernels::find_kernels(kernels::Operands::bf16) : exact;
  if (exact == nullptr || wanted == nullptr || precision == Precision::fp16) {
    throw NotFused{std::string("there are none for ") + to_string(precision) + " on this CPU"};
  }
  if (!model.contextual || model.scale != 1) throw NotFused{"they are for contextual models"};
  const NamedWeights weights(module);
  const int pictures = weights.any("painter.") ? 2 * 3 : 3;
  std::unique_ptr<FusedPass> pass(new FusedPass(weights, pictures, *exact));
  if (!pass->agrees(module, model)) throw NotFused{"they do not give what its forward() gives"};
  if (wanted != exact) pass.reset(new FusedPass(weights, pictures, *wanted));
  return pass;
}

FusedPass::FusedPass(const NamedWeights& weights, int pictures, const kernels::Kernels& kernels)
    : kernels_(&kernels), toned_(pictures == 6), trunk_(weights, pictures, kernels) {
  if (trunk_.maps() != (toned_ ? 3 + 2 * bands : 3))
    throw NotFused{"its trunk.output is not that of models/contextual.py"};
}

bool FusedPass::agrees(torch::jit::Module& module, const ModelInfo& model) {
  const int multiple = std::max(model.multiple, 1);
  const int height = (std::max(model.shapes.min, 32) + multiple - 1) / multiple * multiple;
  const int width = height + multiple;
  const auto pixels = noise(std::size_t{3} * height * width);
  const at::Tensor preview = at::from_blob(const_cast<float*>(pixels.data()), {1, 3, height, width}, at::kFloat);
  const TileRect rect = {.x0 = 0.25F, .y0 = 0.F, .x1 = 0.75F, .y1 = 0.5F};
  const auto made = module.get_method("prepare")({preview});
  if (!made.isTuple() || made.toTupleRef().elements().size() != 2) return false;
  const TensorContext context(made.toTupleRef().elements()[0].toTensor(), made.toTupleRef().elements()[1].toTensor());
  if (!fits(context)) return false;
  const TileBatch tile = {.count = 1, .height = height, .width = width, .pixels = pixels, .rects = {&rect, 1}};
  const Placement placement = {c10::kCPU, at::MemoryFormat::Contiguous};
  const auto tensors = inputs_of(tile, &context, at::kFloat, placement);
  const auto output = module.forward({tensors.begin(), tensors.end()});
  if (!output.isTensor() || output.toTensor().sizes() != preview.sizes()) return false;
  const at::Tensor expected = output.toTensor().contiguous();
  std::vector<float> actual(pixels.size());
  run(tile, context, actual);
  double worst = 0;
  double largest = 1e-3;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const double wanted = values_of(expected)[i];
    if (!(std::abs(actual[i] - wanted) < 1e30)) return false;  // NaN
    worst = std::max(worst, std::abs(actual[i] - wanted));
    largest = std::max(largest, std::abs(wanted));
  }
  return worst < 1e-3 * largest;
}

bool FusedPass::fits(const TensorContext& context) const {
  const at::Tensor& guide = context.guide;
  return static_cast<std::size_t>(context.mix.numel()) == trunk_.mixes() &&
         (!toned_ || (guide.dim() == 5 && guide.size(0) == 1 && guide.size(1) == 6 && guide.numel() > 0));
}

void FusedPass::run(const TileBatch& tile, const TensorContext& context, std::span<float> out) {
  const kernels::Size size = {tile.height, tile.width};
  const std::size_t plane = std::size_t(tile.height) * tile.width;
  const at::Tensor mix = context.mix.contiguous();
  trunk_.set_mixes(values_of(mix));
  const auto planes = [&](const float* of) { return std::vector{of, of + plane, of + 2 * plane}; };
  std::vector<const float*> pictures = planes(tile.pixels.data());
  const float* base = tile.pixels.data();
  if (toned_) {
    base = toned_tile_.require(3 * plane);
    tone(tile, context.guide);
    for (const float* picture : planes(base)) pictures.push_back(picture);
  }
  const float* maps = trunk_.run(pictures, size);
  share_rows(static_cast<int>(3 * plane / tile.width), 0, [&](int begin, int end, float*) {
    for (std::size_t i = std::size_t(begin) * tile.width; i < std::size_t(end) * tile.width; ++i)
      out[i] = base[i] + maps[i];
  });
  if (toned_) shrink(maps + 3 * plane, size, out);
}

void FusedPass::tone(const TileBatch& tile, const at::Tensor& guide) {
  const at::Tensor whole = guide.contiguous();
  const kernels::PackedGuide packed(values_of(whole), static_cast<int>(guide.size(2)), static_cast<int>(guide.size(3)),
                                    static_cast<int>(guide.size(4)));
  const TileRect& rect = tile.rects.front();
  share_rows(tile.height, packed.view().row_floats() + kernels::apply_guide_scratch(tile.width),
             [&](int begin, int end, float* scratch) {
               kernels_->apply_guide(packed.view(), {rect.x0, rect.y0, rect.x1, rect.y1}, tile.pixels.data(),
                                     toned_tile_.data(), {tile.height, tile.width}, begin, end, scratch);
             });
}

void FusedPass::shrink(const float* gains, kernels::Size size, std::span<float> out) {
  const std::size_t plane = std::size_t(size.height) * size.width;
  const float* coarse = toned_tile_.data();
  for (int band = 0; band < bands; ++band) {
    float* smooth = band + 1 < bands ? smooth_[band].require(3 * plane) : nullptr;
    share_rows(size.height, kernels::shrink_scratch(size.width), [&](int begin, int end, float* scratch) {
      kernels_->shrink_band(coarse, gains + 2 * band * plane, 1 << band, smooth, out.data(), size, begin, end, scratch);
    });
    coarse = smooth;
  }
}

}  // namespace hdrtile
