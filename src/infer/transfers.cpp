#include "transfers.h"

#include <ATen/Functions.h>
#include <c10/core/DeviceGuard.h>
#include <c10/core/StreamGuard.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <utility>

namespace hdrtile {
namespace {

at::Tensor pinned_like(const at::Tensor& values) {
  return at::empty(values.sizes(), values.options().device(c10::kCPU).pinned_memory(true));
}

}  // namespace

Upload::Upload(at::Tensor values, std::optional<c10::Event> arrived)
    : values_(std::move(values)), arrived_(std::move(arrived)) {}

const at::Tensor& Upload::values() {
  if (arrived_) {
    const c10::Stream stream = c10::impl::VirtualGuardImpl(values_.device().type()).getStream(values_.device());
    arrived_->block(stream);
    values_.record_stream(stream);  // their memory goes back to the upload's stream, and not before this one is done
    arrived_.reset();
  }
  return values_;
}

Download::Download(at::Tensor values, std::optional<c10::Event> arrived)
    : values_(std::move(values)), arrived_(std::move(arrived)) {}

const at::Tensor& Download::wait() {
  if (arrived_) arrived_->synchronize();
  arrived_.reset();
  return values_;
}

Transfers::Transfers(c10::Device device, CopyMode mode) : device_(device) {
  if (device_.is_cpu() || mode == CopyMode::blocking) return;
  streams_ = make_streams();
}

/// Empty where this GPU, driver or limit on locked memory does not allow it: found by trying.
std::optional<Transfers::Streams> Transfers::make_streams() const {
  try {
    const c10::DeviceGuard on_device(device_);
    const c10::impl::VirtualGuardImpl devices(device_.type());
    Streams streams{devices.getStreamFromGlobalPool(device_), devices.getStreamFromGlobalPool(device_)};
    const at::Tensor pinned = at::ones({1}).pin_memory();
    c10::Event event(device_.type());
    {
      const c10::StreamGuard on_stream(streams.up);
      const at::Tensor copy = pinned.to(device_, /*non_blocking=*/true);
      event.record(streams.up);
    }
    event.block(streams.down);
    event.synchronize();
    return streams;
  } catch (const std::exception&) {
    return std::nullopt;
  }
}

c10::Stream Transfers::current() const { return c10::impl::VirtualGuardImpl(device_.type()).getStream(device_); }

Upload Transfers::up(const at::Tensor& values) const {
  if (!streams_) return {values.to(device_), std::nullopt};
  at::Tensor pinned = pinned_like(values);
  pinned.copy_(values);
  const c10::StreamGuard on_stream(streams_->up);
  at::Tensor copy = pinned.to(device_, /*non_blocking=*/true);  // the allocator keeps `pinned` until it is done
  c10::Event arrived(device_.type());
  arrived.record(streams_->up);
  return {std::move(copy), std::move(arrived)};
}

Download Transfers::down(const at::Tensor& values) const {
  if (!streams_) return {values.to(c10::kCPU), std::nullopt};
  at::Tensor pinned = pinned_like(values);
  c10::Event computed(device_.type());
  computed.record(current());
  computed.block(streams_->down);
  const c10::StreamGuard on_stream(streams_->down);
  pinned.copy_(values, /*non_blocking=*/true);
  values.record_stream(streams_->down);
  c10::Event arrived(device_.type());
  arrived.record(streams_->down);
  return {std::move(pinned), std::move(arrived)};
}

}  // namespace hdrtile
