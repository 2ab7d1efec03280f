#include "existing.h"

#include <map>
#include <sstream>

namespace hdrtile {
namespace {

namespace fs = std::filesystem;

/// Settings are "key=value key=value ...".
std::map<std::string, std::string> parse(const std::string& settings) {
  std::map<std::string, std::string> values;
  std::istringstream words(settings);
  for (std::string word; words >> word;) {
    const auto equals = word.find('=');
    values[word.substr(0, equals)] = equals == std::string::npos ? "" : word.substr(equals + 1);
  }
  return values;
}

/// "quality 92 -> 80, format own -> png"
std::string difference(const std::string& before, const std::string& after) {
  const auto old_values = parse(before);
  auto values = parse(after);
  for (const auto& [key, value] : old_values) values.try_emplace(key, "none");
  std::string text;
  for (const auto& [key, value] : values) {
    const auto found = old_values.find(key);
    const std::string was = found == old_values.end() ? "none" : found->second;
    if (was != value) text.append(text.empty() ? "" : ", ").append(key + " " + was + " -> " + value);
  }
  return text;
}

/// A model's identity with as much of its hash as people compare.
std::string shown(const std::string& model) {
  constexpr std::string_view mark = "sha256:";
  constexpr std::size_t digits = 8;
  const auto hash = model.find(mark);
  return hash == std::string::npos ? model : model.substr(0, hash + mark.size() + digits);
}

std::string unreadable(const fs::path& output, const std::string& fault) {
  const std::string name = output.string();
  const std::string why = fault.substr(0, fault.find(';', fault.starts_with(name) ? name.size() : 0));
  return (why.starts_with(name) ? why : name + ": " + why) +
         ", so whether hdrtile made it cannot be told; look at it, and remove it or take --on-exist overwrite";
}

}  // namespace

const char* to_string(Existing existing) noexcept {
  switch (existing) {
    case Existing::current:
      return "current";
    case Existing::stale:
      return "stale";
    case Existing::foreign:
      return "foreign";
    case Existing::unreadable:
      return "unreadable";
  }
  return "unknown";
}

ExistingOutput examine_output(const fs::path& output, const Stamp& wanted, const DecodeLimits& limits) {
  std::optional<Stamp> stamp;
  try {
    stamp = read_stamp(read_file(output, limits), output, limits);
  } catch (const Error& error) {
    return {.kind = Existing::unreadable, .stale = {}, .told = unreadable(output, error.what())};
  }
  const std::string name = output.string();
  if (!stamp) {
    return {.kind = Existing::foreign,
            .stale = {},
            .told = name + " exists and was not made by hdrtile; --on-exist overwrite replaces it"};
  }
  ExistingOutput found{.kind = Existing::current, .stale = {}, .told = {}};
  std::string why;
  const auto tell = [&](const char* what, const std::string& text) {
    found.stale.emplace_back(what);
    why += (why.empty() ? "" : "; ") + text;
  };
  if (stamp->input_hash != wanted.input_hash) tell("photo", "made from another version of the photo");
  if (stamp->model != wanted.model) tell("model", "made with model " + shown(stamp->model));
  if (stamp->settings != wanted.settings) {
    tell("settings", "made with other settings: " + difference(stamp->settings, wanted.settings));
  }
  if (found.stale.empty()) {
    const bool same_version = stamp->version == wanted.version;
    found.told = name + " exists and is up to date" + (same_version ? "" : ", made by hdrtile " + stamp->version);
  } else {
    found.kind = Existing::stale;
    found.told = name + " exists, but is stale (" + why + "); --on-exist update redoes it";
  }
  return found;
}

}  // namespace hdrtile
