#pragma once

#include <chrono>
#include <optional>

#include "hdrtile/pipeline.h"
#include "status_line.h"

namespace hdrtile::cli {

/// Photos done, share, MP/s and time left, in one line redrawn ten times a second at most.
class ProgressBar final : public Observer {
 public:
  ProgressBar(StatusLine& line, std::size_t photos) : line_(line), photos_(photos) {}

  void on_start(const Job& job, Size size) override;
  void on_progress(const Job& job, double share_of_photo) override;
  void on_finish(const PhotoResult& result) override;

 private:
  using Clock = std::chrono::steady_clock;
  void redraw();

  StatusLine& line_;
  std::size_t photos_;
  std::size_t finished_ = 0;    // whatever came of them
  double enhanced_ = 0;         // photos whose tiles are done, in photos
  double enhanced_pixels_ = 0;  // the same in pixels
  double share_ = 0;            // of the photo whose tiles are computed now
  double pixels_ = 0;           // of that photo
  std::optional<Clock::time_point> first_start_;
  Clock::time_point next_draw_;
};

}  // namespace hdrtile::cli
