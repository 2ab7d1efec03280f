#pragma once

#include <ATen/Parallel.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>
#include <torch/csrc/jit/runtime/graph_executor.h>

#include <string>

namespace hdrtile {

/// LibTorch's warnings go to stderr unless someone takes them; only the command line prints.
class WarningCatcher : public c10::WarningHandler {
 public:
  void process(const c10::Warning& warning) override { last = warning.msg(); }
  std::string last;
};

/// What every call into LibTorch runs under: no autograd; graphs as written (the profiling executor recompiles them
/// after the first runs and fuses kernels, so that the third tile would differ from the first); no output to stderr.
class CallScope {
 public:
  CallScope();
  [[nodiscard]] const std::string& last_warning() const noexcept { return warnings_.last; }

 private:
  c10::InferenceMode inference_;
  torch::jit::GraphOptimizerEnabledGuard graph_as_written_{false};
  WarningCatcher warnings_;
  c10::WarningUtils::WarningHandlerGuard quiet_{&warnings_};
};

/// While this lives LibTorch has one thread: for small tensors, whose work takes less time than its threads take to
/// start, and these stay awake for milliseconds more, waiting for the next.
class OneThread {
 public:
  OneThread() : before_(at::get_num_threads()) { at::set_num_threads(1); }
  ~OneThread() { at::set_num_threads(before_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

/// From now on a refusal of CUDA memory is known by the caching allocator's own word: TorchScript rethrows its
/// exception as a plain std::runtime_error. Call once CUDA is initialised; does nothing without CUDA.
void watch_cuda_memory();

/// Inside a catch block: throws what was caught as hdrtile::Error that starts with `subject`.
[[noreturn]] void throw_translated(const std::string& subject);

/// The line of a LibTorch message that says what is wrong, without traces.
[[nodiscard]] std::string essence_of(const std::string& message);

/// Runs `call` in a CallScope; whatever LibTorch throws leaves as hdrtile::Error that starts with `subject`.
template <typename Call>
auto torch_call(const std::string& subject, Call&& call) {
  const CallScope scope;
  try {
    return call();
  } catch (...) {
    throw_translated(subject);
  }
}

}  // namespace hdrtile
