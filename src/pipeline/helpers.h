#pragma once

#include <functional>

#include "core_time.h"

namespace hdrtile {

/// Threads that come to the aid of one that encodes, for as long as that takes. What they use of the processor is told
/// to `times` as a codec's.
class Helpers {
 public:
  /// `threads`, at least 1, counts the one that calls run(). Fewer where the system refuses more.
  Helpers(int threads, CoreTime& times) : threads_(threads), times_(times) {}

  /// What a Spread does (photo.h). One call at a time.
  void run(int count, const std::function<void(int index)>& task);
  /// Processor time so far, without the calling thread's.
  [[nodiscard]] double core_ms() const noexcept { return core_ms_; }

 private:
  int threads_;
  CoreTime& times_;
  double core_ms_ = 0;
};

}  // namespace hdrtile
