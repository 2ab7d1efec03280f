#include "core_time.h"

#include <pthread.h>

#include <ctime>

namespace hdrtile {
namespace {

double ms_of(clockid_t clock) {
  timespec used{};
  if (::clock_gettime(clock, &used) != 0) return 0;
  return 1e3 * static_cast<double>(used.tv_sec) + 1e-6 * static_cast<double>(used.tv_nsec);
}

}  // namespace

CoreTime::Codec::Codec(CoreTime& times) : times_(times) {
  if (::pthread_getcpuclockid(::pthread_self(), &clock_) != 0) clock_ = CLOCK_THREAD_CPUTIME_ID;
  start_ = ms_of(clock_);
  const std::lock_guard lock(times_.mutex_);
  place_ = times_.coding_.insert(times_.coding_.end(), this);
}

CoreTime::Codec::~Codec() {
  const std::lock_guard lock(times_.mutex_);
  times_.coding_.erase(place_);
  times_.coded_ms_ += ms_of(clock_) - start_;
}

void CoreTime::Codec::has_threads() {
  told_ = false;
  const std::lock_guard lock(times_.mutex_);
  times_.mixed_ = true;
}

std::optional<double> CoreTime::Codec::ms() const {
  if (!told_) return std::nullopt;
  return ms_of(clock_) - start_;
}

CoreTime::Network::Network(CoreTime& times) : times_(times) {
  const std::lock_guard lock(times_.mutex_);
  alone_ = times_.computing_++ == 0;
  turn_ = ++times_.turns_;
  start_ = times_.without_codecs();
}

CoreTime::Network::~Network() {
  const std::lock_guard lock(times_.mutex_);
  --times_.computing_;
}

std::optional<double> CoreTime::Network::ms() const {
  const std::lock_guard lock(times_.mutex_);
  if (!alone_ || turn_ != times_.turns_ || times_.mixed_) return std::nullopt;
  return times_.without_codecs() - start_;
}

double CoreTime::without_codecs() const {
  double ms = ms_of(CLOCK_PROCESS_CPUTIME_ID) - coded_ms_;
  for (const Codec* codec : coding_) ms -= ms_of(codec->clock_) - codec->start_;
  return ms;
}

}  // namespace hdrtile
