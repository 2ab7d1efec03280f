#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <new>
#include <set>
#include <string>
#include <utility>

#include "bounded_queue.h"
#include "collisions.h"
#include "inference.h"
#include "stages.h"
#include "threads.h"

namespace hdrtile {
namespace {

/// The calling thread takes no core from others when it wakes: those of the network wait for each other at every layer,
/// so that one that is held up holds up all. It still gets its share. Where the system knows no such thing nothing is
/// lost.
void wake_politely() noexcept {
#ifdef SCHED_BATCH
  int policy = SCHED_OTHER;
  sched_param parameters{};
  if (::pthread_getschedparam(::pthread_self(), &policy, &parameters) != 0 || policy != SCHED_OTHER) return;
  (void)::pthread_setschedparam(::pthread_self(), SCHED_BATCH, &parameters);
#endif
}

/// One thread, one photo after another: what the threaded run must equal.
void run_inline(std::span<const Job> jobs, const EngineSources& engines, Stages& stages) {
  Inference inference({.devices = {engines.devices.front()}, .fallback = engines.fallback}, stages);
  for (const Job& job : jobs) {
    auto work = stages.decode(job);
    if (work && inference.one(*work)) stages.encode(std::move(*work));
  }
  inference.rethrow();
}

/// Decoders -> inference -> encoders. Queues of one are enough: whoever waits to push holds the next photo ready. So at
/// most 2 * threads + 2 photos are in memory, and one for each thread of the engines. False where the system allows no
/// threads: nothing was done.
[[nodiscard]] bool run_threaded(std::span<const Job> jobs, const EngineSources& engines, Stages& stages, int threads) {
  BoundedQueue<Work> decoded(1);
  BoundedQueue<Work> enhanced(1);
  std::atomic<std::size_t> next = 0;
  std::atomic<int> decoding = threads;
  Inference inference(engines, stages);
  const auto one_decoder_less = [&] {
    if (--decoding > 0) return;
    stages.nothing_left();
    decoded.close();
  };
  const auto encode = [&] {
    wake_politely();
    while (auto work = enhanced.pop()) stages.encode(std::move(*work));
  };
  const auto decode = [&] {
    wake_politely();
    for (std::size_t index = next++; index < jobs.size(); index = next++) {
      auto work = stages.decode(jobs[index]);
      if (work && !decoded.push(std::move(*work))) break;
    }
    one_decoder_less();
  };

  std::vector<std::jthread> encoders;  // joined before the queues go
  std::vector<std::jthread> decoders;
  struct Closer {  // lets the workers end, whatever way this function is left
    BoundedQueue<Work>& decoded;
    BoundedQueue<Work>& enhanced;
    ~Closer() {
      decoded.close();
      enhanced.close();
    }
  } const closer{decoded, enhanced};

  if (!start(encoders, encode) || !start(decoders, decode)) return false;
  for (int i = 1; i < threads; ++i) {
    if (!start(encoders, encode) || !start(decoders, decode)) one_decoder_less();
  }
  inference.all(decoded, enhanced);
  enhanced.close();
  decoders.clear();
  encoders.clear();
  inference.rethrow();
  return true;
}

void clean_folders(std::span<const Job> jobs, Observer& observer) {
  std::set<std::filesystem::path> folders;
  for (const Job& job : jobs) folders.insert(job.output.has_parent_path() ? job.output.parent_path() : ".");
  for (const auto& folder : folders) {
    for (const auto& stray : remove_strays(folder)) observer.on_stray_removed(stray);
  }
}

}  // namespace

const char* to_string(PhotoStatus status) noexcept {
  switch (status) {
    case PhotoStatus::done:
      return "done";
    case PhotoStatus::skipped:
      return "skipped";
    case PhotoStatus::failed:
      return "failed";
    case PhotoStatus::cancelled:
      return "cancelled";
  }
  return "unknown";
}

void CoreSeconds::add(const CoreTimes& ms) noexcept {
  if (!ms.decode || !ms.network || !ms.encode) return;
  ++photos;
  codecs += (*ms.decode + *ms.encode) / 1000;
  network += *ms.network / 1000;
}

void BatchSummary::add(const PhotoResult& result) noexcept {
  switch (result.status) {
    case PhotoStatus::done:
      ++done;
      core_seconds.add(result.core_ms);
      break;
    case PhotoStatus::skipped:
      ++skipped;
      stale += result.existing == Existing::stale ? 1 : 0;
      break;
    case PhotoStatus::failed:
      ++failed;
      break;
    case PhotoStatus::cancelled:
      ++cancelled;
      break;
  }
}

BatchSummary run_batch(std::span<const Job> jobs, const EngineSources& engines, const BatchOptions& options,
                       Observer& observer, const CancelFlag& cancel) {
  check_collisions(jobs, options);
  clean_folders(jobs, observer);
  Stages stages(jobs, options, observer, cancel);
  const std::vector<Job> part = part_of(jobs, options.shard);
  const int threads = std::clamp(static_cast<int>(part.size()), 1, std::max(options.jobs, 1));
  if (options.jobs == 0 || !run_threaded(part, engines, stages, threads)) run_inline(part, engines, stages);
  if (!cancel) stages.require_working_model();
  return stages.summary();
}

BatchSummary run_batch(std::span<const Job> jobs, Engine& engine, const BatchOptions& options, Observer& observer,
                       const CancelFlag& cancel) {
  return run_batch(jobs, {.devices = {[&]() -> Engine& { return engine; }}}, options, observer, cancel);
}

void examine_batch(std::span<const Job> jobs, const BatchOptions& options,
                   const std::function<void(const PhotoResult&)>& tell, const CancelFlag& cancel) {
  check_collisions(jobs, options);
  const Gate gate(jobs, options);
  for (const Job& job : part_of(jobs, options.shard)) {
    if (cancel) return;
    PhotoResult result;
    result.job = job;
    const auto fail = [&](ErrorCode code, std::string reason) {
      result.status = PhotoStatus::failed;
      result.error = code;
      result.reason = std::move(reason);
    };
    try {
      (void)gate.admit(result);
    } catch (const Error& error) {
      fail(error.code(), fault_of_photo(error, job.input).what());
    } catch (const std::bad_alloc&) {
      fail(ErrorCode::out_of_memory, job.input.string() + ": not enough memory to read it");
    }
    tell(result);
  }
}

}  // namespace hdrtile
