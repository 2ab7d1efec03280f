#include "hdrtile/estimate.h"

#include <algorithm>
#include <bit>
#include <map>
#include <new>
#include <optional>
#include <string>
#include <tuple>

#include "stages.h"
#include "stopwatch.h"
#include "trial.h"

namespace hdrtile {
namespace {

namespace fs = std::filesystem;

double pixels(Size size) { return static_cast<double>(size.width) * size.height; }

double computed_pixels(const TilePlan& plan) { return static_cast<double>(plan.count()) * plan.x.side * plan.y.side; }

/// What the size of an output goes by: that of its input, which knows how much there is to see in the photo.
double weight(const PhotoResult& photo) {
  std::error_code error;
  const auto file = fs::file_size(photo.job.input, error);
  return error ? 1 : static_cast<double>(file) * pixels(photo.output_size) / pixels(photo.input_size);
}

/// What photos took, and from that, what another one will.
class Rates {
 public:
  void add(const PhotoResult& photo, const Trial& trial) {
    ++photos_;
    input_pixels_ += pixels(photo.input_size);
    output_pixels_ += pixels(photo.output_size);
    weight_ += weight(photo);
    decode_ += trial.decode;
    encode_ += trial.encode;
    prepare_ += trial.prepare;
    per_pixel_ += trial.per_pixel;
    bytes_ += trial.bytes;
  }
  [[nodiscard]] int photos() const { return photos_; }
  [[nodiscard]] double decode(const PhotoResult& photo) const {
    return decode_ / input_pixels_ * pixels(photo.input_size);
  }
  [[nodiscard]] double encode(const PhotoResult& photo) const {
    return encode_ / output_pixels_ * pixels(photo.output_size);
  }
  [[nodiscard]] double infer(const PhotoResult& photo) const {
    return (prepare_ + per_pixel_ * computed_pixels(photo.plan->tiles)) / photos_;
  }
  [[nodiscard]] std::int64_t bytes(const PhotoResult& photo) const {
    return static_cast<std::int64_t>(bytes_ / weight_ * weight(photo));
  }

 private:
  int photos_ = 0;
  double input_pixels_ = 0;
  double output_pixels_ = 0;
  double weight_ = 0;
  double decode_ = 0;
  double encode_ = 0;
  double prepare_ = 0;
  double per_pixel_ = 0;
  double bytes_ = 0;
};

/// Photos that take about the same: of one format in and out, and within a factor of two in size.
using Kind = std::tuple<std::string, std::string, int>;

Kind kind_of(const PhotoResult& photo) {
  return {photo.job.input.extension().string(), photo.job.output.extension().string(),
          std::bit_width(static_cast<std::uint64_t>(pixels(photo.input_size)))};
}

struct Group {
  std::vector<std::size_t> members;
  Rates rates;
};

/// Decoders and encoders run beside the engine and take their share of the cores from it, but for the first decode and
/// the last encode, which it waits for. Where they are slower than it, they set the pace.
double wall_seconds(double decode, double infer, double encode, std::size_t photos, int jobs, int cores) {
  if (jobs == 0) return decode + infer + encode;
  const double alone = (decode + encode) / static_cast<double>(photos);
  const double beside = (decode + encode - alone) / cores;
  return std::max({infer + alone + beside, decode / jobs, encode / jobs});
}

class Trials {
 public:
  Trials(std::span<const PhotoResult> photos, Engine& engine, const BatchOptions& options, const TrialOptions& trial,
         const CancelFlag& cancel)
      : photos_(photos), engine_(engine), options_(options), trial_(trial), cancel_(cancel), broken_(photos.size()) {
    for (std::size_t i = 0; i < photos.size(); ++i) groups_[kind_of(photos[i])].members.push_back(i);
  }

  /// One photo of each group, then a second, then a third, as long as there is time.
  void run() {
    const Stopwatch watch;
    for (const std::size_t sixth : {3U, 1U, 5U}) {
      for (auto& [kind, group] : groups_) {
        const std::size_t count = group.members.size();
        const std::size_t place = count * sixth / 6;
        const bool is_new = sixth == 3 || (count >= 3 && place != count / 2);
        const double limit = group.rates.photos() > 0 ? trial_.seconds : trial_.most_seconds;
        if (all_.photos() > 0 && watch.seconds() > limit) continue;
        if (is_new) try_one(group.members[place], group);
      }
    }
    if (all_.photos() == 0 && model_fault_) throw Error(*model_fault_);
  }

  [[nodiscard]] Estimate estimate() const {
    Estimate found;
    found.tried = all_.photos();
    found.bytes.resize(photos_.size());
    if (found.tried == 0) return found;
    double decode = 0;
    double infer = 0;
    double encode = 0;
    std::size_t whole = 0;
    for (const auto& [kind, group] : groups_) {
      const Rates& rates = group.rates.photos() > 0 ? group.rates : all_;
      for (const std::size_t member : group.members) {
        if (broken_[member]) continue;
        ++whole;
        const PhotoResult& photo = photos_[member];
        decode += rates.decode(photo);
        infer += rates.infer(photo);
        encode += rates.encode(photo);
        found.bytes[member] = rates.bytes(photo);
      }
    }
    found.seconds =
        warm_up_ + wall_seconds(decode, infer / std::max(trial_.devices, 1), encode, whole,
                                std::min(options_.jobs, static_cast<int>(whole)), std::max(trial_.cores, 1));
    return found;
  }

 private:
  void try_one(std::size_t index, Group& group) {
    const PhotoResult& photo = photos_[index];
    if (trial_.on_try) trial_.on_try(index);
    try {
      const auto state = all_.photos() == 0 ? EngineState::cold : EngineState::warm;
      const Trial trial = try_photo(photo, engine_, state, options_, cancel_);
      warm_up_ += trial.warm_up;
      group.rates.add(photo, trial);
      all_.add(photo, trial);
      model_faults_ = 0;
    } catch (const Error& error) {
      // As in the run: what a model cannot enhance fails alone, where it works for others.
      const bool of_model = error.code() == ErrorCode::model && ++model_faults_ < most_model_faults;
      if (error.code() == ErrorCode::cancelled || (ends_batch(error.code()) && !of_model)) throw;
      if (of_model) model_fault_ = error;
      leave_out(index, fault_of_photo(error, photo.job.input));
    } catch (const std::bad_alloc&) {
      leave_out(index, Error(ErrorCode::out_of_memory, photo.job.input.string() + ": not enough memory to try it"));
    }
  }

  void leave_out(std::size_t index, const Error& error) {
    broken_[index] = true;
    if (trial_.on_fault) trial_.on_fault(index, error);
  }

  std::span<const PhotoResult> photos_;
  Engine& engine_;
  const BatchOptions& options_;
  const TrialOptions& trial_;
  const CancelFlag& cancel_;
  std::map<Kind, Group> groups_;
  Rates all_;
  std::vector<bool> broken_;  // as was found out
  int model_faults_ = 0;      // in a row
  std::optional<Error> model_fault_;
  double warm_up_ = 0;
};

}  // namespace

Estimate estimate_batch(std::span<const PhotoResult> photos, Engine& engine, const BatchOptions& options,
                        const TrialOptions& trial, const CancelFlag& cancel) {
  Trials trials(photos, engine, options, trial, cancel);
  trials.run();
  return trials.estimate();
}

}  // namespace hdrtile
