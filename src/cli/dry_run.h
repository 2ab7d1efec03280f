#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "hdrtile/pipeline.h"
#include "json.h"
#include "session.h"

namespace hdrtile::cli {

/// A file system that results go to.
struct Target {
  std::filesystem::path folder;  ///< one on it
  std::int64_t bytes = 0;        ///< of results, less those they replace
  std::int64_t free_bytes = 0;
};

/// What the run would take, by estimate.
struct RunEstimate {
  double seconds = 0;
  std::int64_t bytes = 0;  ///< of results
  int tried = 0;           ///< photos
  std::vector<Target> targets;
};

struct DryRun {
  BatchSummary summary;
  std::optional<RunEstimate> estimate;  ///< empty when nothing is to be enhanced, or none of it could be tried
};

[[nodiscard]] Json to_json(const RunEstimate& estimate);

/// Whether a dry run says what it finds on stdout as text, or leaves that to its observer. Faults go to the log.
enum class DryRunText : std::uint8_t { on_stdout, none };

/// Finds what would be done, and what it would take; nothing is written. Throws Error as the run would before its first
/// photo.
[[nodiscard]] DryRun run_dry(std::span<const Job> jobs, const BatchOptions& options, Session& session,
                             Observer& observer, DryRunText text, const CancelFlag& cancel);

}  // namespace hdrtile::cli
