#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <mutex>
#include <string>

#include "hdrtile/engine.h"
#include "tensors.h"
#include "transfers.h"

namespace hdrtile {

/// What a model computes of tiles that are on its device already.
class TileModel {
 public:
  virtual ~TileModel() = default;

  /// Tiles [count, 3, height, width] in FP32, their rects [count, 4], on the model's device. Gives
  /// [count, 3, height * scale, width * scale] in any precision, on the device; not checked for NaN. The tiles may be
  /// overwritten.
  [[nodiscard]] virtual at::Tensor compute(const at::Tensor& tiles, const at::Tensor& rects,
                                           const TensorContext* context) = 0;
  /// The same in FP32. Empty: compute() is in FP32.
  [[nodiscard]] virtual at::Tensor compute_fp32(const at::Tensor& tiles, const at::Tensor& rects,
                                                const TensorContext* context) = 0;

  /// "model 'path'", for messages.
  [[nodiscard]] virtual std::string subject() const = 0;
  /// Held while work is handed to the device, so that photos on several threads do not mix theirs.
  [[nodiscard]] virtual std::mutex& launching() noexcept = 0;
};

/// A pass whose pixels go up once and come down once; all between is ATen's, on whatever device that is.
[[nodiscard]] std::unique_ptr<PhotoPass> make_device_pass(const PhotoTask& task, int scale, TileModel& model,
                                                          c10::Device device, const Transfers& transfers);

}  // namespace hdrtile
