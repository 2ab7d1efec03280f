#include <spdlog/fmt/fmt.h>
#include <spdlog/spdlog.h>

#include <fstream>

#include "commands.h"
#include "hdrtile/error.h"
#include "hdrtile/photo.h"
#include "merge_reports.h"
#include "report.h"

namespace hdrtile::cli {
namespace {

namespace fs = std::filesystem;

NamedReport load(const fs::path& file) {
  std::ifstream text(file, std::ios::binary);
  if (!text || fs::is_directory(file)) {
    throw Error(ErrorCode::usage, "the report " + file.string() +
                                      " cannot be read: is it there? Leave out what was never written; its shard is "
                                      "then named as missing");
  }
  auto report = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return {file, report.is_discarded() ? Json() : std::move(report)};
}

void require_no_source(const MergeFlags& flags) {
  for (const auto& report : flags.reports) {
    std::error_code error;
    if (fs::equivalent(report, flags.output, error)) {
      throw Error(ErrorCode::usage,
                  "-o " + flags.output.string() + " is one of the reports to merge; name another file");
    }
  }
}

}  // namespace

ExitCode run_merge(const MergeFlags& flags) {
  if (!flags.output.empty()) {
    require_report_place("-o", flags.output);
    require_no_source(flags);
  }
  std::vector<NamedReport> reports;
  for (const auto& file : flags.reports) reports.push_back(load(file));
  const MergedReport merged = merge_reports(std::move(reports));

  const std::string text = dump(merged.report, 2) + "\n";
  if (flags.output.empty()) {
    fmt::print("{}", text);
  } else {
    const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
    write_file_atomic(flags.output, {bytes, text.size()}, Replace::always);
  }
  for (const auto& warning : merged.warnings) spdlog::warn("{}", warning);
  for (const auto& problem : merged.problems) spdlog::error("{}", problem);
  return merged.problems.empty() ? ExitCode::ok : ExitCode::failed;
}

}  // namespace hdrtile::cli
