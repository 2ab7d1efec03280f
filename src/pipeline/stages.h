#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <string>

#include "core_time.h"
#include "gate.h"
#include "hdrtile/enhance.h"
#include "hdrtile/pipeline.h"
#include "memory_gate.h"

namespace hdrtile {

/// A photo on its way.
struct Work {
  MemoryGate::Pass pass = {};  ///< first, so that it goes last: after the pixels
  Job asked;                   ///< result.job is what it became
  PhotoResult result;
  Photo photo;
  std::optional<Preview> preview;  ///< where it was known what the model wants
  Stamp stamp;
  Replace replace = Replace::never;
};

/// The photo of a job, its exposures fused where it is a bracket.
[[nodiscard]] Photo decode_files(Admitted files, const Job& job, const DecodeLimits& limits);

/// Whether what is wrong with one photo would be so with every other: the model, the device, the request.
[[nodiscard]] bool ends_batch(ErrorCode code) noexcept;

/// A fault that one photo is to fail by, with its name first. One of the model is that photo's then.
[[nodiscard]] Error fault_of_photo(const Error& error, const std::filesystem::path& photo);

/// So many photos in a row that the model cannot enhance end the batch.
inline constexpr int most_model_faults = 3;

/// What is done to one photo, in three stages; how they are run (inline, on threads) is not known here. Every photo is
/// reported exactly once: by the stage that it ends in. Thread-safe.
class Stages {
 public:
  Stages(std::span<const Job> jobs, const BatchOptions& options, Observer& observer, const CancelFlag& cancel);

  /// Reads and decodes; makes the preview, too, so that no engine waits for it. Empty when the photo ended here.
  [[nodiscard]] std::optional<Work> decode(const Job& job);
  /// Waits until a photo is being decoded, which an engine will be wanted for; false when none will be.
  [[nodiscard]] bool await_photo() const noexcept;
  /// To be called when decode() will not be called again.
  void nothing_left() noexcept;
  /// False when the photo ended here. Throws what ends the whole batch, after reporting the photo: faults of the
  /// device, requests that cannot be met, and faults of the model: when it cannot be loaded, or in the third photo in
  /// a row. One photo that is too much for a model fails alone, so that it does not keep a night's others from theirs.
  /// A photo that does not fit the engine's memory goes to `fallback`, where there is one.
  [[nodiscard]] bool infer(Work& work, const EngineSource& engine, const EngineSource& fallback);
  /// Encodes and writes; the last photo with the cores that nothing else wants then.
  void encode(Work work);

  /// To be called at the end: throws Error{model} when the model has failed, and worked for no photo at all.
  void require_working_model() const;

  /// Photos that have not been enhanced yet are dropped from now on.
  void stop();
  void finish(const PhotoResult& result);

  [[nodiscard]] const BatchSummary& summary() const noexcept { return summary_; }

 private:
  template <typename Stage>
  bool attempt(PhotoResult& result, const Stage& stage);
  enum class Coming : std::uint8_t { unknown, photo, nothing };
  void tell(Coming coming) noexcept;
  void throw_if_cancelled() const;
  void throw_if_stopped() const;
  /// Enhances the photo and fills in what became of it.
  void enhance(Work& work, Engine& engine);
  void enhance_on_fallback(Work& work, Engine& engine, const EngineSource& fallback, const std::string& refusal);
  [[nodiscard]] Enhanced enhanced(const Work& work, Engine& engine);
  void write(Work& work, std::span<const std::uint8_t> bytes) const;

  const BatchOptions& options_;
  Observer& observer_;
  const CancelFlag& cancel_;
  Gate gate_;
  MemoryGate memory_;
  CoreTime core_time_;
  std::mutex judging_;    // guards the next three
  int model_faults_ = 0;  // of photos in a row
  bool model_works_ = false;
  std::string model_fault_;  // the last one
  std::mutex falling_back_;  // the fallback is one engine for all
  std::mutex reporting_;
  BatchSummary summary_;
  std::atomic<bool> stopped_{false};
  std::atomic<Coming> coming_{Coming::unknown};
  std::atomic<std::size_t> to_compute_;  // photos that have not come to their encoding, and may
  /// The long side of the preview that the model wants; 0: none, or no engine has been made yet.
  std::atomic<int> preview_px_{0};
};

}  // namespace hdrtile
