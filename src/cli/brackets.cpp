#include "brackets.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <set>

#include "hdrtile/bracket.h"
#include "hdrtile/error.h"

namespace hdrtile::cli {
namespace {

std::optional<Shot> shot_of(const std::filesystem::path& photo, const DecodeLimits& limits) {
  try {
    const auto file = read_file(photo, limits);
    if (read_header(file, photo, limits).stamp) return std::nullopt;
    return read_shot(file, photo, limits);
  } catch (const Error&) {  // told when its turn comes
    return std::nullopt;
  }
}

bool show_same_scene(const std::vector<std::size_t>& group, const std::vector<Source>& sources,
                     const DecodeLimits& limits) {
  std::vector<Image> sketches;
  try {
    for (const std::size_t index : group) {
      const auto& photo = sources[index].file;
      sketches.push_back(scene_sketch(decode_photo(read_file(photo, limits), photo, limits)));
    }
  } catch (const Error&) {  // told when its turn comes
    return false;
  }
  return hdrtile::show_same_scene(sketches);
}

std::string names(const std::vector<std::size_t>& group, const std::vector<Source>& sources) {
  std::string text;
  for (const std::size_t index : group) text += (text.empty() ? "" : ", ") + sources[index].file.string();
  return text;
}

}  // namespace

std::vector<Source> join_brackets(std::vector<Source> sources, const DecodeLimits& limits,
                                  const std::function<void(const std::string&)>& tell) {
  std::vector<std::optional<Shot>> shots;
  shots.reserve(sources.size());
  for (const Source& source : sources) shots.push_back(shot_of(source.file, limits));

  std::set<std::size_t> joined;  // gone into the source of their middle exposure
  for (const auto& group : group_brackets(shots)) {
    if (!show_same_scene(group, sources, limits)) {
      tell(fmt::format("{}: taken like a bracket, but they show different things or cannot be read: each stays a photo",
                       names(group, sources)));
      continue;
    }
    std::vector<Shot> exposures;
    for (const std::size_t index : group) exposures.push_back(*shots[index]);
    const std::size_t middle = group[middle_exposure(exposures)];
    for (const std::size_t index : group) {
      if (index == middle) continue;
      sources[middle].further.push_back(sources[index].file);
      joined.insert(index);
    }
    tell(fmt::format("bracket of {}: {}", group.size(), names(group, sources)));
  }
  std::vector<Source> left;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    if (!joined.contains(i)) left.push_back(std::move(sources[i]));
  }
  return left;
}

}  // namespace hdrtile::cli
