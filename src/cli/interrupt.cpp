#include "interrupt.h"

#include <unistd.h>

#include <csignal>
#include <string_view>

#include "exit_codes.h"

namespace hdrtile::cli {
namespace {

CancelFlag interrupted = false;
static_assert(CancelFlag::is_always_lock_free, "a signal handler sets it");

void on_signal(int) {
  if (interrupted.exchange(true)) ::_exit(static_cast<int>(ExitCode::interrupted));
  constexpr std::string_view text = "\nstopping; once more ends at once\n";
  [[maybe_unused]] const auto written = ::write(STDERR_FILENO, text.data(), text.size());
}

}  // namespace

const CancelFlag& catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART;  // reads and writes under way go on
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  return interrupted;
}

}  // namespace hdrtile::cli
