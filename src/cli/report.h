#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "dry_run.h"
#include "hdrtile/engine.h"
#include "hdrtile/pipeline.h"

namespace hdrtile::cli {

/// What the report says of the run as a whole.
struct RunFacts {
  ModelInfo model;
  std::string model_sha256;
  std::vector<EngineInfo> engines;  ///< one a device; empty when no photo needed one
  std::string settings;
  std::span<const Job> list;  ///< all photos, those of other shards, too
  std::span<const std::filesystem::path> unread_folders;  ///< whose photos may be missing in the list
  std::optional<Shard> shard;
  bool dry_run = false;
  std::optional<RunEstimate> estimate;  ///< of a dry run
};

/// Throws Error{usage} when a report could not be written there: found before the work. `flag` named it.
void require_report_place(const std::string& flag, const std::filesystem::path& file);

/// Collects what became of the photos and writes it as one JSON file.
class Report final : public Observer {
 public:
  /// Throws Error{usage} as require_report_place does.
  explicit Report(std::filesystem::path file);

  void on_start(const Job& /*job*/, Size /*size*/) override {}
  void on_progress(const Job& /*job*/, double /*share*/) override {}
  void on_finish(const PhotoResult& result) override;

  /// Writes the file, whole or not at all. `error`: what ended the run, empty when it came to its end.
  void write(const RunFacts& facts, double seconds, const std::string& error);

 private:
  std::filesystem::path file_;
  std::string photos_;  ///< JSON, a line each: as values they would take twenty times the memory
  BatchSummary summary_;
};

/// Throws Error{usage} when the report would be written onto a photo of the batch, or onto a list of its photos.
void require_no_input(const std::filesystem::path& report, std::span<const Job> jobs,
                      std::span<const std::filesystem::path> lists);

}  // namespace hdrtile::cli
