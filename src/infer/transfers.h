#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Event.h>
#include <c10/core/Stream.h>

#include <optional>

namespace hdrtile {

/// Values on their way to a device.
class Upload {
 public:
  Upload(at::Tensor values, std::optional<c10::Event> arrived);

  /// The values, for work that is queued on the current stream from now on.
  [[nodiscard]] const at::Tensor& values();

 private:
  at::Tensor values_;
  std::optional<c10::Event> arrived_;
};

/// Values on their way to the host.
class Download {
 public:
  Download(at::Tensor values, std::optional<c10::Event> arrived);

  /// Waits until they are there.
  [[nodiscard]] const at::Tensor& wait();

 private:
  at::Tensor values_;
  std::optional<c10::Event> arrived_;
};

enum class CopyMode : std::uint8_t { beside_work, blocking };

/// Copies between the host and a device. On a GPU they run from and to pinned memory on two streams of their own, one a
/// direction, beside what the current stream computes; where that cannot be set up, or was not asked for, on the
/// current stream, and the caller waits. On a CPU nothing is copied. Thread-safe.
class Transfers {
 public:
  Transfers(c10::Device device, CopyMode mode);

  /// `values` lie on the host and may go once this has returned. On a CPU they are given back as they are.
  [[nodiscard]] Upload up(const at::Tensor& values) const;
  /// Starts when what the current stream has been given so far is done.
  [[nodiscard]] Download down(const at::Tensor& values) const;

 private:
  struct Streams {
    c10::Stream up;
    c10::Stream down;
  };
  [[nodiscard]] std::optional<Streams> make_streams() const;
  [[nodiscard]] c10::Stream current() const;

  c10::Device device_;
  std::optional<Streams> streams_;
};

}  // namespace hdrtile
