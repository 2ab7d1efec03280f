#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "json.h"

namespace hdrtile::cli {

/// A report that `enhance --report` wrote.
struct NamedReport {
  std::filesystem::path file;
  Json report;
};

struct MergedReport {
  Json report;  ///< as one run would have written it, and `shards`, `missing_shards`, `machine_seconds`
  std::vector<std::string> problems;  ///< why the list is not done; empty when all of it is done or skipped
  std::vector<std::string> warnings;
};

/// Merges the reports of a list's shards. Of a shard there may be several (it was requeued); of what they tell about a
/// photo the best is true: what was done once is there, though a later run skipped it; among equals the later counts.
/// Throws Error{usage} naming the files when one is no report, or when they are of different lists, numbers of shards,
/// models, settings or versions.
[[nodiscard]] MergedReport merge_reports(std::vector<NamedReport> reports);

}  // namespace hdrtile::cli
