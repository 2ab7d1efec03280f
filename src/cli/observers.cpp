#include "observers.h"

#include <spdlog/spdlog.h>

#include <cstdio>

#include "json.h"
#include "quantity.h"

namespace hdrtile::cli {
namespace {

/// Errors name their file; what comes from elsewhere may not.
std::string with_name(const std::filesystem::path& file, const std::string& text) {
  return text.find(file.filename().string()) == std::string::npos ? file.string() + ": " + text : text;
}

bool wants_a_look(const PhotoResult& skipped) {
  return skipped.existing == Existing::stale || skipped.existing == Existing::unreadable;
}

bool ends_run(const PhotoResult& result) {
  return result.error == ErrorCode::model || result.error == ErrorCode::device || result.error == ErrorCode::usage;
}

void put_line(const Json& event) {
  const std::string line = dump(event, -1) + "\n";
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fflush(stdout);  // whoever reads along sees it now
}

}  // namespace

void Observers::on_start(const Job& job, Size size) {
  for (auto* observer : all_) observer->on_start(job, size);
}

void Observers::on_progress(const Job& job, double share_of_photo) {
  for (auto* observer : all_) observer->on_progress(job, share_of_photo);
}

void Observers::on_finish(const PhotoResult& result) {
  for (auto* observer : all_) observer->on_finish(result);
}

void Observers::on_stray_removed(const std::filesystem::path& file) {
  for (auto* observer : all_) observer->on_stray_removed(file);
}

void LogObserver::on_start(const Job& job, Size size) {
  spdlog::debug("{}: {}, begins", job.input.string(), describe(size));
}

void LogObserver::on_finish(const PhotoResult& result) {
  const std::string input = result.job.input.string();
  for (const auto& warning : result.warnings) spdlog::warn("{}", with_name(result.job.input, warning));
  for (const auto& downgrade : result.downgrades) spdlog::warn("{}: {}", input, downgrade);
  if (result.plan) {
    for (const auto& note : result.plan->tiles.notes) {
      if (notes_.insert(note).second) spdlog::info("{}", note);
    }
    spdlog::debug("{}: {}; {}", input, describe(*result.plan), result.plan->why);
    spdlog::debug("{}: decode {}, prepare {}, tiles {}, encode {}", input, format_duration(result.decode_ms),
                  format_duration(result.prepare_ms), format_duration(result.tiles_ms),
                  format_duration(result.encode_ms));
  }
  switch (result.status) {
    case PhotoStatus::done:
      spdlog::info("{} -> {}, {}, {}", input, result.job.output.string(), describe(result.output_size),
                   format_duration(result.decode_ms + result.prepare_ms + result.tiles_ms + result.encode_ms));
      break;
    case PhotoStatus::skipped:
      spdlog::log(wants_a_look(result) ? spdlog::level::warn : spdlog::level::info, "{}: skipped, {}", input,
                  result.reason);
      break;
    case PhotoStatus::failed:
      if (ends_run(result)) {
        spdlog::info("{}: not done, why is said at the end", input);
      } else {
        spdlog::error("{}", with_name(result.job.input, result.reason));
      }
      break;
    case PhotoStatus::cancelled:
      spdlog::debug("{}: {}", input, result.reason);
      break;
  }
}

void LogObserver::on_stray_removed(const std::filesystem::path& file) {
  spdlog::info("{}: removed, a run that was killed has left it", file.string());
}

void JsonEvents::batch(std::size_t photos, const std::string& model, const std::optional<Shard>& shard, bool dry_run) {
  put_line({{"event", "batch"},
            {"photos", photos},
            {"shard", shard ? to_json(*shard) : Json(nullptr)},
            {"model", model},
            {"version", HDRTILE_VERSION},
            {"dry_run", dry_run}});
}

void JsonEvents::on_start(const Job& job, Size size) {
  Json event = {{"event", "start"}, {"width", size.width}, {"height", size.height}};
  put_path(event, "input", job.input);
  put_line(event);
}

void JsonEvents::on_progress(const Job& job, double share_of_photo) {
  Json event = {{"event", "progress"}, {"share", share_of_photo}};
  put_path(event, "input", job.input);
  put_line(event);
}

void JsonEvents::on_finish(const PhotoResult& result) {
  Json event = {{"event", "finish"}};
  event.update(to_json(result));
  put_line(event);
}

void JsonEvents::summary(const BatchSummary& summary, std::span<const std::filesystem::path> unread, double seconds,
                         const std::optional<RunEstimate>& estimate) {
  Json event = {{"event", "summary"}};
  event.update(to_json(summary));
  event["unread_folders"] = to_json(unread);
  event["seconds"] = seconds;
  event["core_seconds"] = to_json(summary.core_seconds);
  if (estimate) event["estimate"] = to_json(*estimate);
  put_line(event);
}

}  // namespace hdrtile::cli
