#include "trial.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "stages.h"
#include "stopwatch.h"

namespace hdrtile {
namespace {

/// As large as one batch of its tiles covers: what the engine computes at once in the run, too.
Size part_of(Size photo, const MemoryPlan& plan) {
  const int across = static_cast<int>(std::ceil(std::sqrt(plan.batch)));
  const int down = (plan.batch + across - 1) / across;
  const auto covered = [&](const AxisPlan& axis, int count) {
    return count * axis.side - (count - 1) * plan.tiles.overlap;
  };
  return {std::min(photo.width, covered(plan.tiles.x, across)), std::min(photo.height, covered(plan.tiles.y, down))};
}

constexpr int pieces = 4;  // a side

/// Where pixel `at` of a part of that length lies in the whole: the part is cut into pieces, spread from edge to edge.
int place_in_whole(int at, int part, int whole) {
  const auto piece = std::int64_t{at} * pieces / part;
  return static_cast<int>(at + piece * (whole - part) / (pieces - 1));
}

/// Pieces from all over the photo, put together: a part in the middle alone may be much darker or smoother than the
/// rest, and what the model makes of a photo depends on how bright it is.
Image sample_of(const Image& whole, Size size) {
  if (whole.empty()) return {};
  Image part(size, whole.depth(), whole.channels());
  const std::size_t pixel = bytes_per_sample(whole.depth()) * whole.channels();
  for (int y = 0; y < size.height; ++y) {
    const std::byte* from = whole.row_data(place_in_whole(y, size.height, whole.height()));
    std::byte* to = part.row_data(y);
    for (int x = 0; x < size.width; ++x) {
      std::memcpy(to + pixel * x, from + pixel * place_in_whole(x, size.width, whole.width()), pixel);
    }
  }
  return part;
}

Photo sample_of(const Photo& whole, Size size) {
  Photo part;
  part.pixels = sample_of(whole.pixels, size);
  part.alpha = sample_of(whole.alpha, size);
  part.file_depth = whole.file_depth;
  part.format = whole.format;
  part.grey = whole.grey;
  part.profile = whole.profile;
  part.metadata = whole.metadata;
  return part;
}

double encoded_bytes(const Photo& photo, const EncodeOptions& options) {
  std::vector<std::string> told_in_the_run;
  return static_cast<double>(encode_photo(photo, options, told_in_the_run).size());
}

}  // namespace

Trial try_photo(const PhotoResult& found, Engine& engine, EngineState state, const BatchOptions& options,
                const CancelFlag& cancel) {
  Trial trial;
  const Stopwatch decoding;
  const Photo photo = decode_files(read_files(found.job, options.limits), found.job, options.limits);
  trial.decode = decoding.seconds();

  Photo part = sample_of(photo, part_of(photo.pixels.size(), *found.plan));
  EncodeOptions part_options =
      options.encode;  // shrunk as much as the whole; without what has its size whatever it shows
  part_options.metadata = MetadataPolicy::none;
  const double shrinks = static_cast<double>(found.output_size.width) / photo.pixels.width();
  part_options.max_side =
      std::max(1, static_cast<int>(std::lround(shrinks * std::max(part.pixels.width(), part.pixels.height()))));
  const double part_before = encoded_bytes(part, part_options);

  if (state == EngineState::cold) {
    const Stopwatch first;
    (void)enhance_image(part.pixels, engine, options.enhance, cancel);
    trial.warm_up = first.seconds();
  }
  const Stopwatch enhancing;
  Enhanced enhanced = enhance_image(part.pixels, engine, options.enhance, cancel);
  trial.warm_up = std::max(0.0, trial.warm_up - enhancing.seconds());
  trial.prepare = enhanced.prepare_ms / 1000;
  const TilePlan& tiles = enhanced.plan.tiles;
  trial.per_pixel = enhanced.tiles_ms / 1000 / (static_cast<double>(tiles.count()) * tiles.x.side * tiles.y.side);
  part.pixels = std::move(enhanced.image);
  const double part_after = encoded_bytes(part, part_options);

  const Stopwatch encoding;
  trial.bytes = encoded_bytes(photo, options.encode) * part_after / part_before;
  trial.encode = encoding.seconds() * engine.model().scale * engine.model().scale;
  return trial;
}

}  // namespace hdrtile
