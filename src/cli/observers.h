#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "dry_run.h"
#include "hdrtile/pipeline.h"

namespace hdrtile::cli {

/// Tells several observers, in order.
class Observers final : public Observer {
 public:
  void add(Observer& observer) { all_.push_back(&observer); }
  void on_start(const Job& job, Size size) override;
  void on_progress(const Job& job, double share_of_photo) override;
  void on_finish(const PhotoResult& result) override;
  void on_stray_removed(const std::filesystem::path& file) override;

 private:
  std::vector<Observer*> all_;
};

/// What people read: a line a photo, warnings, and (verbose) the plan.
class LogObserver final : public Observer {
 public:
  void on_start(const Job& job, Size size) override;
  void on_progress(const Job& /*job*/, double /*share*/) override {}
  void on_finish(const PhotoResult& result) override;
  void on_stray_removed(const std::filesystem::path& file) override;

 private:
  std::set<std::string> notes_;  // what was said of plans already: once is enough
};

/// What programs read: one JSON object a line on stdout.
class JsonEvents final : public Observer {
 public:
  void on_start(const Job& job, Size size) override;
  void on_progress(const Job& job, double share_of_photo) override;
  void on_finish(const PhotoResult& result) override;
  static void batch(std::size_t photos, const std::string& model, const std::optional<Shard>& shard, bool dry_run);
  /// `unread`: folders; `estimate`: of a dry run.
  static void summary(const BatchSummary& summary, std::span<const std::filesystem::path> unread, double seconds,
                      const std::optional<RunEstimate>& estimate);
};

}  // namespace hdrtile::cli
