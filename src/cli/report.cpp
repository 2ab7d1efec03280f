#include "report.h"

#include <unistd.h>

#include <utility>

#include "json.h"

namespace hdrtile::cli {

namespace fs = std::filesystem;

struct Report::Entries {
  Json photos = Json::array();
  BatchSummary summary;
};

Report::Report(fs::path file) : file_(std::move(file)), entries_(std::make_unique<Entries>()) {
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorCode::usage, "--report " + file_.string() + ": " + why);
  };
  if (file_.extension() != ".json") refuse("its name must end in .json (so that no photo is replaced by mistake)");
  const fs::path folder = file_.has_parent_path() ? file_.parent_path() : fs::path(".");
  std::error_code error;
  if (!fs::is_directory(folder, error)) refuse("the folder " + folder.string() + " does not exist; make it first");
  if (fs::is_directory(file_, error)) refuse("is a folder");
  if (::access(folder.c_str(), W_OK) != 0) refuse("no permission to write to the folder " + folder.string());
}

Report::~Report() = default;

void Report::on_finish(const PhotoResult& result) {
  entries_->photos.push_back(to_json(result));
  switch (result.status) {
    case PhotoStatus::done:
      ++entries_->summary.done;
      break;
    case PhotoStatus::skipped:
      ++entries_->summary.skipped;
      break;
    case PhotoStatus::failed:
      ++entries_->summary.failed;
      break;
    case PhotoStatus::cancelled:
      ++entries_->summary.cancelled;
      break;
  }
}

void Report::write(const RunFacts& facts, double seconds, const std::string& error) {
  Json report = {{"tool", "hdrtile"}, {"version", HDRTILE_VERSION}, {"dry_run", facts.dry_run}};
  report["model"] = to_json(facts.model);
  report["model"]["draft"] = facts.model.draft;
  report["model"]["sha256"] = facts.model_sha256;
  if (facts.engine) {
    report["engine"] = {{"device", facts.engine->device},
                        {"device_name", facts.engine->device_name},
                        {"precision", to_string(facts.engine->precision)},
                        {"backend", facts.engine->backend},
                        {"package", facts.engine->package.empty() ? Json(nullptr) : Json(facts.engine->package)},
                        {"notes", facts.engine->notes},
                        {"warnings", facts.engine->warnings}};
  } else {
    report["engine"] = nullptr;
  }
  report["settings"] = facts.settings;
  report["seconds"] = seconds;
  report["error"] = error.empty() ? Json(nullptr) : Json(error);
  report["summary"] = to_json(entries_->summary);
  report["photos"] = entries_->photos;
  const std::string text = dump(report, 2) + "\n";
  const auto* const bytes = reinterpret_cast<const std::uint8_t*>(text.data());
  write_file_atomic(file_, {bytes, text.size()}, Replace::always);
}

void require_no_photo(const fs::path& report, std::span<const Job> jobs) {
  std::error_code error;
  const fs::path target = fs::weakly_canonical(report, error);
  for (const Job& job : jobs) {
    std::vector<fs::path> photos{job.input, job.output};
    photos.insert(photos.end(), job.further.begin(), job.further.end());
    for (const fs::path& photo : photos) {
      if (fs::equivalent(report, photo, error) || target == fs::weakly_canonical(photo, error)) {
        throw Error(ErrorCode::usage, "--report " + report.string() + " is a photo of this run (" + photo.string() +
                                          "); choose another name");
      }
    }
  }
}

}  // namespace hdrtile::cli
