#include "inference.h"

#include <utility>

#include "threads.h"

namespace hdrtile {

Inference::Device::Device(EngineSource given)
    : source([this, get = std::move(given)]() -> Engine& {
        if (fault) std::rethrow_exception(std::exchange(fault, nullptr));
        Engine& engine = get();
        lanes = engine.lanes();
        return engine;
      }) {}

Inference::Inference(EngineSources engines, Stages& stages)
    : fallback_(std::move(engines.fallback)), stages_(stages), working_(engines.devices.size()) {
  for (EngineSource& source : engines.devices) devices_.emplace_back(std::move(source));
}

bool Inference::one(Work& work) { return one(work, devices_.front()); }

void Inference::all(BoundedQueue<Work>& decoded, BoundedQueue<Work>& enhanced) {
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < devices_.size(); ++i) {
    if (!start(others, [&, i] { serve(devices_[i], decoded, enhanced, Lane::first); })) break;
  }
  if (stages_.await_photo()) make_ahead(devices_.front());
  serve(devices_.front(), decoded, enhanced, Lane::first);
}

void Inference::make_ahead(Device& device) noexcept {
  try {
    (void)device.source();
  } catch (...) {
    device.fault = std::current_exception();
  }
}

void Inference::rethrow() const {
  if (fatal_) std::rethrow_exception(fatal_);
}

bool Inference::one(Work& work, Device& device) {
  try {
    return stages_.infer(work, device.source, fallback_);
  } catch (const Error& error) {
    note(error, device);
    return false;
  }
}

/// The first lane of a device sees its engine made, and starts the others.
void Inference::serve(Device& device, BoundedQueue<Work>& decoded, BoundedQueue<Work>& enhanced, Lane lane) {
  std::vector<std::jthread> others;
  while (!device.failed) {
    auto work = decoded.pop();
    if (!work) break;
    if (one(*work, device) && !enhanced.push(std::move(*work))) break;
    const auto further = [&] { serve(device, decoded, enhanced, Lane::further); };
    while (lane == Lane::first && std::cmp_less(others.size() + 1, device.lanes.load()) && start(others, further)) {
    }
  }
}

void Inference::note(const Error& error, Device& device) {
  const std::lock_guard lock(noting_);
  if (!fatal_) fatal_ = std::current_exception();
  const bool others_go_on = error.code() == ErrorCode::device && working_ - (device.failed ? 0 : 1) > 0;
  if (!others_go_on) return stages_.stop();  // what is left passes through and is reported
  if (!device.failed.exchange(true)) --working_;
}

}  // namespace hdrtile
