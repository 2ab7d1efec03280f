#include "exit_codes.h"

namespace hdrtile::cli {

ExitCode exit_code(ErrorCode error) noexcept {
  switch (error) {
    case ErrorCode::usage:
      return ExitCode::usage;
    case ErrorCode::input:
    case ErrorCode::unsupported:
    case ErrorCode::limit:
    case ErrorCode::output:
      return ExitCode::failed;
    case ErrorCode::model:
    case ErrorCode::device:
    case ErrorCode::out_of_memory:
      return ExitCode::model_or_device;
    case ErrorCode::cancelled:
      return ExitCode::interrupted;
  }
  return ExitCode::failed;
}

ExitCode exit_code(const BatchSummary& summary) noexcept {
  if (summary.cancelled > 0) return ExitCode::interrupted;
  return summary.failed > 0 ? ExitCode::failed : ExitCode::ok;
}

}  // namespace hdrtile::cli
