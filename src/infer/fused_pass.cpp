#include "fused_pass.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <cmath>

#include "call_scope.h"
#include "weights.h"

namespace hdrtile {
namespace {

constexpr int bands = 3;  // as models/wavelet.py has them

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

/// To 60 dB of the largest value.
bool close(std::span<const float> actual, std::span<const float> expected) {
  if (actual.size() != expected.size() || !all_finite(actual) || !all_finite(expected)) return false;
  float worst = 0;
  float largest = 0;
  for (std::size_t i = 0; i < actual.size(); ++i) {
    worst = std::max(worst, std::abs(actual[i] - expected[i]));
    largest = std::max(largest, std::abs(expected[i]));
  }
  return worst <= 1e-3F * largest;
}

}  // namespace

bool FusedPass::may_know(const torch::jit::Module& module) {
  const auto trunk = trunk_of(module);
  return trunk && trunk->hasattr("embed") && trunk->hasattr("latent");
}

std::unique_ptr<FusedPass> FusedPass::of(torch::jit::Module& module, const torch::jit::Module& working,
                                         const ModelInfo& model, Precision precision, int threads) {
  const auto* exact = kernels::find_kernels(kernels::Operands::fp32);
  const auto* wanted = precision == Precision::bf16 ? kernels::find_kernels(kernels::Operands::bf16) : exact;
  if (exact == nullptr || wanted == nullptr || precision == Precision::fp16) {
    throw NotFused{std::string("there are none for ") + to_string(precision) + " on this CPU"};
  }
  // NOLINTBEGIN(cppcoreguidelines-owning-memory): make_unique does not reach a private constructor
  std::unique_ptr<FusedPass> pass(new FusedPass(module, module, model, *exact, threads));
  if (model.contextual && FusedPrepare::may_know(module)) {
    try {
      pass->prepare_.emplace(module, *exact, threads);
    } catch (const NotFused&) {  // another painter: prepare() is the model's own code then, the tile pass is not
    }
  }
  if (!pass->agrees(module, model)) throw NotFused{"they do not give what its own code gives"};
  if (wanted != exact) {
    auto prepare = std::move(pass->prepare_);
    pass.reset(new FusedPass(module, working, model, *wanted, threads));
    pass->prepare_ = std::move(prepare);
  }
  // NOLINTEND(cppcoreguidelines-owning-memory)
  return pass;
}

FusedPass::FusedPass(const torch::jit::Module& module, const torch::jit::Module& working, const ModelInfo& model,
                     const kernels::Kernels& kernels, int threads)
    : kernels_(&kernels), workers_(std::make_unique<Workers>(threads)), toned_(module.hasattr("painter")) {
  if (!may_know(module) || model.scale != 1)
    throw NotFused{"its parts are not those of a Restormer of models/restormer.py"};
  if (model.draft) {
    if (!toned_) throw NotFused{"its draft is no guide of models/tone.py"};
    return;
  }
  const Statistics statistics = model.contextual                           ? Statistics::given
                                : WindowedAttention::in(*trunk_of(module)) ? Statistics::of_windows
                                                                           : Statistics::of_tile;
  trunk_.emplace(NamedWeights(module), "trunk", toned_ ? 2 : 1, statistics, kernels, *workers_);
  if (trunk_->maps() != (toned_ ? 2 * bands : 0)) {
    throw NotFused{"its trunk.output is not that of models/contextual.py"};
  }
  if (statistics == Statistics::of_windows) windowed_.emplace(*trunk_of(working));
}

bool FusedPass::agrees(torch::jit::Module& module, const ModelInfo& model) {
  const int multiple = std::max(model.multiple, 1);
  const int height = (std::max(model.shapes.min, 32) + multiple - 1) / multiple * multiple;
  const int width = height + multiple;
  const auto pixels = noise(std::size_t{3} * height * width);
  const TileRect rect = {.x0 = 0.25F, .y0 = 0.F, .x1 = 0.75F, .y1 = 0.5F};
  const TileBatch tile = {.count = 1, .height = height, .width = width, .pixels = pixels, .rects = {&rect, 1}};
  const Placement placement = {c10::kCPU, at::MemoryFormat::ChannelsLast};
  std::optional<TensorContext> context;
  if (model.contextual) {
    constexpr kernels::Size small = {.height = 32, .width = 40};  // every start waits for this
    const OneThread alone;                                        // but the tile may be large
    const auto preview = view_of_pixels(std::span(pixels).first(std::size_t{3} * small.height * small.width), 1,
                                        small.height, small.width);
    const auto made = module.get_method("prepare")({preview});
    if (!made.isTuple() || made.toTupleRef().elements().size() != 2) return false;
    context.emplace(made.toTupleRef().elements()[0].toTensor(), made.toTupleRef().elements()[1].toTensor());
    if (!fits(*context)) return false;
    if (prepare_) {
      const auto ours = prepare_->run(preview);
      if (!close(values_of(ours.guide.contiguous()), values_of(context->guide.contiguous())) ||
          !close(values_of(ours.mix), values_of(context->mix.contiguous()))) {
        return false;
      }
    }
  }
  const auto tensors = inputs_of(tile, context ? &*context : nullptr, at::kFloat, placement);
  std::vector<c10::IValue> inputs(tensors.begin(), tensors.end());
  if (model.draft) inputs.pop_back();
  const auto output = module.get_method(model.draft ? "draft" : "forward")(inputs);
  std::vector<float> expected(pixels.size());
  if (!output.isTensor()) return false;
  store(output.toTensor(), tile, 1, "it", expected);
  std::vector<float> actual(pixels.size());
  run(tile, context ? &*context : nullptr, actual);
  return close(actual, expected);
}

std::optional<TensorContext> FusedPass::prepare(std::span<const float> preview, Size size) {
  if (!prepare_) return std::nullopt;
  return prepare_->run(view_of(preview, {1, 3, size.height, size.width}));
}

bool FusedPass::fits(const TensorContext& context) const {
  const at::Tensor& guide = context.guide;
  return (!trunk_ || static_cast<std::size_t>(context.mix.numel()) == trunk_->mixes()) &&
         (!toned_ || (guide.dim() == 5 && guide.size(0) == 1 && guide.size(1) == 6 && guide.numel() > 0));
}

void FusedPass::run(const TileBatch& tile, const TensorContext* context, std::span<float> out) {
  if (!trunk_) return tone(tile, context->guide, out.data());
  const kernels::Size size = {tile.height, tile.width};
  if (context != nullptr) trunk_->set_mixes(values_of(context->mix.contiguous()));
  std::vector<const float*> pictures = {tile.pixels.data()};
  if (toned_) {
    tone(tile, context->guide, toned_tile_.require(out.size()));
    pictures.push_back(toned_tile_.data());
  }
  const auto [residual, maps] = trunk_->run(pictures, size, windowed_ ? &*windowed_ : nullptr);
  const float* base = pictures.back();
  const std::size_t row = std::size_t{3} * tile.width;
  workers_->share_rows(tile.height, 0, [&, from = residual](int begin, int end, float*) {
    for (std::size_t i = begin * row; i < end * row; ++i) out[i] = base[i] + from[i];
  });
  if (toned_) shrink(maps, size, out);
}

const kernels::Guide& FusedPass::packed(const at::Tensor& guide) {
  if (!guide.is_same(packed_of_)) {
    guide_.emplace(values_of(guide.contiguous()), static_cast<int>(guide.size(2)), static_cast<int>(guide.size(3)),
                   static_cast<int>(guide.size(4)));
    packed_of_ = guide;
  }
  return guide_->view();
}

void FusedPass::tone(const TileBatch& tile, const at::Tensor& guide, float* out) {
  const kernels::Guide& cells = packed(guide);
  const TileRect& rect = tile.rects.front();
  const std::size_t scratch_floats = cells.row_floats() + kernels::apply_guide_scratch(tile.width);
  workers_->share_rows(tile.height, scratch_floats, [&](int begin, int end, float* scratch) {
    kernels_->apply_guide(cells, {rect.x0, rect.y0, rect.x1, rect.y1}, tile.pixels.data(), out,
                          {tile.height, tile.width}, begin, end, scratch);
  });
}

void FusedPass::shrink(const float* gains, kernels::Size size, std::span<float> out) {
  const std::size_t plane = std::size_t(size.height) * size.width;
  const float* coarse = toned_tile_.data();
  for (int band = 0; band < bands; ++band) {
    float* smooth = band + 1 < bands ? smooth_[band].require(out.size()) : nullptr;
    workers_->share_rows(size.height, kernels::shrink_scratch(size.width), [&](int begin, int end, float* scratch) {
      kernels_->shrink_band(coarse, gains + 2 * band * plane, 1 << band, smooth, out.data(), size, begin, end, scratch);
    });
    coarse = smooth;
  }
}

}  // namespace hdrtile
