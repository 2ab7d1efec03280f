#include "report.h"

#include <unistd.h>

#include <utility>

#include "json.h"

namespace hdrtile::cli {

namespace fs = std::filesystem;

namespace {

/// Tells lists apart: shards of different ones must not pass for a whole.
std::string list_sha256(std::span<const Job> list) {
  std::string names;
  const auto add = [&](const fs::path& file) { names.append(file.native()).push_back('\0'); };
  for (const Job& job : list) {
    add(job.input);
    for (const fs::path& exposure : job.further) add(exposure);
    names.push_back('\0');
  }
  return sha256({reinterpret_cast<const std::uint8_t*>(names.data()), names.size()});
}

Json to_json(const EngineInfo& engine) {
  return {{"device", engine.device},
          {"device_name", engine.device_name},
          {"precision", to_string(engine.precision)},
          {"backend", engine.backend},
          {"threads", engine.threads},
          {"cpu_capability", engine.cpu_capability},
          {"library", engine.library},
          {"package", engine.package.empty() ? Json(nullptr) : Json(engine.package)},
          {"notes", engine.notes},
          {"warnings", engine.warnings}};
}

/// The first, and the others in it as "further": each photo says which device made it.
Json to_json(std::span<const EngineInfo> engines) {
  if (engines.empty()) return nullptr;
  Json json = to_json(engines.front());
  for (const EngineInfo& other : engines.subspan(1)) json["further"].push_back(to_json(other));
  return json;
}

}  // namespace

void require_report_place(const std::string& flag, const fs::path& file) {
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorCode::usage, flag + " " + file.string() + ": " + why);
  };
  if (file.extension() != ".json") refuse("its name must end in .json (so that no photo is replaced by mistake)");
  const fs::path folder = file.has_parent_path() ? file.parent_path() : fs::path(".");
  std::error_code error;
  if (!fs::is_directory(folder, error)) refuse("the folder " + folder.string() + " does not exist; make it first");
  if (fs::is_directory(file, error)) refuse("is a folder");
  if (::access(folder.c_str(), W_OK) != 0) refuse("no permission to write to the folder " + folder.string());
}

Report::Report(fs::path file) : file_(std::move(file)) { require_report_place("--report", file_); }

void Report::on_finish(const PhotoResult& result) {
  photos_ += (photos_.empty() ? "\n    " : ",\n    ") + dump(to_json(result), -1);
  summary_.add(result);
}

void Report::write(const RunFacts& facts, double seconds, const std::string& error) {
  Json report = {{"tool", "hdrtile"}, {"version", HDRTILE_VERSION}, {"dry_run", facts.dry_run}};
  report["model"] = to_json(facts.model);
  report["model"]["draft"] = facts.model.draft;
  report["model"]["sha256"] = facts.model_sha256;
  report["engine"] = to_json(std::span(facts.engines));
  report["settings"] = facts.settings;
  report["list"] = {{"photos", facts.list.size()}, {"sha256", list_sha256(facts.list)}};
  report["unread_folders"] = to_json(facts.unread_folders);
  report["shard"] = facts.shard ? to_json(*facts.shard) : Json(nullptr);
  report["seconds"] = seconds;
  report["core_seconds"] = to_json(summary_.core_seconds);
  report["error"] = error.empty() ? Json(nullptr) : Json(error);
  if (facts.estimate) report["estimate"] = to_json(*facts.estimate);
  report["summary"] = to_json(summary_);
  std::string text = dump(report, 2);
  text.resize(text.rfind('\n'));  // the closing brace comes after the photos
  text += ",\n  \"photos\": [" + photos_ + (photos_.empty() ? "]" : "\n  ]") + "\n}\n";
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  (void)remove_strays(file_.has_parent_path() ? file_.parent_path() : fs::path("."));  // of a run killed here
  write_file_atomic(file_, {bytes, text.size()}, Replace::always);
}

void require_no_input(const fs::path& report, std::span<const Job> jobs, std::span<const fs::path> lists) {
  std::error_code error;
  const fs::path target = fs::weakly_canonical(report, error);
  const auto require = [&](const fs::path& file, const char* kind) {
    if (fs::equivalent(report, file, error) || target == fs::weakly_canonical(file, error)) {
      throw Error(ErrorCode::usage, "--report " + report.string() + " is a " + kind + " of this run (" + file.string() +
                                        "); choose another name");
    }
  };
  for (const fs::path& list : lists) require(list, "list");
  for (const Job& job : jobs) {
    std::vector<fs::path> photos{job.input, job.output};
    photos.insert(photos.end(), job.further.begin(), job.further.end());
    for (const fs::path& photo : photos) require(photo, "photo");
  }
}

}  // namespace hdrtile::cli
