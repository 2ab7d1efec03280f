#include "hdrtile/tile_plan.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "axis_plan.h"
#include "hdrtile/error.h"

namespace hdrtile {
namespace {

constexpr int longest_side = 1 << 28;  // leaves room for rounding up and for sums of two in int

[[noreturn]] void fail(const std::string& message) { throw Error(ErrorCode::usage, message); }

[[noreturn]] void too_large(const std::string& message) {
  throw Error(ErrorCode::limit, message + "; make it smaller, or take another model");
}

std::string named(Size size) { return std::to_string(size.width) + " x " + std::to_string(size.height); }

void check(Size photo, const TileSpec& spec) {
  if (photo.width < 1 || photo.height < 1) fail("a photo of " + named(photo) + " pixels cannot be cut into tiles");
  if (photo.width > longest_side || photo.height > longest_side) {
    too_large("a photo of " + named(photo) + " pixels is too large to be cut into tiles");
  }
  if (spec.tile < 0 || spec.overlap < 0) fail("tile and overlap must not be negative");
  if (spec.halo < 0 || spec.multiple < 1 || spec.halo > longest_side / 8 || spec.multiple > longest_side / 8) {
    fail("a tiling with halo " + std::to_string(spec.halo) + " and multiple " + std::to_string(spec.multiple) +
         " cannot be");
  }
}

AxisRules rules_of(const TileSpec& spec) {
  const int overlap = std::clamp(spec.overlap, 2 * spec.halo + TileSpec::min_ramp, longest_side);
  return {.overlap = round_up(overlap, spec.multiple), .halo = spec.halo, .multiple = spec.multiple};
}

bool fits(Size photo, int side) { return photo.width <= side && photo.height <= side; }

/// What can follow another tile: one tile over the whole photo needs no overlap.
bool works(Size photo, int side, const AxisRules& rules) { return fits(photo, side) || side >= rules.smallest_side(); }

/// Throws where the largest tile that a model runs neither holds the photo nor can be followed by another, whatever the
/// overlap: the photo's fault then, as the model takes smaller ones.
void check_that_model_cuts(Size photo, const TileSpec& spec, int largest) {
  TileSpec least = spec;
  least.overlap = 0;
  if (works(photo, largest, rules_of(least))) return;
  too_large("the model runs tiles of at most " + std::to_string(largest) + ", which its halo of " +
            std::to_string(spec.halo) + " leaves too small to cut a photo of " + named(photo) + " into");
}

[[noreturn]] void cannot_be_whole(Size photo, int largest) {
  too_large("the model runs tiles of at most " + std::to_string(largest) + ", which do not hold a photo of " +
            named(photo) + " whole: choose a tile size instead");
}

std::int64_t computed_pixels(Size photo, int side, int overlap) {
  return std::int64_t{tiles_needed(photo.width, side, overlap)} * tiles_needed(photo.height, side, overlap) * side *
         side;
}

/// One side for both axes out of a list: the one that computes the fewest pixels, of equals the largest.
int choose_listed(Size photo, const TileSpec& spec, const AxisRules& rules, const std::vector<int>& listed) {
  const auto [smallest, largest] = std::minmax_element(listed.begin(), listed.end());
  const int limit = spec.tile == TileSpec::whole_image ? *largest : std::max(spec.tile, *smallest);
  std::optional<int> best;
  for (const int side : listed) {
    if (side % spec.multiple != 0) {
      fail("the model lists tiles of " + std::to_string(side) + ", which is no multiple of " +
           std::to_string(spec.multiple));
    }
    if (side > limit || !works(photo, side, rules)) continue;
    if (spec.tile == TileSpec::whole_image && !fits(photo, side)) continue;
    const auto cost = computed_pixels(photo, side, rules.overlap);
    const auto least = best ? computed_pixels(photo, *best, rules.overlap) : cost;
    if (!best || cost < least || (cost == least && side > *best)) best = side;
  }
  if (best) return *best;
  if (spec.tile == TileSpec::whole_image) cannot_be_whole(photo, *largest);
  check_that_model_cuts(photo, spec, *largest);
  fail("tiles of " + std::to_string(limit) + " are too small for an overlap of " + std::to_string(rules.overlap) +
       " and a halo of " + std::to_string(rules.halo) + ": the smallest tile that works is " +
       std::to_string(rules.smallest_side()) + " (the model's own sizes end at " + std::to_string(*largest) +
       "), or take a smaller overlap");
}

/// The largest side that spec and shapes allow.
int choose_limit(Size photo, const TileSpec& spec, const AxisRules& rules, const TileShapes& shapes) {
  const int smallest = round_up(std::clamp(shapes.min, 1, longest_side), spec.multiple);
  const auto runnable = [&](int side) { return std::max(side / spec.multiple * spec.multiple, smallest); };
  const int largest = runnable(std::min(shapes.max, longest_side));
  const int limit = std::min(runnable(spec.tile), largest);
  if (!works(photo, limit, rules)) {
    check_that_model_cuts(photo, spec, largest);
    const int needed = std::max(rules.smallest_side(), smallest);
    fail("tiles of " + std::to_string(limit) + " are too small for an overlap of " + std::to_string(rules.overlap) +
         " and a halo of " + std::to_string(rules.halo) + ": the smallest tile that works is " +
         std::to_string(needed) + ", or take a smaller overlap" +
         (needed > shapes.max ? " (the model runs tiles of at most " + std::to_string(shapes.max) + ")" : ""));
  }
  return limit;
}

AxisPlan plan_free_axis(int length, int limit, int smallest, const AxisRules& rules) {
  const int count = tiles_needed(length, limit, rules.overlap);
  return plan_axis(length, smallest_cover(length, count, smallest, rules), rules);
}

}  // namespace

double TilePlan::overhead() const noexcept {
  return static_cast<double>(x.side) * x.count() * y.side * y.count() / (static_cast<double>(x.length) * y.length);
}

TilePlan plan_tiles(Size photo, const TileSpec& spec, const TileShapes& shapes) {
  check(photo, spec);
  const AxisRules rules = rules_of(spec);
  TilePlan plan;
  if (!shapes.fixed.empty()) {
    const int side = choose_listed(photo, spec, rules, shapes.fixed);
    plan.x = plan_axis(photo.width, side, rules);
    plan.y = plan_axis(photo.height, side, rules);
  } else if (spec.tile == TileSpec::whole_image) {
    plan.x = plan_axis(photo.width, smallest_cover(photo.width, 1, shapes.min, rules), rules);
    plan.y = plan_axis(photo.height, smallest_cover(photo.height, 1, shapes.min, rules), rules);
  } else {
    const int limit = choose_limit(photo, spec, rules, shapes);
    plan.x = plan_free_axis(photo.width, limit, shapes.min, rules);
    plan.y = plan_free_axis(photo.height, limit, shapes.min, rules);
  }
  plan.overlap = rules.overlap;
  plan.halo = rules.halo;
  const int side = std::max(plan.x.side, plan.y.side);
  if (spec.tile != TileSpec::whole_image && side > spec.tile) {
    plan.notes.push_back("tiles of " + std::to_string(spec.tile) + " are smaller than the model runs; " +
                         std::to_string(side) + " is used");
  }
  if (spec.overlap < 2 * spec.halo + TileSpec::min_ramp && plan.count() > 1) {
    plan.notes.push_back("an overlap of " + std::to_string(spec.overlap) + " is too small for the model's halo of " +
                         std::to_string(spec.halo) + "; " + std::to_string(rules.overlap) + " is used");
  }
  return plan;
}

}  // namespace hdrtile
