#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <thread>

#include "brackets.h"
#include "commands.h"
#include "inputs.h"
#include "interrupt.h"
#include "json.h"
#include "naming.h"
#include "observers.h"
#include "progress_bar.h"
#include "quantity.h"
#include "report.h"
#include "session.h"

namespace hdrtile::cli {
namespace {

/// The flags that change pixels, in one form: what `--on-exist update` compares.
std::string settings_id(const EnhanceFlags& flags, const std::optional<Format>& format) {
  const auto number = [](const std::optional<int>& value) { return value ? std::to_string(*value) : "auto"; };
  constexpr std::array metadata{"keep", "no-gps", "none"};          // as MetadataPolicy counts
  constexpr std::array chroma{"444", "422", "420"};                 // as Chroma counts
  constexpr std::array engines{"torchscript", "auto", "compiled"};  // as PackageUse counts
  const TileRequest& tiling = flags.model.tiling;
  return fmt::format(
      "precision={} engine={} tile={} overlap={} max-memory={} strength={} format={} quality={} chroma={} metadata={} "
      "to-srgb={} max-side={} dither={}",
      flags.model.precision, engines.at(static_cast<std::size_t>(flags.model.engine)), number(tiling.tile),
      number(tiling.overlap), tiling.max_memory, flags.strength, format ? facts_of(*format).id : "own", flags.quality,
      flags.chroma ? chroma.at(static_cast<std::size_t>(*flags.chroma)) : "keep",
      metadata.at(static_cast<std::size_t>(flags.metadata)), flags.to_srgb, flags.max_side.value_or(0), flags.dither);
}

int usual_jobs() { return std::clamp(static_cast<int>(std::thread::hardware_concurrency()) / 2, 1, 4); }

DecodeLimits limits(const EnhanceFlags& flags) { return {.max_pixels = flags.max_pixels}; }

BatchOptions batch_options(const EnhanceFlags& flags, const OutputNaming& naming, const Session& session) {
  BatchOptions options;
  options.enhance = {.request = flags.model.tiling, .strength = flags.strength, .at_least_u16 = flags.dither};
  options.encode = {.format = naming.format(),
                    .quality = flags.quality,
                    .chroma = flags.chroma,
                    .metadata = flags.metadata,
                    .to_srgb = flags.to_srgb,
                    .max_side = flags.max_side.value_or(0),
                    .dither = flags.dither,
                    .stamp = {}};
  options.limits = limits(flags);
  options.on_exist = flags.on_exist;
  options.reprocess = flags.reprocess;
  options.jobs = flags.jobs.value_or(usual_jobs());
  options.version = HDRTILE_VERSION;
  options.model_id = session.model_id();
  options.settings_id = settings_id(flags, naming.format());
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

/// Says on stdout what would be done.
BatchSummary run_dry(std::span<const Job> jobs, const BatchOptions& options, Session& session, Observer& observer,
                     const CancelFlag& cancel) {
  BatchSummary summary;
  const auto tell = [&](const PhotoResult& found) {
    PhotoResult result = found;
    const std::string input = result.job.input.string();
    if (result.status == PhotoStatus::done) {
      result.plan = session.plan(result.input_size);
      const int scale = session.model().scale;
      const Size enhanced{result.input_size.width * scale, result.input_size.height * scale};
      result.output_size = fit_within(enhanced, options.encode.max_side);
      fmt::print("{} -> {}, {}, {}\n", input, result.job.output.string(), describe(result.output_size),
                 describe(*result.plan));
      ++summary.done;
    } else if (result.status == PhotoStatus::skipped) {
      fmt::print("{}: would be skipped, {}\n", input, result.reason);
      ++summary.skipped;
    } else {
      spdlog::error("{}", result.reason);
      ++summary.failed;
    }
    observer.on_finish(result);
  };
  examine_batch(jobs, options, tell, cancel);
  summary.cancelled = static_cast<int>(jobs.size()) - summary.done - summary.skipped - summary.failed;
  return summary;
}

void log_summary(const BatchSummary& summary, double seconds) {
  std::string text = fmt::format("{} enhanced", summary.done);
  if (summary.skipped > 0) text += fmt::format(", {} skipped", summary.skipped);
  if (summary.failed > 0) text += fmt::format(", {} failed", summary.failed);
  if (summary.cancelled > 0) text += fmt::format(", {} not done", summary.cancelled);
  spdlog::info("{} in {}", text, format_duration(1000 * seconds));
  if (summary.cancelled > 0) spdlog::warn("interrupted: nothing is half-done, the same command goes on from here");
}

}  // namespace

ExitCode run_enhance(const EnhanceFlags& flags, StatusLine& line) {
  const auto start = std::chrono::steady_clock::now();
  const auto seconds = [&] { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(); };

  auto sources = collect_inputs(flags, std::cin, [](const std::string& warning) { spdlog::warn("{}", warning); });
  std::optional<Report> report;
  if (!flags.report.empty()) report.emplace(flags.report);
  if (flags.brackets) {
    sources =
        join_brackets(std::move(sources), limits(flags), [](const std::string& what) { spdlog::info("{}", what); });
  }
  Session session(flags.model);
  const OutputNaming naming(flags.output, flags.format, session.model().name, sources.size());
  const std::vector<Job> jobs = name_jobs(std::move(sources), naming);
  if (report) require_no_photo(flags.report, jobs);
  const BatchOptions options = batch_options(flags, naming, session);

  Observers observers;
  LogObserver log;
  JsonEvents events;
  ProgressBar bar(line, jobs.size());
  const bool json = flags.progress == ProgressMode::json && !flags.dry_run;
  const bool shows_bar =
      flags.progress == ProgressMode::bar ||
      (flags.progress == ProgressMode::automatic && stderr_redraws() && spdlog::should_log(spdlog::level::info));
  if (report) observers.add(*report);
  if (!flags.dry_run) observers.add(log);
  if (json) observers.add(events);
  if (shows_bar && !flags.dry_run) observers.add(bar);

  const CancelFlag& cancel = catch_interrupts();
  if (json) JsonEvents::batch(jobs.size(), session.model_id());
  const auto write_report = [&](const std::string& error) {
    if (!report) return;
    RunFacts facts{.model = session.model(),
                   .model_sha256 = session.model_sha256(),
                   .engine = std::nullopt,
                   .settings = options.settings_id,
                   .dry_run = flags.dry_run};
    if (const Engine* engine = session.engine_if_made()) facts.engine = engine->info();
    report->write(facts, seconds(), error);
  };

  BatchSummary summary;
  try {
    summary = flags.dry_run ? run_dry(jobs, options, session, observers, cancel)
                            : run_batch(
                                  jobs, [&]() -> Engine& { return session.engine(); }, options, observers, cancel);
  } catch (const Error& error) {
    line.show("");
    try {
      write_report(error.what());
    } catch (const Error& second) {  // must not hide the first
      spdlog::error("{}", second.what());
    }
    throw;
  }
  line.show("");
  if (json) JsonEvents::summary(summary, seconds());
  if (!flags.dry_run) log_summary(summary, seconds());
  write_report(summary.cancelled > 0 ? "interrupted" : "");
  return exit_code(summary);
}

}  // namespace hdrtile::cli
