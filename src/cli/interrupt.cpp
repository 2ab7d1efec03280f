#include "interrupt.h"

#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <string_view>
#include <system_error>
#include <thread>

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

void on_signal_before_the_work(int) { ::_exit(static_cast<int>(ExitCode::interrupted)); }

void handle(void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;  // reads and writes under way go on
  sigemptyset(&action.sa_mask);
  ::sigaction(SIGINT, &action, nullptr);
  ::sigaction(SIGTERM, &action, nullptr);
  struct sigaction before {};
  ::sigaction(SIGHUP, nullptr, &before);
  if (before.sa_handler != SIG_IGN) ::sigaction(SIGHUP, &action, nullptr);  // else nohup wants it to go on
}

sigset_t caught_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&signals, signal);
  return signals;
}

/// Leaves the signals to a thread of their own: the others may be in a call that a disk does not come back from.
void keep_from_this_thread() {
  try {
    std::thread([] {
      while (true) ::pause();
    }).detach();
  } catch (const std::system_error&) {  // a limit on threads: this one takes them, too
    return;
  }
  const sigset_t signals = caught_signals();
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace

void end_on_interrupts() { handle(on_signal_before_the_work); }

const CancelFlag& catch_interrupts() {
  handle(on_signal);
  keep_from_this_thread();
  return interrupted;
}

void outlive_readers() {
  ::signal(SIGPIPE, SIG_IGN);
  ::signal(SIGXFSZ, SIG_IGN);
}

}  // namespace hdrtile::cli
