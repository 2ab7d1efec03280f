#pragma once

#include <mutex>
#include <string>

namespace hdrtile::cli {

/// The one who writes to stderr: messages, and below them, where it is wanted, one line that changes. A message wipes
/// the line and has it drawn again, so that neither tears the other. Thread-safe.
class StatusLine {
 public:
  /// One message, a line; control characters in it (names may hold any) are made harmless.
  void print(const std::string& message);
  /// Draws the changing line, cut to the terminal's width. Empty: wipes it.
  void show(const std::string& line);

 private:
  void draw() const;
  std::mutex mutex_;
  std::string line_;
};

/// Whether stderr is a terminal that can redraw a line.
[[nodiscard]] bool stderr_redraws() noexcept;

}  // namespace hdrtile::cli
