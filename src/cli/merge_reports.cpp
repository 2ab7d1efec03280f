#include "merge_reports.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>

#include "hdrtile/error.h"

namespace hdrtile::cli {
namespace {

/// What becomes of a photo, the better the later.
constexpr std::array statuses{"cancelled", "failed", "skipped", "done"};

std::size_t rank(const Json& status) {
  return static_cast<std::size_t>(std::ranges::find(statuses, status) - statuses.begin());
}

/// What reports of one list and one command line have in common.
struct Common {
  const char* what;
  Json::json_pointer place;
};

const std::array<Common, 9>& common() {
  static const std::array<Common, 9> facts{{{"list of photos", Json::json_pointer("/list/sha256")},
                                            {"number of photos", Json::json_pointer("/list/photos")},
                                            {"number of shards", Json::json_pointer("/shard/count")},
                                            {"model", Json::json_pointer("/model/name")},
                                            {"model file", Json::json_pointer("/model/sha256")},
                                            {"draft", Json::json_pointer("/model/draft")},
                                            {"settings", Json::json_pointer("/settings")},
                                            {"hdrtile version", Json::json_pointer("/version")},
                                            {"dry run", Json::json_pointer("/dry_run")}}};
  return facts;
}

void require_report(NamedReport& named) {
  Json& report = named.report;
  const auto refuse = [&] {
    throw Error(ErrorCode::usage,
                named.file.string() + " is no report of this hdrtile; name files that enhance --report wrote");
  };
  if (!report.is_object() || report.value("tool", Json()) != "hdrtile" || !report.contains("shard")) refuse();
  if (report["shard"].is_null()) report["shard"] = to_json(Shard{});
  for (const auto& fact : common()) {
    if (!report.contains(fact.place)) refuse();
  }
  const auto is = [&](const char* place, auto check) {
    const Json::json_pointer pointer(place);
    return report.contains(pointer) && (report[pointer].*check)();
  };
  if (!is("/shard/number", &Json::is_number_integer) || !is("/shard/count", &Json::is_number_integer) ||
      !is("/list/photos", &Json::is_number_unsigned) || !is("/seconds", &Json::is_number) ||
      !is("/unread_folders", &Json::is_array) || !is("/photos", &Json::is_array) || !is("/summary", &Json::is_object) ||
      !report.contains("engine") || !report.contains("error")) {
    refuse();
  }
  if (!std::ranges::all_of(report["unread_folders"], &Json::is_string)) refuse();
  for (const Json& photo : report["photos"]) {
    if (!photo.is_object() || !photo.value("input", Json()).is_string() ||
        rank(photo.value("status", Json())) == statuses.size()) {
      refuse();
    }
  }
}

void require_same(const NamedReport& first, const NamedReport& other) {
  for (const auto& fact : common()) {
    const Json& a = first.report[fact.place];
    const Json& b = other.report[fact.place];
    if (a == b) continue;
    throw Error(ErrorCode::usage,
                fmt::format("{} and {} differ in {}: {} and {}; merge reports of one list, run with the same flags",
                            first.file.string(), other.file.string(), fact.what, dump(a, -1), dump(b, -1)));
  }
}

/// The best entry of every photo, shard by shard.
class Photos {
 public:
  void add(int shard, Json photos) {
    std::map<std::string, int> seen;  // names that are no UTF-8 may look the same in a report
    for (Json& photo : photos) {
      auto name = photo["input"].get<std::string>();
      const int turn = seen[name]++;
      const auto [place, is_new] = best_.try_emplace({shard, std::move(name), turn}, entries_.size());
      if (is_new) {
        entries_.push_back(std::move(photo));
        continue;
      }
      Json& known = entries_[place->second];
      if (known["status"] == "done" && photo["status"] == "done") done_again_.push_back(photo["input"]);
      if (rank(photo["status"]) >= rank(known["status"])) known = std::move(photo);
    }
  }

  [[nodiscard]] std::vector<Json>& entries() { return entries_; }
  [[nodiscard]] const std::vector<std::string>& done_again() const { return done_again_; }

 private:
  std::map<std::tuple<int, std::string, int>, std::size_t> best_;
  std::vector<Json> entries_;
  std::vector<std::string> done_again_;
};

BatchSummary count(const std::vector<Json>& photos) {
  BatchSummary summary;
  const std::array counters{&summary.cancelled, &summary.failed, &summary.skipped, &summary.done};  // as statuses
  for (const Json& photo : photos) {
    ++*counters.at(rank(photo["status"]));
    if (photo.contains("stale")) ++summary.stale;
  }
  return summary;
}

CoreSeconds core_seconds(const std::vector<Json>& photos) {
  CoreSeconds sum;
  for (const Json& photo : photos) {
    if (photo["status"] != "done" || !photo.contains("core_ms")) continue;
    const auto told = [&](const char* stage) {
      const Json ms = photo["core_ms"].value(stage, Json());
      return ms.is_number() ? std::optional(ms.get<double>()) : std::nullopt;
    };
    sum.add({.decode = told("decode"), .network = told("network"), .encode = told("encode")});
  }
  return sum;
}

std::vector<int> missing_shards(const std::vector<NamedReport>& reports) {
  std::vector<int> missing;
  for (int number = 1; number <= reports.front().report["shard"]["count"]; ++number) {
    const bool found = std::ranges::any_of(
        reports, [&](const NamedReport& named) { return named.report["shard"]["number"] == number; });
    if (!found) missing.push_back(number);
  }
  return missing;
}

/// The engine they share; null where runs that had work did not use the same.
Json common_engine(const std::vector<NamedReport>& reports, std::vector<std::string>& warnings) {
  Json engine;
  for (const auto& [file, report] : reports) {
    if (report["engine"].is_null()) continue;
    if (engine.is_null()) engine = report["engine"];
    if (engine == report["engine"]) continue;
    warnings.push_back("the shards did not all compute on the same device, precision and engine: last places differ");
    return nullptr;
  }
  return engine;
}

/// Those that no run could read: one that could has found the same list, so that nothing of the folder is missing.
std::set<std::string> unread_folders(const std::vector<NamedReport>& reports) {
  using Folders = std::set<std::string>;
  auto unread = reports.front().report["unread_folders"].get<Folders>();
  for (const auto& [file, report] : reports) {
    const auto of_run = report["unread_folders"].get<Folders>();
    std::erase_if(unread, [&](const std::string& folder) { return !of_run.contains(folder); });
  }
  return unread;
}

Json shard_facts(const NamedReport& named) {
  Json facts = named.report["shard"];
  facts["report"] = named.file.string();
  for (const auto* key : {"engine", "seconds", "error", "summary"}) facts[key] = named.report[key];
  return facts;
}

}  // namespace

MergedReport merge_reports(std::vector<NamedReport> reports) {
  for (auto& named : reports) {
    require_report(named);
    require_same(reports.front(), named);
  }
  std::ranges::stable_sort(reports, {},
                           [](const auto& named) { return named.report["shard"]["number"].template get<int>(); });

  MergedReport merged;
  const auto missing = missing_shards(reports);
  Photos photos;
  double longest = 0;
  double machine_seconds = 0;
  Json shards = Json::array();
  for (auto& named : reports) {
    shards.push_back(shard_facts(named));
    const auto seconds = named.report["seconds"].get<double>();
    longest = std::max(longest, seconds);
    machine_seconds += seconds;
    photos.add(named.report["shard"]["number"], std::exchange(named.report["photos"], Json::array()));
  }
  const BatchSummary summary = count(photos.entries());
  const auto listed = reports.front().report["list"]["photos"].get<std::size_t>();

  if (!missing.empty()) {
    merged.problems.push_back(fmt::format("no report of shard {} of {}", fmt::join(missing, ", "),
                                          reports.front().report["shard"]["count"].get<int>()));
  }
  if (photos.entries().size() != listed) {
    merged.problems.push_back(
        fmt::format("{} photos are reported, {} are in the list", photos.entries().size(), listed));
  }
  if (summary.failed > 0) merged.problems.push_back(fmt::format("{} photos failed", summary.failed));
  if (summary.cancelled > 0) merged.problems.push_back(fmt::format("{} photos were not reached", summary.cancelled));
  const auto unread = unread_folders(reports);
  if (!unread.empty()) merged.problems.push_back(fmt::format("folders could not be read: {}", fmt::join(unread, ", ")));
  if (!photos.done_again().empty()) {
    merged.warnings.push_back(fmt::format("{} photos were enhanced more than once, {} among them",
                                          photos.done_again().size(), photos.done_again().front()));
  }

  Json& report = merged.report;
  report = reports.front().report;
  report["engine"] = common_engine(reports, merged.warnings);
  report["unread_folders"] = unread;
  report["shard"] = nullptr;
  report["seconds"] = longest;
  report["machine_seconds"] = machine_seconds;
  report["core_seconds"] = to_json(core_seconds(photos.entries()));
  report["error"] = merged.problems.empty() ? Json(nullptr) : Json(fmt::format("{}", fmt::join(merged.problems, "; ")));
  report["summary"] = to_json(summary);
  report["missing_shards"] = missing;
  report["shards"] = std::move(shards);
  report.erase("photos");  // last, where people look past them least
  report["photos"] = std::move(photos.entries());
  return merged;
}

}  // namespace hdrtile::cli
