#include "inputs.h"

#include <glob.h>

#include <algorithm>
#include <fstream>
#include <unordered_set>

#include "hdrtile/error.h"
#include "hdrtile/spelling.h"

namespace hdrtile::cli {
namespace {

namespace fs = std::filesystem;

bool has_photo_name(const fs::path& path) {
  const std::string extension = path.extension().string();
  const auto format = extension.empty() ? std::nullopt : format_of_extension(std::string_view(extension).substr(1));
  return format && facts_of(*format).reads;
}

/// ".jpg .jpeg .png": the extensions of what hdrtile reads.
std::string read_extensions() {
  std::string text;
  for (const FormatFacts& facts : formats()) {
    if (!facts.reads) continue;
    for (const auto extension : facts.extensions) text.append(text.empty() ? "." : " .").append(extension);
  }
  return text;
}

std::vector<fs::path> glob_matches(const std::string& pattern) {
  std::vector<fs::path> matches;
  ::glob_t found{};
  if (::glob(pattern.c_str(), 0, nullptr, &found) == 0) {
    for (std::size_t i = 0; i < found.gl_pathc; ++i) matches.emplace_back(found.gl_pathv[i]);
  }
  ::globfree(&found);
  return matches;
}

/// The list that an argument names, if it names one.
std::optional<fs::path> list_of(const std::string& argument) {
  if (argument.size() < 2 || !argument.starts_with('@')) return std::nullopt;
  return argument.substr(1);
}

class Collector {
 public:
  Collector(const EnhanceFlags& flags, const TellUnread& tell_unread) : flags_(flags), tell_unread_(tell_unread) {}

  void add_argument(const std::string& argument, std::istream& standard_input) {
    if (argument.empty()) {
      throw Error(ErrorCode::usage, "one of the photos has an empty name: is a variable of the command not set?");
    }
    if (argument == "-") {
      add_list(standard_input);
    } else if (const auto name = list_of(argument)) {
      std::ifstream list(*name, std::ios::binary);
      if (!list) {
        throw Error(ErrorCode::usage, "the list " + name->string() +
                                          " cannot be read: is it there? A photo whose "
                                          "name starts with @ is written ./" +
                                          argument);
      }
      add_list(list);
      if (list.bad()) throw Error(ErrorCode::usage, "the list " + name->string() + " cannot be read to its end");
    } else if (std::error_code error;
               !fs::exists(argument, error) && argument.find_first_of("*?[") != std::string::npos) {
      const auto matches = glob_matches(argument);
      for (const auto& match : matches) add_path(match);
      if (matches.empty()) add_file(argument, {});
    } else {
      add_path(argument);
    }
  }

  std::vector<Source> take() { return std::move(sources_); }

 private:
  void add_list(std::istream& list) {
    const char end = static_cast<char>(flags_.separator);
    bool first = true;
    for (std::string name; std::getline(list, name, end); first = false) {
      constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";  // as editors of Windows begin a text
      if (first && name.starts_with(byte_order_mark)) name.erase(0, byte_order_mark.size());
      if (name.find('\0') != std::string::npos) {  // which would end the name for the system, and for nobody else
        throw Error(
            ErrorCode::usage,
            "a list has a NUL byte within a name: one by find -print0 is read with -0, and a text must be UTF-8");
      }
      if (flags_.separator == ListSeparator::newline && name.ends_with('\r')) name.pop_back();
      if (!name.empty()) add_path(name);
    }
  }

  void add_path(const fs::path& path) {
    if (std::error_code error; fs::is_directory(path, error)) {
      add_folder(path, {});
    } else {
      add_file(path, {});
    }
  }

  void add_folder(const fs::path& folder, const fs::path& below) {
    std::error_code error;
    std::vector<fs::directory_entry> entries;  // with their kinds, which a folder may tell that lets nobody in
    for (auto entry = fs::directory_iterator(folder, error); entry != fs::directory_iterator();
         entry.increment(error)) {
      entries.push_back(*entry);
    }
    if (error) tell_unread_(folder, error.message());
    std::ranges::sort(entries);
    for (const auto& entry : entries) {
      const fs::path name = entry.path().filename();
      if (name.native().starts_with('.')) continue;  // hidden
      if (!entry.is_directory(error)) {
        if (has_photo_name(name)) add_file(entry.path(), below);
      } else if (flags_.recursive && !entry.is_symlink(error)) {  // a linked folder could lead back here
        add_folder(entry.path(), below / name);
      }
    }
  }

  void add_file(const fs::path& file, const fs::path& below) {
    if (seen_.insert(spelling_.of(file)).second) {
      sources_.push_back({.file = file, .below = below});
    }
  }

  const EnhanceFlags& flags_;
  const TellUnread& tell_unread_;
  std::vector<Source> sources_;
  Spelling spelling_;
  std::unordered_set<std::string> seen_;
};

}  // namespace

std::vector<fs::path> lists_of(const EnhanceFlags& flags) {
  std::vector<fs::path> lists;
  for (const std::string& argument : flags.inputs) {
    if (auto list = list_of(argument)) lists.push_back(std::move(*list));
  }
  return lists;
}

std::vector<Source> collect_inputs(const EnhanceFlags& flags, std::istream& standard_input,
                                   const TellUnread& tell_unread) {
  Collector collector(flags, tell_unread);
  std::string named;
  for (const auto& argument : flags.inputs) {
    collector.add_argument(argument, standard_input);
    named += (named.empty() ? "" : ", ") + argument;
  }
  auto sources = collector.take();
  if (sources.empty()) {
    throw Error(ErrorCode::usage, "no photos in " + named + ": hdrtile takes " + read_extensions() +
                                      (flags.recursive ? "" : "; -r looks into the folders of a folder, too"));
  }
  return sources;
}

}  // namespace hdrtile::cli
