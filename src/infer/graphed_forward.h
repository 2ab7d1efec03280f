#pragma once

#include <ATen/core/Tensor.h>

#include <functional>
#include <list>
#include <memory>
#include <string>
#include <vector>

namespace hdrtile {

/// Work that was handed to a device once and can be handed to it again, with the same tensors, at one call's cost.
class Recording {
 public:
  virtual ~Recording() = default;
  virtual void replay() = 0;
};

/// Records what `work` hands to the device. `work` may be called several times before it returns. Throws where that
/// cannot be recorded.
using Recorder = std::function<std::unique_ptr<Recording>(const std::function<void()>& work)>;

/// Runs a model's pass from recordings, one for each shape of its inputs: a network of hundreds of small kernels then
/// costs one launch. A shape is recorded when it is seen for the second time. Should recording or replaying ever fail,
/// passes run as they are from then on. Not thread-safe.
class GraphedForward {
 public:
  using Forward = std::function<at::Tensor(const std::vector<at::Tensor>& inputs)>;

  explicit GraphedForward(Recorder recorder) : recorder_(std::move(recorder)) {}

  /// What `forward` gives for `inputs`; it must be the same one every time.
  [[nodiscard]] at::Tensor run(const std::vector<at::Tensor>& inputs, const Forward& forward);

  /// Why there are no recordings any more; empty: there may be.
  [[nodiscard]] const std::string& fault() const noexcept { return fault_; }

 private:
  using Shapes = std::vector<std::vector<std::int64_t>>;
  struct Entry {
    Shapes shapes;
    std::vector<at::Tensor> inputs;  // that the recording reads
    at::Tensor output;               // that it writes
    std::unique_ptr<Recording> recording;
  };
  void record(Entry& entry, const std::vector<at::Tensor>& inputs, const Forward& forward) const;

  static constexpr std::size_t most_entries = 2;  // full batches and a photo's last one; each holds its own activations

  Recorder recorder_;
  std::list<Entry> entries_;  // the last used first
  std::string fault_;
};

}  // namespace hdrtile
