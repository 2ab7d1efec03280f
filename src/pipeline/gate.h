#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "hdrtile/pipeline.h"

namespace hdrtile {

/// A photo that is to be enhanced: its bytes, not yet decoded.
struct Admitted {
  std::vector<std::uint8_t> file;
  std::vector<std::vector<std::uint8_t>> further;  ///< of the job's further exposures
  Stamp stamp;
  Replace replace = Replace::never;
  Depth decoded_depth = Depth::u8;
};

/// All files of a job, with no stamp yet. Throws Error as read_file does.
[[nodiscard]] Admitted read_files(const Job& job, const DecodeLimits& limits);

/// Decides from names and headers, before a pixel is decoded, what becomes of a photo. Thread-safe.
class Gate {
 public:
  /// `jobs`: all that belong together, those of other shards, too.
  Gate(std::span<const Job> jobs, const BatchOptions& options);

  /// Empty when the photo is skipped: result says why. Fills in what the header says and the output's final name.
  /// Throws Error when the photo fails.
  [[nodiscard]] std::optional<Admitted> admit(PhotoResult& result) const;

  /// For a name that was free when the photo was admitted, and is asked for now: whether another run has taken it.
  [[nodiscard]] bool overtaken(const PhotoResult& result) const;
  /// What becomes of a photo whose name another run has taken: skipped, or failed (throws Error) where that was asked.
  void yield(PhotoResult& result) const;

  /// The first of name, name_2, name_3, ... that neither exists nor is the output of another photo of the batch.
  [[nodiscard]] std::filesystem::path free_name(const std::filesystem::path& asked) const;

 private:
  [[nodiscard]] Stamp stamp_of(const Admitted& files) const;

  const BatchOptions& options_;
  std::set<std::filesystem::path> outputs_;
};

}  // namespace hdrtile
