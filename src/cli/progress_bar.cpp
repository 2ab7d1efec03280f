#include "progress_bar.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <string>

#include "quantity.h"

namespace hdrtile::cli {

void ProgressBar::on_start(const Job&, Size size) {
  if (!first_start_) first_start_ = Clock::now();
  share_ = 0;
  pixels_ = static_cast<double>(size.width) * size.height;
  redraw();
}

void ProgressBar::on_progress(const Job&, double share_of_photo) {
  share_ = share_of_photo;
  if (share_ >= 1) {
    enhanced_ += 1;
    enhanced_pixels_ += pixels_;
    share_ = pixels_ = 0;
  }
  redraw();
}

void ProgressBar::on_finish(const PhotoResult&) {
  ++finished_;
  if (finished_ == photos_) {
    line_.show("");
  } else {
    redraw();
  }
}

void ProgressBar::redraw() {
  const auto now = Clock::now();
  if (now < next_draw_) return;
  next_draw_ = now + std::chrono::milliseconds(100);

  constexpr int width = 24;
  // A photo is done when it is written; until then its tiles count.
  const double all = static_cast<double>(photos_);
  const double finished = static_cast<double>(finished_);
  const double done = std::min(all, finished + share_);
  const int filled = static_cast<int>(width * done / all);
  std::string text = fmt::format("[{:=<{}}{: <{}}] {}/{} photos", "", filled, "", width - filled, finished_, photos_);
  if (first_start_ && enhanced_ + share_ > 0) {
    const double seconds = std::chrono::duration<double>(now - *first_start_).count();
    const double speed = (enhanced_pixels_ + share_ * pixels_) / 1e6 / std::max(seconds, 1e-3);
    const double left_ms = 1000 * seconds / (enhanced_ + share_) * (all - done);
    text += fmt::format(", {:.2f} MP/s, {} left", speed, format_duration(left_ms < 1000 ? 1000 : left_ms));
  }
  line_.show(text);
}

}  // namespace hdrtile::cli
