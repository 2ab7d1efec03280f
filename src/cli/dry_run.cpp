#include "dry_run.h"

#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>
#include <sys/stat.h>

#include <chrono>
#include <map>

#include "hdrtile/estimate.h"
#include "printable.h"
#include "quantity.h"

namespace hdrtile::cli {
namespace {

namespace fs = std::filesystem;

std::vector<PhotoResult> examine(std::span<const Job> jobs, const BatchOptions& options, const CancelFlag& cancel) {
  std::vector<PhotoResult> found;
  found.reserve(jobs.size());
  examine_batch(
      jobs, options, [&](const PhotoResult& result) { found.push_back(result); }, cancel);
  return found;
}

void fail(PhotoResult& photo, const Error& error, const std::string& reason) {
  photo.status = PhotoStatus::failed;
  photo.error = error.code();
  photo.reason = reason;
}

void plan(PhotoResult& photo, Session& session, const BatchOptions& options) {
  try {
    photo.plan = session.plan(photo.job.input, photo.input_size, photo.decoded_depth);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::limit) throw;
    return fail(photo, error, error.what());
  }
  const int scale = session.model().scale;
  const Size enhanced{photo.input_size.width * scale, photo.input_size.height * scale};
  photo.output_size = fit_within(enhanced, options.encode.max_side);
}

fs::path existing_folder(const fs::path& output) {
  std::error_code error;
  fs::path folder = fs::absolute(output, error).parent_path();
  while (!fs::exists(folder, error) && folder.has_relative_path()) folder = folder.parent_path();
  return folder;
}

std::vector<Target> targets_of(std::span<const PhotoResult> photos, std::span<const std::int64_t> bytes) {
  std::map<dev_t, Target> targets;
  for (std::size_t i = 0; i < photos.size(); ++i) {
    const fs::path folder = existing_folder(photos[i].job.output);
    struct stat facts {};
    if (::stat(folder.c_str(), &facts) != 0) continue;
    Target& target = targets[facts.st_dev];
    target.folder = folder;
    std::error_code missing;
    const auto replaced = fs::file_size(photos[i].job.output, missing);
    target.bytes += bytes[i] - (missing ? 0 : static_cast<std::int64_t>(replaced));
  }
  std::vector<Target> found;
  for (auto& [device, target] : targets) {
    std::error_code error;
    const fs::space_info space = fs::space(target.folder, error);
    if (error) continue;
    target.free_bytes = static_cast<std::int64_t>(space.available);
    found.push_back(std::move(target));
  }
  return found;
}

/// Empty when no photo could be tried. Photos that turn out to be broken become failed ones.
std::optional<RunEstimate> estimate(std::vector<PhotoResult>& found, const BatchOptions& options, Session& session,
                                    double start_up, const CancelFlag& cancel) {
  std::vector<PhotoResult> photos;
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (found[i].status != PhotoStatus::done) continue;
    photos.push_back(found[i]);
    places.push_back(i);
  }
  if (photos.empty()) return std::nullopt;
  spdlog::info("trying a few photos in memory, to tell time and space");
  const TrialOptions trial{
      .cores = session.engine().info().threads,
      .devices = options.jobs == 0 ? 1 : static_cast<int>(std::min(session.device_count(), photos.size())),
      .on_try = [&](std::size_t photo) { spdlog::debug("trying {}", photos[photo].job.input.string()); },
      .on_fault = [&](std::size_t photo, const Error& error) { fail(found[places[photo]], error, error.what()); }};
  const Estimate tried = estimate_batch(photos, session.engine(), options, trial, cancel);
  if (tried.tried == 0) return std::nullopt;
  RunEstimate result{.seconds = start_up + tried.seconds, .bytes = 0, .tried = tried.tried, .targets = {}};
  for (const std::int64_t bytes : tried.bytes) result.bytes += bytes;
  result.targets = targets_of(photos, tried.bytes);
  return result;
}

void tell(const PhotoResult& result, DryRunText text) {
  const std::string input = result.job.input.string();
  if (text == DryRunText::none && result.status != PhotoStatus::failed) return;
  switch (result.status) {
    case PhotoStatus::done:
      fmt::print("{} -> {}, {}, {}\n", printable(input), printable(result.job.output.string()),
                 describe(result.output_size), describe(*result.plan));
      break;
    case PhotoStatus::skipped:
      fmt::print("{}: would be skipped, {}\n", printable(input), printable(result.reason));
      break;
    default:
      spdlog::error("{}", result.reason);
      break;
  }
}

void tell(const DryRun& run) {
  const BatchSummary& summary = run.summary;
  std::string text = fmt::format("{} to enhance", summary.done);
  if (summary.skipped > 0) text += fmt::format(", {} skipped", summary.skipped);
  if (summary.stale > 0) text += fmt::format(" ({} stale)", summary.stale);
  if (summary.failed > 0) text += fmt::format(", {} would fail", summary.failed);
  if (run.estimate) {
    text += fmt::format("; about {} and {} on this machine ({} tried in memory, nothing written)",
                        format_duration(1000 * run.estimate->seconds), format_bytes(run.estimate->bytes),
                        run.estimate->tried);
  }
  fmt::print("{}\n", text);
}

void warn_of_space(const DryRun& run) {
  if (!run.estimate) return;
  for (const Target& target : run.estimate->targets) {
    if (target.bytes > target.free_bytes) {
      spdlog::warn("it will not fit: {} has {} free, the results there take about {}", target.folder.string(),
                   format_bytes(target.free_bytes), format_bytes(target.bytes));
    }
  }
}

}  // namespace

Json to_json(const RunEstimate& estimate) {
  Json targets = Json::array();
  for (const Target& target : estimate.targets) {
    targets.push_back({{"folder", target.folder.string()},
                       {"bytes", target.bytes},
                       {"free_bytes", target.free_bytes},
                       {"fits", target.bytes <= target.free_bytes}});
  }
  return {{"seconds", estimate.seconds},
          {"bytes", estimate.bytes},
          {"photos_tried", estimate.tried},
          {"targets", std::move(targets)}};
}

DryRun run_dry(std::span<const Job> jobs, const BatchOptions& options, Session& session, Observer& observer,
               DryRunText text, const CancelFlag& cancel) {
  DryRun run;
  auto found = examine(jobs, options, cancel);
  const auto start = std::chrono::steady_clock::now();
  for (PhotoResult& photo : found) {
    if (photo.status == PhotoStatus::done) {
      (void)session.engine();  // a fault of the model or the device comes before anything is said
      break;
    }
  }
  const double start_up = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  for (PhotoResult& photo : found) {
    if (photo.status == PhotoStatus::done) plan(photo, session, options);
  }
  try {
    run.estimate = estimate(found, options, session, start_up, cancel);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::cancelled) throw;
    found.clear();
  }
  for (const PhotoResult& result : found) {
    tell(result, text);
    run.summary.add(result);
    observer.on_finish(result);
  }
  run.summary.cancelled = static_cast<int>(part_of(jobs, options.shard).size() - found.size());
  if (run.summary.cancelled == 0) {
    if (text == DryRunText::on_stdout) tell(run);
    warn_of_space(run);
  }
  return run;
}

}  // namespace hdrtile::cli
