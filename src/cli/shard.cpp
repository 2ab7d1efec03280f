#include "shard.h"

#include <spdlog/fmt/fmt.h>

#include <charconv>
#include <optional>
#include <string_view>

#include "hdrtile/error.h"

namespace hdrtile::cli {
namespace {

[[noreturn]] void refuse(const std::string& why) { throw Error(ErrorCode::usage, why); }

std::optional<int> to_number(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

/// The scheduler's variables, as numbers. Set but empty is not set: manifests pass such on.
class Variables {
 public:
  explicit Variables(const Environment& environment) : environment_(environment) {}

  [[nodiscard]] std::optional<int> find(const std::string& name) const {
    const char* const text = environment_(name.c_str());
    if (text == nullptr || *text == '\0') return std::nullopt;
    const auto number = to_number(text);
    if (!number) refuse(fmt::format("{} is '{}', which is no number", name, text));
    return number;
  }

  [[nodiscard]] int get(const std::string& name, const std::string& beside) const {
    const auto number = find(name);
    if (!number) refuse(fmt::format("{} is set, but {} is not; name the shard, e.g. --shard 2/4", beside, name));
    return *number;
  }

 private:
  const Environment& environment_;
};

/// A place counted from 0 among `count`, which a scheduler that does not know it leaves empty.
struct Place {
  int index = 0;
  std::optional<int> count;
  std::string names;  ///< of the variables, for messages
};

std::optional<Place> slurm(const Variables& variables) {
  const std::string id = "SLURM_ARRAY_TASK_ID";
  const auto task = variables.find(id);
  if (!task) return std::nullopt;
  const int count = variables.get("SLURM_ARRAY_TASK_COUNT", id);
  const int least = variables.get("SLURM_ARRAY_TASK_MIN", id);
  const int most = variables.get("SLURM_ARRAY_TASK_MAX", id);
  const int step = variables.find("SLURM_ARRAY_TASK_STEP").value_or(1);
  // An array of picked tasks (--array=1,3,7) tells no task its place among them.
  const bool even = step > 0 && most >= least && (most - least) % step == 0 && (most - least) / step + 1 == count;
  if (!even || *task < least || *task > most || (*task - least) % step != 0) {
    refuse(fmt::format(
        "the array's tasks are not evenly numbered (SLURM_ARRAY_TASK_ID={}, _MIN={}, _MAX={}, _STEP={}, _COUNT={}), so "
        "this one's place cannot be told; submit all of them (--array=1-N), or name the shard (--shard 2/4)",
        *task, least, most, step, count));
  }
  return Place{(*task - least) / step, count, "SLURM_ARRAY_TASK_ID and SLURM_ARRAY_TASK_COUNT"};
}

std::optional<Place> kubernetes(const Variables& variables) {
  const auto index = variables.find("JOB_COMPLETION_INDEX");
  if (!index) return std::nullopt;
  return Place{*index, std::nullopt, "JOB_COMPLETION_INDEX"};
}

std::optional<Place> aws_batch(const Variables& variables) {
  const std::string id = "AWS_BATCH_JOB_ARRAY_INDEX";
  const auto index = variables.find(id);
  if (!index) return std::nullopt;
  return Place{*index, variables.find("AWS_BATCH_JOB_ARRAY_SIZE"), id + " and AWS_BATCH_JOB_ARRAY_SIZE"};
}

Shard from_scheduler(const std::optional<int>& said, const Environment& environment) {
  const Variables variables(environment);
  auto place = slurm(variables);
  if (!place) place = kubernetes(variables);
  if (!place) place = aws_batch(variables);
  if (!place) {
    refuse(
        "auto finds none of SLURM_ARRAY_TASK_ID, JOB_COMPLETION_INDEX and AWS_BATCH_JOB_ARRAY_INDEX; name the shard, "
        "e.g. --shard 2/4");
  }
  if (!said && !place->count) {
    refuse(fmt::format("{} does not tell how many shards there are; say so: --shard auto/N", place->names));
  }
  if (said && place->count && *said != *place->count) {
    refuse(
        fmt::format("auto/{} contradicts {}, which say {}; to redo a few tasks of an array, name the shard, e.g. "
                    "--shard 2/{}",
                    *said, place->names, *place->count, *said));
  }
  const int count = said.value_or(place->count.value_or(0));
  if (place->index >= count) {
    refuse(fmt::format("{}: index {} (counted from 0) is none of {} shards", place->names, place->index, count));
  }
  return {.number = place->index + 1, .count = count};
}

}  // namespace

Shard parse_shard(const std::string& text, const Environment& environment) {
  if (text == "auto") return from_scheduler(std::nullopt, environment);
  const std::string_view whole = text;
  const auto slash = whole.find('/');
  const auto count = slash == std::string::npos ? std::nullopt : to_number(whole.substr(slash + 1));
  if (!count || *count < 1) refuse("'" + text + "' is none of I/N (1/4 is the first of four), auto and auto/N");
  if (whole.substr(0, slash) == "auto") return from_scheduler(count, environment);
  const auto number = to_number(whole.substr(0, slash));
  if (!number || *number < 1 || *number > *count) {
    refuse("'" + text + "': shards of " + std::to_string(*count) + " are numbered from 1 to " + std::to_string(*count));
  }
  return {.number = *number, .count = *count};
}

std::string describe(Shard shard) { return fmt::format("shard {} of {}", shard.number, shard.count); }

}  // namespace hdrtile::cli
