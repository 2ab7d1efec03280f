#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "bytes.h"
#include "hdrtile/photo.h"

namespace hdrtile {

/// What a photo's metadata may take in memory, all of it together: DecodeLimits::max_metadata_bytes. It is asked before
/// memory is taken; what does not fit is dropped, and told once.
class MetadataBudget {
 public:
  MetadataBudget(const DecodeLimits& limits, Warnings& warnings)
      : limit_(static_cast<std::size_t>(std::max<std::int64_t>(limits.max_metadata_bytes, 0))),
        left_(limit_),
        warnings_(warnings) {}

  [[nodiscard]] std::size_t left() const noexcept { return left_; }

  /// Whether so many bytes more are taken.
  [[nodiscard]] bool take(std::size_t bytes, std::string_view what) {
    if (bytes <= left_) {
      left_ -= bytes;
      return true;
    }
    if (!told_) {
      warnings_.push_back("metadata is larger than the limit of " + std::to_string(limit_ >> 20U) +
                          " MiB: " + std::string(what) + " was dropped, and so is what does not fit behind it");
    }
    told_ = true;
    return false;
  }

 private:
  std::size_t limit_;
  std::size_t left_;
  Warnings& warnings_;
  bool told_ = false;
};

}  // namespace hdrtile
