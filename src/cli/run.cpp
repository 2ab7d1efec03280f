#include "run.h"

#include <fcntl.h>
#include <malloc.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <new>

#include "commands.h"
#include "hdrtile/engine.h"
#include "logging.h"

namespace hdrtile::cli {
namespace {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;  // clang before 17 wants to be told

ExitCode dispatch(const Options& options, StatusLine& line) {
  return std::visit(Overloaded{[&](const EnhanceFlags& flags) { return run_enhance(flags, line); },
                               [](const InfoFlags& flags) { return run_info(flags); },
                               [](const CompareFlags& flags) { return run_compare(flags); },
                               [](const MergeFlags& flags) { return run_merge(flags); },
                               [](const BenchFlags& flags) { return run_bench(flags); }},
                    options.command);
}

/// A standard stream that is closed gets a file that refuses what is done to it: else the next file opened would be it,
/// and the log would end up in a photo.
void occupy_standard_streams() {
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(stream, F_GETFD) == -1) (void)::open("/dev/null", stream == STDIN_FILENO ? O_WRONLY : O_RDONLY);
  }
}

/// By itself glibc raises both thresholds as blocks come and go, and gives every thread an arena of its own: after some
/// photos much is kept that nobody uses, and ever more with the length of a run. Photos go back to the system, what is
/// smaller is kept for the next one.
void bound_freed_memory() {
  constexpr int photo = 16 << 20;
  constexpr int kept = 128 << 20;
  constexpr int arenas = 2;
  (void)::mallopt(M_ARENA_MAX, arenas);
  (void)::mallopt(M_MMAP_THRESHOLD, photo);
  (void)::mallopt(M_TRIM_THRESHOLD, kept);
}

/// Results that nobody got are no success.
int told(int code) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return code;
  spdlog::error("stdout could not be written to: it was closed, or its disk is full");
  return code == static_cast<int>(ExitCode::ok) ? static_cast<int>(ExitCode::failed) : code;
}

}  // namespace

int run(int argc, const char* const* argv) {
  occupy_standard_streams();
  bound_freed_memory();
  set_up_environment();
  static StatusLine line;  // outlives the logger, which lives until the end
  set_up_logging(0, line);
  auto code = ExitCode::failed;
  try {
    const auto parsed = parse_options(argc, argv);
    if (const auto* ended = std::get_if<ExitCode>(&parsed)) return told(static_cast<int>(*ended));
    const auto& options = std::get<Options>(parsed);
    set_up_logging(options.verbosity, line);
    code = dispatch(options, line);
  } catch (const Error& error) {
    spdlog::error("{}", error.what());
    code = exit_code(error.code());
  } catch (const std::bad_alloc&) {
    spdlog::error("not enough memory; use fewer --jobs, smaller tiles (--tile), or a machine with more");
    code = exit_code(ErrorCode::out_of_memory);
  } catch (const std::exception& error) {
    spdlog::error("unexpected: {}; please report this with the command line", error.what());
  }
  line.show("");
  return told(static_cast<int>(code));
}

}  // namespace hdrtile::cli
