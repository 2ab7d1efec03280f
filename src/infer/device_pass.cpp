#include "device_pass.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <c10/core/DeviceGuard.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include "call_scope.h"

namespace hdrtile {
namespace {

constexpr std::int64_t rows_at_once = 1024;  // of the result, so that their temporaries stay small

/// How samples lie in tensors. Those of 16 bits as signed ones with the same bits: ATen has few operators for unsigned.
at::ScalarType stored_type(Depth depth) {
  return depth == Depth::u8 ? at::kByte : depth == Depth::u16 ? at::kShort : at::kFloat;
}

at::Tensor view_of(const Image& image) {
  return at::from_blob(const_cast<std::byte*>(image.row_data(0)), {image.height(), image.width(), 3},
                       stored_type(image.depth()));
}

/// The weights of all tiles along one axis, one a row.
at::Tensor weights_of(const AxisPlan& axis, int scale) {
  at::Tensor all = at::empty({axis.count(), std::int64_t{axis.side} * scale}, at::kFloat);
  for (int i = 0; i < axis.count(); ++i) {
    const std::vector<float> weights = axis_weights(axis, i, scale);
    std::copy(weights.begin(), weights.end(), all[i].data_ptr<float>());
  }
  return all;
}

at::Tensor rects_of(const TilePlan& plan) {
  at::Tensor rects = at::empty({plan.count(), 4}, at::kFloat);
  for (int i = 0; i < plan.count(); ++i) {
    const TileRect rect = tile_rect(plan, i);
    std::memcpy(rects[i].data_ptr<float>(), &rect, sizeof rect);
  }
  return rects;
}

/// Where the last tile's pixels along an axis come from, counted from its origin; empty where it ends in the photo.
std::optional<at::Tensor> mirrored(const AxisPlan& axis) {
  const int origin = axis.origin.back();
  if (origin + axis.side <= axis.length) return std::nullopt;
  at::Tensor from = at::empty({axis.side}, at::kLong);
  for (int i = 0; i < axis.side; ++i) from.data_ptr<std::int64_t>()[i] = mirror_index(origin + i, axis.length) - origin;
  return from;
}

class DevicePass final : public PhotoPass {
 public:
  DevicePass(const PhotoTask& task, int scale, TileModel& model, c10::Device device, const Transfers& transfers)
      : task_(task),
        scale_(scale),
        model_(model),
        device_(device),
        transfers_(transfers),
        photo_(transfers.up(view_of(task.photo))),
        rects_(transfers.up(rects_of(task.tiles))),
        weights_x_(transfers.up(weights_of(task.tiles.x, scale))),
        weights_y_(transfers.up(weights_of(task.tiles.y, scale))) {
    if (const auto from = mirrored(task.tiles.x)) mirrored_x_ = transfers.up(*from);
    if (const auto from = mirrored(task.tiles.y)) mirrored_y_ = transfers.up(*from);
    const std::lock_guard lock(model_.launching());
    const auto floats = at::TensorOptions(device).dtype(at::kFloat);
    sums_ = at::zeros({std::int64_t{task.photo.height()} * scale, std::int64_t{task.photo.width()} * scale, 3}, floats);
    // A tensor, not a number: ATen's CUDA kernels multiply by the reciprocal of a number.
    full_in_ = at::full({}, task.photo.depth() == Depth::u8 ? 255.0 : 65535.0, floats);
  }

  RunStats run(int first, int count) override {
    return torch_call(model_.subject(), [&] {
      const c10::DeviceGuard on_device(device_);
      std::unique_lock launching(model_.launching());
      const at::Tensor enhanced =
          model_.compute(gather(first, count), rects_.values().narrow(0, first, count), context());
      Download finite = transfers_.down(at::isfinite(enhanced).flatten(1).all(1));
      launching.unlock();  // another photo's tiles go in here
      const at::Tensor& usable = finite.wait();
      launching.lock();
      RunStats stats;
      for (int i = 0; i < count; ++i) {
        const bool fine = usable.data_ptr<bool>()[i];
        blend(first + i, fine ? enhanced[i] : redone(first + i));
        stats.redone_fp32 += fine ? 0 : 1;
      }
      return stats;
    });
  }

  void finish(Image& result) override {
    torch_call(model_.subject(), [&] {
      const c10::DeviceGuard on_device(device_);
      std::unique_lock launching(model_.launching());
      at::Tensor pixels = at::empty(sums_.sizes(), sums_.options().dtype(stored_type(task_.depth)));
      for (std::int64_t y = 0; y < pixels.size(0); y += rows_at_once) {
        const std::int64_t rows = std::min(rows_at_once, pixels.size(0) - y);
        pixels.narrow(0, y, rows).copy_(quantised(final_rows(y, rows)));
      }
      Download samples = transfers_.down(pixels);
      launching.unlock();
      std::memcpy(result.row_data(0), samples.wait().const_data_ptr(), result.bytes());
    });
  }

 private:
  [[nodiscard]] const TensorContext* context() const { return dynamic_cast<const TensorContext*>(task_.context); }

  /// As read_row gives samples.
  [[nodiscard]] at::Tensor as_float(const at::Tensor& samples) const {
    switch (task_.photo.depth()) {
      case Depth::u8:
        return samples.to(at::kFloat).div_(full_in_);
      case Depth::u16:
        return samples.to(at::kInt).bitwise_and_(0xFFFF).to(at::kFloat).div_(full_in_);
      case Depth::f32:
        break;
    }
    return samples;
  }

  /// As write_row stores them.
  [[nodiscard]] at::Tensor quantised(const at::Tensor& values) const {
    if (task_.depth == Depth::f32) return values;
    const at::Tensor steps = values.clamp(0, 1).mul_(task_.depth == Depth::u8 ? 255.0 : 65535.0).add_(0.5);
    return task_.depth == Depth::u8 ? steps.to(at::kByte) : steps.to(at::kInt).to(at::kShort);
  }

  /// Tiles as models take them: [count, 3, height, width], channels last in memory.
  at::Tensor gather(int first, int count) {
    const TilePlan& plan = task_.tiles;
    at::Tensor tiles = at::empty({count, plan.y.side, plan.x.side, 3}, sums_.options());
    for (int i = 0; i < count; ++i) tiles[i].copy_(as_float(cut_out(first + i)));
    if (task_.photo.depth() == Depth::f32) tiles.clamp_(0, 1);
    return tiles.permute({0, 3, 1, 2});
  }

  /// What is mirrored lies in the tile itself (see TileGather).
  at::Tensor cut_out(int index) {
    const AxisPlan& x = task_.tiles.x;
    const AxisPlan& y = task_.tiles.y;
    const int column = index % x.count();
    const int row = index / x.count();
    at::Tensor tile = photo_.values()
                          .narrow(0, y.origin[row], std::min(y.side, y.length - y.origin[row]))
                          .narrow(1, x.origin[column], std::min(x.side, x.length - x.origin[column]));
    if (mirrored_y_ && row + 1 == y.count()) tile = tile.index_select(0, mirrored_y_->values());
    if (mirrored_x_ && column + 1 == x.count()) tile = tile.index_select(1, mirrored_x_->values());
    return tile;
  }

  at::Tensor redone(int index) {
    const at::Tensor tile = model_.compute_fp32(gather(index, 1), rects_.values().narrow(0, index, 1), context());
    if (!tile.defined() || !tile.isfinite().all().item<bool>()) throw_not_finite(model_.subject());
    return tile[0];
  }

  /// Adds a tile with its weights, as TileBlender does.
  void blend(int index, const at::Tensor& tile) {
    const TilePlan& plan = task_.tiles;
    const auto column = index % plan.x.count();
    const auto row = index / plan.x.count();
    const std::int64_t left = std::int64_t{plan.x.origin[column]} * scale_;
    const std::int64_t top = std::int64_t{plan.y.origin[row]} * scale_;
    const std::int64_t width = std::min(tile.size(2), sums_.size(1) - left);
    const std::int64_t height = std::min(tile.size(1), sums_.size(0) - top);
    const at::Tensor weights =
        weights_y_.values()[row].narrow(0, 0, height).unsqueeze(1) * weights_x_.values()[column].narrow(0, 0, width);
    const at::Tensor values = tile.permute({1, 2, 0}).narrow(0, 0, height).narrow(1, 0, width).to(at::kFloat);
    // Not addcmul_, which rounds once where the host rounds twice.
    sums_.narrow(0, top, height).narrow(1, left, width).add_(values.mul(weights.unsqueeze(2)));
  }

  /// Rows of the result as enhance_image defines them: what lay outside sRGB is added back, strength applied.
  at::Tensor final_rows(std::int64_t y, std::int64_t rows) {
    const at::Tensor enhanced = sums_.narrow(0, y, rows);
    const bool needs_input = scale_ == 1 && (task_.photo.depth() == Depth::f32 || task_.strength < 1.0F);
    if (!needs_input) return enhanced;
    const at::Tensor in = as_float(photo_.values().narrow(0, y, rows));
    const at::Tensor full = enhanced + (in - in.clamp(0, 1));
    return task_.strength < 1.0F ? in + (full - in).mul_(task_.strength) : full;
  }

  PhotoTask task_;
  int scale_;
  TileModel& model_;
  c10::Device device_;
  const Transfers& transfers_;
  Upload photo_;  // [height, width, 3]
  Upload rects_;
  Upload weights_x_;
  Upload weights_y_;
  std::optional<Upload> mirrored_x_;
  std::optional<Upload> mirrored_y_;
  at::Tensor sums_;     // [height * scale, width * scale, 3] in FP32
  at::Tensor full_in_;  // what the input's samples are divided by
};

}  // namespace

std::unique_ptr<PhotoPass> make_device_pass(const PhotoTask& task, int scale, TileModel& model, c10::Device device,
                                            const Transfers& transfers) {
  return torch_call(model.subject(), [&]() -> std::unique_ptr<PhotoPass> {
    const c10::DeviceGuard on_device(device);
    return std::make_unique<DevicePass>(task, scale, model, device, transfers);
  });
}

}  // namespace hdrtile
