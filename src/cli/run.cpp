#include "run.h"

#include <spdlog/spdlog.h>

#include <exception>

#include "commands.h"
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
                               [](const CompareFlags& flags) { return run_compare(flags); }},
                    options.command);
}

}  // namespace

int run(int argc, const char* const* argv) {
  static StatusLine line;  // outlives the logger, which lives until the end
  auto code = ExitCode::failed;
  try {
    const auto parsed = parse_options(argc, argv);
    if (const auto* ended = std::get_if<ExitCode>(&parsed)) return static_cast<int>(*ended);
    const auto& options = std::get<Options>(parsed);
    set_up_logging(options.verbosity, line);
    code = dispatch(options, line);
  } catch (const Error& error) {
    spdlog::error("{}", error.what());
    code = exit_code(error.code());
  } catch (const std::exception& error) {
    spdlog::error("unexpected: {}; please report this with the command line", error.what());
  }
  return static_cast<int>(code);
}

}  // namespace hdrtile::cli
