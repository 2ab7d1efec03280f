#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "hdrtile/enhance.h"
#include "hdrtile/error.h"
#include "hdrtile/photo.h"

namespace hdrtile {

/// What to do with a photo whose output exists.
enum class OnExist : std::uint8_t {
  skip,       ///< leave it (default)
  update,     ///< redo it when its stamp says that input, model or settings have changed
  overwrite,  ///< redo it
  rename,     ///< write beside it: name_2.jpg, name_3.jpg, ...
  fail,       ///< the photo fails
};

/// One photo in, one photo out; or one bracket in (see bracket.h).
struct Job {
  std::filesystem::path input;
  std::filesystem::path output;
  std::vector<std::filesystem::path> further = {};  ///< other exposures, where `input` is the middle one of a bracket
};

/// One part of a list that several runs share. Photo k of the list (from 0) belongs to shard k mod count + 1:
/// neighbours are mostly photos of one shoot and one size, so this spreads the work better than stretches of the list
/// would. It is a function of the list's order alone, so all runs that are given the same list agree; sizes differ by
/// at most one.
struct Shard {
  int number = 1;  ///< from 1 to count
  int count = 1;
};

/// How many of so many jobs a shard has.
[[nodiscard]] std::size_t size_of_part(std::size_t jobs, Shard shard) noexcept;
/// The jobs of a shard, in order.
[[nodiscard]] std::vector<Job> part_of(std::span<const Job> jobs, Shard shard);

struct BatchOptions {
  EnhanceSettings enhance;
  EncodeOptions encode;  ///< its stamp is filled in per photo
  DecodeLimits limits;
  OnExist on_exist = OnExist::skip;
  bool reprocess = false;   ///< enhance photos that carry hdrtile's stamp, too
  int scale = 1;            ///< of the model: how large results are, where the process's memory is bounded
  Shard shard;              ///< which of the jobs are done here; the others' outputs are never written to
  int jobs = 1;             ///< threads for decoding and for encoding, each; 0: everything inline, one after another
  int cores = 1;            ///< threads that may encode the last photo, when nothing else wants them
  std::string version;      ///< for the stamp
  std::string model_id;     ///< for the stamp
  std::string settings_id;  ///< for the stamp
};

enum class PhotoStatus : std::uint8_t { done, skipped, failed, cancelled };
[[nodiscard]] const char* to_string(PhotoStatus status) noexcept;

/// What an output that was there before turned out to be.
enum class Existing : std::uint8_t {
  current,     ///< made by hdrtile from this photo, with this model and these settings
  stale,       ///< made by hdrtile, but from another photo, or with another model or other settings
  foreign,     ///< not made by hdrtile
  unreadable,  ///< cannot be told
};
[[nodiscard]] const char* to_string(Existing existing) noexcept;

/// Processor time in ms; empty: cannot be told. A codec's is that of the threads that call it, reading, hashing and
/// writing the file included; none where its library has threads of its own (HEIC, AVIF, camera raw). The network's is
/// what the process used while it computed the photo (its threads spin while they wait for each other: that counts; on
/// a GPU: of the host's processor), less what codecs used meanwhile; none while two photos are computed at once, nor
/// once a codec with threads of its own has run.
struct CoreTimes {
  std::optional<double> decode;
  std::optional<double> network;  ///< prepare and tiles
  std::optional<double> encode;
};

/// Core-seconds of the photos of which all was told, summed.
struct CoreSeconds {
  int photos = 0;
  double codecs = 0;
  double network = 0;

  void add(const CoreTimes& ms) noexcept;
};

/// What became of one photo; what a report entry is made from.
struct PhotoResult {
  Job job;  ///< output as written (differs from what was asked with OnExist::rename)
  PhotoStatus status = PhotoStatus::done;
  std::string reason;  ///< why it was skipped or has failed, with the remedy
  std::optional<ErrorCode> error;
  std::optional<Existing> existing;  ///< with OnExist::skip and update, where the output was there before
  std::vector<std::string> stale;    ///< what of a stale output is no more true: "photo", "model", "settings"
  Size input_size;                   ///< upright
  Depth decoded_depth = Depth::u8;   ///< of its samples in memory
  Size output_size;
  std::optional<MemoryPlan> plan;
  std::vector<std::string> warnings;
  std::vector<std::string> downgrades;
  std::string device;  ///< that enhanced it: "cpu", "cuda:1"
  double decode_ms = 0;
  double prepare_ms = 0;
  double tiles_ms = 0;
  double encode_ms = 0;  ///< encoding and writing
  CoreTimes core_ms;
};

/// How lower layers report. Calls are serialised (never two at once), but come from any thread. They must not throw.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void on_start(const Job& job, Size size) = 0;                 ///< decoded, tile pass begins
  virtual void on_progress(const Job& job, double share_of_photo) = 0;  ///< in [0, 1]
  virtual void on_finish(const PhotoResult& result) = 0;                ///< once per job, in order of completion
  /// Before the first photo: a temporary file of a run that was killed was removed.
  virtual void on_stray_removed(const std::filesystem::path& /*file*/) {}
};

struct BatchSummary {
  int done = 0;
  int skipped = 0;
  int failed = 0;
  int cancelled = 0;
  int stale = 0;  ///< skipped, though what exists is stale
  CoreSeconds core_seconds = {};

  void add(const PhotoResult& result) noexcept;
};

/// Gives the engine, which it makes when it is first called: while the first photo that needs it is decoded, so that a
/// run that skips every photo loads no model. Called at least once per photo, and must give the same engine each time.
/// May throw Error.
using EngineSource = std::function<Engine&()>;

/// What a batch computes on.
struct EngineSources {
  /// One a device, each for the same model and precision: a photo goes to whichever is free, and its pixels do not
  /// depend on which that was. Sources are called from different threads; each is called by one thread at a time until
  /// it has given its engine.
  std::vector<EngineSource> devices;
  /// For photos that fit no device's memory, even with the smallest tiles; empty: such photos fail. One at a time.
  EngineSource fallback = {};
};

/// Enhances the options' shard of a batch: what killed runs left in its output folders is removed (see remove_strays),
/// then decode, inference and encode run beside each other over bounded queues, so that memory is flat in the number of
/// photos. A photo fails alone. Every job of the shard gets exactly one on_finish. When `cancel` is set, photos under
/// way are dropped (nothing half-written) and the rest counts as cancelled. Pixels do not depend on `jobs` or order.
/// Before anything runs, throws Error{usage} when two photos of the whole batch share an output or an output is an
/// input of it: all shards throw alike. Error{device}, broken models and requests that cannot be met end the batch:
/// thrown after every photo was reported. A model is broken when it cannot be loaded, fails for three photos in a row,
/// or works for none; where it fails now and then, the photo fails alone. One of several devices that fails takes no
/// more photos: the others do the rest, then its error is thrown. Without threads (options.jobs == 0) the first device
/// does all.
BatchSummary run_batch(std::span<const Job> jobs, const EngineSources& engines, const BatchOptions& options,
                       Observer& observer, const CancelFlag& cancel);
BatchSummary run_batch(std::span<const Job> jobs, Engine& engine, const BatchOptions& options, Observer& observer,
                       const CancelFlag& cancel);

/// What run_batch would do with its photos, found from names and headers alone, in order; nothing is written. `tell`
/// gets a result of status done for what would be enhanced, with the output's name and the input's size. Throws
/// Error{usage} as run_batch does.
void examine_batch(std::span<const Job> jobs, const BatchOptions& options,
                   const std::function<void(const PhotoResult&)>& tell, const CancelFlag& cancel);

}  // namespace hdrtile
