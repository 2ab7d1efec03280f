#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <vector>

#include "brackets.h"
#include "commands.h"
#include "dry_run.h"
#include "hdrtile/cores.h"
#include "inputs.h"
#include "interrupt.h"
#include "naming.h"
#include "observers.h"
#include "progress_bar.h"
#include "quantity.h"
#include "report.h"
#include "session.h"
#include "shard.h"

namespace hdrtile::cli {
namespace {

/// The flags that change pixels, in one form: what `--on-exist update` compares.
std::string settings_id(const EnhanceFlags& flags, const TileRequest& tiling, const std::optional<Format>& format) {
  const auto number = [](const std::optional<int>& value) { return value ? std::to_string(*value) : "auto"; };
  constexpr std::array metadata{"keep", "no-gps", "none"};  // as MetadataPolicy counts
  constexpr std::array chroma{"444", "422", "420"};         // as Chroma counts
  return fmt::format(
      "precision={} tile={} overlap={} max-memory={} strength={} format={} quality={} chroma={} metadata={} "
      "to-srgb={} max-side={} dither={}",
      flags.model.precision, number(tiling.tile), number(tiling.overlap), tiling.max_memory, flags.strength,
      format ? facts_of(*format).id : "own", flags.quality,
      flags.chroma ? chroma.at(static_cast<std::size_t>(*flags.chroma)) : "keep",
      metadata.at(static_cast<std::size_t>(flags.metadata)), flags.to_srgb, flags.max_side.value_or(0), flags.dither);
}

/// Half of the cores decode and half encode, as far as that serves: the network has threads of its own.
int usual_jobs() { return std::clamp(usable_cores() / 2, 1, 4); }

DecodeLimits limits(const EnhanceFlags& flags) { return {.max_pixels = flags.max_pixels}; }

BatchOptions batch_options(const EnhanceFlags& flags, const OutputNaming& naming, const Session& session) {
  BatchOptions options;
  options.enhance = {.request = session.tiling(), .strength = flags.strength, .at_least_u16 = flags.dither};
  options.encode = {.format = naming.format(),
                    .quality = flags.quality,
                    .chroma = flags.chroma,
                    .metadata = flags.metadata,
                    .to_srgb = flags.to_srgb,
                    .max_side = flags.max_side.value_or(0),
                    .dither = flags.dither,
                    .stamp = {}};
  options.limits = limits(flags);
  options.scale = session.model().scale;
  options.on_exist = flags.on_exist;
  options.reprocess = flags.reprocess;
  options.shard = flags.shard.value_or(Shard{});
  options.jobs = flags.jobs.value_or(usual_jobs());
  options.cores = options.jobs == 0 ? 1 : usable_cores();
  options.version = HDRTILE_VERSION;
  options.model_id = session.model_id();
  options.settings_id = settings_id(flags, session.tiling(), naming.format());
  return options;
}

std::vector<Job> name_jobs(std::vector<Source> sources, const OutputNaming& naming) {
  std::vector<Job> jobs;
  jobs.reserve(sources.size());
  for (auto& source : sources) {
    auto output = naming.name(source);
    jobs.push_back(
        {.input = std::move(source.file), .output = std::move(output), .further = std::move(source.further)});
  }
  return jobs;
}

void log_summary(const BatchSummary& summary, std::size_t unread_folders, double seconds) {
  std::string text = fmt::format("{} enhanced", summary.done);
  if (summary.skipped > 0) text += fmt::format(", {} skipped", summary.skipped);
  if (summary.stale > 0) text += fmt::format(" ({} of them stale: --on-exist update redoes them)", summary.stale);
  if (summary.failed > 0) text += fmt::format(", {} failed", summary.failed);
  if (summary.cancelled > 0) text += fmt::format(", {} not done", summary.cancelled);
  if (unread_folders > 0) text += fmt::format(", {} folder{} not read", unread_folders, unread_folders == 1 ? "" : "s");
  text += fmt::format(" in {}", format_duration(1000 * seconds));
  if (const CoreSeconds& core = summary.core_seconds; core.photos > 0) {
    text += fmt::format("; core-seconds a photo: codecs {:.2f}, network {:.2f}", core.codecs / core.photos,
                        core.network / core.photos);
  }
  spdlog::info("{}", text);
  if (summary.cancelled > 0) spdlog::warn("interrupted: nothing is half-done, the same command goes on from here");
}

}  // namespace

ExitCode run_enhance(const EnhanceFlags& flags, StatusLine& line) {
  const auto start = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };

  outlive_readers();
  end_on_interrupts();
  std::vector<std::filesystem::path> unread;
  auto sources = collect_inputs(flags, std::cin, [&](const std::filesystem::path& folder, const std::string& why) {
    spdlog::error("the folder {} cannot be read: {}; its photos are left out", folder.string(), why);
    unread.push_back(folder);
  });
  std::optional<Report> report;
  if (!flags.report.empty()) report.emplace(flags.report);
  if (flags.brackets) {
    sources =
        join_brackets(std::move(sources), limits(flags), [](const std::string& what) { spdlog::info("{}", what); });
  }
  Session session(flags.model);
  const OutputNaming naming(flags.output, flags.format, session.model().name, sources.size());
  const std::vector<Job> jobs = name_jobs(std::move(sources), naming);
  if (report) require_no_input(flags.report, jobs, lists_of(flags));
  const BatchOptions options = batch_options(flags, naming, session);
  spdlog::debug("decoding on {0} thread{1}, encoding on {0}", options.jobs, options.jobs == 1 ? "" : "s");
  const std::size_t photos = part_of(jobs, options.shard).size();
  if (flags.shard) {
    spdlog::info("{}: {} of {} photos{}", describe(*flags.shard), photos, jobs.size(),
                 photos == 0 ? ", nothing to do" : "");
  }

  Observers observers;
  LogObserver log;
  JsonEvents events;
  ProgressBar bar(line, photos);
  const bool json = flags.progress == ProgressMode::json;
  const bool shows_bar =
      flags.progress == ProgressMode::bar ||
      (flags.progress == ProgressMode::automatic && stderr_redraws() && spdlog::should_log(spdlog::level::info));
  if (report) observers.add(*report);
  if (!flags.dry_run) observers.add(log);
  if (json) observers.add(events);
  if (shows_bar && !flags.dry_run) observers.add(bar);

  const CancelFlag& cancel = catch_interrupts();
  DryRun dry;
  if (json) JsonEvents::batch(photos, session.model_id(), flags.shard, flags.dry_run);
  const auto write_report = [&](const std::string& error) {
    if (!report) return;
    const RunFacts facts{.model = session.model(),
                         .model_sha256 = session.model_sha256(),
                         .engines = session.engines_made(),
                         .settings = options.settings_id,
                         .list = jobs,
                         .unread_folders = unread,
                         .shard = flags.shard,
                         .dry_run = flags.dry_run,
                         .estimate = dry.estimate};
    report->write(facts, seconds(), error);
  };

  BatchSummary summary;
  try {
    if (flags.dry_run) {
      dry = run_dry(jobs, options, session, observers, json ? DryRunText::none : DryRunText::on_stdout, cancel);
      summary = dry.summary;
    } else {
      summary = run_batch(jobs, session.engines(), options, observers, cancel);
    }
  } catch (const std::exception& error) {
    line.show("");
    try {
      write_report(error.what());
    } catch (const Error& second) {  // must not hide the first
      spdlog::error("{}", second.what());
    }
    throw;
  }
  line.show("");
  if (json) JsonEvents::summary(summary, unread, seconds(), dry.estimate);
  if (!flags.dry_run) log_summary(summary, unread.size(), seconds());
  write_report(summary.cancelled > 0 ? "interrupted" : "");
  const ExitCode code = exit_code(summary);
  return code == ExitCode::ok && !unread.empty() ? ExitCode::failed : code;
}

}  // namespace hdrtile::cli
