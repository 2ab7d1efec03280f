#include "status_line.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "printable.h"

namespace hdrtile::cli {
namespace {

constexpr std::string_view wipe = "\r\x1b[K";

void put(std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

std::size_t terminal_columns() {
  ::winsize size{};
  if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace

void StatusLine::print(const std::string& message) {
  const std::string text = printable(message) + "\n";
  const std::lock_guard lock(mutex_);
  if (!line_.empty()) put(wipe);
  put(text);
  draw();
}

void StatusLine::show(const std::string& line) {
  const std::lock_guard lock(mutex_);
  if (!line_.empty()) put(wipe);
  line_ = line;
  draw();
}

void StatusLine::draw() const {
  if (!line_.empty()) put(std::string_view(line_).substr(0, terminal_columns() - 1));
}

bool stderr_redraws() noexcept {
  const char* const kind = std::getenv("TERM");
  return ::isatty(STDERR_FILENO) == 1 && kind != nullptr && std::string_view(kind) != "dumb";
}

}  // namespace hdrtile::cli
