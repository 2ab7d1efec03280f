#include "stages.h"

#include <algorithm>
#include <new>
#include <utility>

#include "hdrtile/bracket.h"
#include "helpers.h"
#include "stopwatch.h"

namespace hdrtile {
namespace {

namespace fs = std::filesystem;

void fail(PhotoResult& result, ErrorCode code, std::string reason) {
  result.status = code == ErrorCode::cancelled ? PhotoStatus::cancelled : PhotoStatus::failed;
  result.error = code;
  result.reason = std::move(reason);
}

/// Whether a library that decodes them has threads of its own.
bool has_threads(const Admitted& files) {
  const auto threaded = [](const std::vector<std::uint8_t>& file) {
    const auto format = detect_format(file);
    return format && facts_of(*format).own_threads;
  };
  return threaded(files.file) || std::ranges::any_of(files.further, threaded);
}

/// Without the number of a GPU: which of several made a photo is of no interest.
std::string short_name(const EngineInfo& engine) {
  return engine.backend + " " + engine.device.substr(0, engine.device.find(':')) + " " + to_string(engine.precision);
}

}  // namespace

bool ends_batch(ErrorCode code) noexcept {
  return code == ErrorCode::model || code == ErrorCode::device || code == ErrorCode::usage;
}

Error fault_of_photo(const Error& error, const fs::path& photo) {
  const std::string name = photo.string() + ": ";
  const std::string text = error.what();
  if (error.code() == ErrorCode::model) return {ErrorCode::unsupported, name + "the model cannot enhance it: " + text};
  return {error.code(), text.starts_with(name) ? text : name + text};
}

Stages::Stages(std::span<const Job> jobs, const BatchOptions& options, Observer& observer, const CancelFlag& cancel)
    : options_(options),
      observer_(observer),
      cancel_(cancel),
      gate_(jobs, options),
      memory_(room_for_photos(options.enhance.request.max_memory)),
      to_compute_(size_of_part(jobs.size(), options.shard)) {}

Photo decode_files(Admitted files, const Job& job, const DecodeLimits& limits) {
  std::vector<Photo> exposures;
  exposures.push_back(decode_photo(std::exchange(files.file, {}), job.input, limits));
  for (std::size_t i = 0; i < job.further.size(); ++i) {
    exposures.push_back(decode_photo(std::exchange(files.further[i], {}), job.further[i], limits));
  }
  return exposures.size() == 1 ? std::move(exposures.front()) : fuse_bracket(std::move(exposures), 0);
}

template <typename Stage>
bool Stages::attempt(PhotoResult& result, const Stage& stage) {
  try {
    throw_if_cancelled();
    stage();
    if (result.status == PhotoStatus::done) return true;
  } catch (const Error& error) {
    const bool of_photo = error.code() != ErrorCode::cancelled && !ends_batch(error.code());
    fail(result, error.code(), of_photo ? fault_of_photo(error, result.job.input).what() : error.what());
  } catch (const std::bad_alloc&) {
    fail(result, ErrorCode::out_of_memory,
         result.job.input.string() + ": not enough memory; use fewer --jobs, or make the photo smaller");
  } catch (const std::exception& error) {
    fail(result, ErrorCode::input, result.job.input.string() + ": " + error.what());
  }
  finish(result);
  return false;
}

void Stages::throw_if_cancelled() const {
  if (cancel_) throw Error(ErrorCode::cancelled, "interrupted; the next run goes on from here");
}

void Stages::throw_if_stopped() const {
  if (stopped_) throw Error(ErrorCode::cancelled, "not reached: the run ended early");
}

std::optional<Work> Stages::decode(const Job& job) {
  Work work;
  work.asked = job;
  work.result.job = job;
  const bool goes_on = attempt(work.result, [&] {
    throw_if_stopped();
    const Stopwatch watch;
    CoreTime::Codec core(core_time_);
    auto admitted = gate_.admit(work.result);
    if (!admitted) return;
    tell(Coming::photo);
    work.stamp = std::move(admitted->stamp);
    work.replace = admitted->replace;
    const auto exposures = static_cast<std::int64_t>(1 + job.further.size());
    work.pass = memory_.enter(exposures * photo_bytes(work.result.input_size, admitted->decoded_depth, options_.scale));
    if (has_threads(*admitted)) core.has_threads();
    work.photo = decode_files(std::move(*admitted), job, options_.limits);
    work.result.input_size = work.photo.pixels.size();
    if (const int long_side = preview_px_; long_side > 0) work.preview = make_preview(work.photo.pixels, long_side);
    work.result.warnings = work.photo.warnings;
    work.result.decode_ms = watch.ms();
    work.result.core_ms.decode = core.ms();
  });
  if (goes_on) return work;
  --to_compute_;
  return std::nullopt;
}

bool Stages::await_photo() const noexcept {
  coming_.wait(Coming::unknown);
  return coming_ == Coming::photo;
}

void Stages::nothing_left() noexcept { tell(Coming::nothing); }

/// The first word counts.
void Stages::tell(Coming coming) noexcept {
  auto before = Coming::unknown;
  if (coming_.compare_exchange_strong(before, coming)) coming_.notify_all();
}

bool Stages::infer(Work& work, const EngineSource& engine, const EngineSource& fallback) {
  PhotoResult& result = work.result;
  const bool goes_on = attempt(result, [&] {
    throw_if_stopped();
    if (work.replace == Replace::never && gate_.overtaken(result)) return gate_.yield(result);
    Engine& device = engine();
    if (device.model().contextual) preview_px_ = device.model().context_px;
    {
      const std::lock_guard lock(reporting_);
      observer_.on_start(result.job, result.input_size);
    }
    try {
      enhance(work, device);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::out_of_memory || !fallback) throw;
      enhance_on_fallback(work, device, fallback, error.what());
    }
  });
  if (!goes_on) --to_compute_;
  if (!goes_on && result.error && ends_batch(*result.error)) throw Error(*result.error, result.reason);
  return goes_on;
}

void Stages::enhance(Work& work, Engine& engine) {
  PhotoResult& result = work.result;
  const CoreTime::Network core(core_time_);
  Enhanced made = enhanced(work, engine);
  result.core_ms.network = core.ms();
  work.photo.pixels = std::move(made.image);
  work.preview.reset();
  work.stamp.engine = short_name(engine.info());
  result.device = engine.info().device;
  result.output_size = fit_within(work.photo.pixels.size(), options_.encode.max_side);
  result.plan = std::move(made.plan);
  result.downgrades = std::move(made.downgrades);
  result.prepare_ms = made.prepare_ms;
  result.tiles_ms = made.tiles_ms;
  const std::lock_guard lock(judging_);
  model_faults_ = 0;
  model_works_ = true;
}

void Stages::enhance_on_fallback(Work& work, Engine& engine, const EngineSource& fallback, const std::string& refusal) {
  const std::lock_guard one_at_a_time(falling_back_);
  Engine& other = fallback();
  if (&other == &engine) throw Error(ErrorCode::out_of_memory, refusal);
  enhance(work, other);
  work.result.downgrades.insert(
      work.result.downgrades.begin(),
      "out of memory on " + engine.info().device + " even with the smallest tiles: done on " + other.info().device);
}

Enhanced Stages::enhanced(const Work& work, Engine& engine) {
  try {
    const auto tell = [&](double share) {
      const std::lock_guard lock(reporting_);
      observer_.on_progress(work.result.job, share);
    };
    return enhance_image(work.photo.pixels, engine, options_.enhance, cancel_, tell,
                         work.preview ? &*work.preview : nullptr);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::model) throw;
    const std::lock_guard lock(judging_);
    model_fault_ = error.what();
    if (++model_faults_ == most_model_faults) throw;
    throw fault_of_photo(error, work.result.job.input);
  }
}

void Stages::require_working_model() const {
  if (model_faults_ > 0 && !model_works_) {
    throw Error(ErrorCode::model, "the model could enhance none of the photos: " + model_fault_);
  }
}

void Stages::encode(Work work) {
  PhotoResult& result = work.result;
  const bool is_last = --to_compute_ == 0;
  const bool written = attempt(result, [&] {
    const Stopwatch watch;
    CoreTime::Codec core(core_time_);
    Helpers helpers(options_.cores, core_time_);
    EncodeOptions options = options_.encode;
    if (is_last && options_.cores > 1) options.spread = [&](int count, const auto& task) { helpers.run(count, task); };
    options.stamp = std::move(work.stamp);
    if (facts_of(options.format.value_or(usual_output(work.photo.format))).own_threads) core.has_threads();
    const auto bytes = encode_photo(work.photo, options, result.warnings);
    work.photo = {};
    throw_if_cancelled();
    write(work, bytes);
    result.encode_ms = watch.ms();
    result.core_ms.encode = core.ms();
    if (result.core_ms.encode) *result.core_ms.encode += helpers.core_ms();
  });
  if (written) finish(result);
}

void Stages::write(Work& work, std::span<const std::uint8_t> bytes) const {
  fs::path& output = work.result.job.output;
  while (!write_file_atomic(output, bytes, work.replace)) {
    if (options_.on_exist != OnExist::rename) return gate_.yield(work.result);
    output = gate_.free_name(work.asked.output);
  }
}

void Stages::stop() { stopped_ = true; }

void Stages::finish(const PhotoResult& result) {
  const std::lock_guard lock(reporting_);
  summary_.add(result);
  observer_.on_finish(result);
}

}  // namespace hdrtile
