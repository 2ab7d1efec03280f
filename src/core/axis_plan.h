#pragma once

#include "hdrtile/tile_plan.h"

namespace hdrtile {

/// What both axes of a plan share, in pixels. `overlap` is a multiple of `multiple`.
struct AxisRules {
  int overlap = 0;
  int halo = 0;
  int multiple = 1;

  [[nodiscard]] int ramp() const noexcept { return overlap - 2 * halo; }
  /// The smallest side at which neighbours can follow each other: no three ramps meet.
  [[nodiscard]] int smallest_side() const noexcept;
};

[[nodiscard]] int round_up(int value, int multiple) noexcept;

/// The fewest tiles of `side` that cover `length`.
[[nodiscard]] int tiles_needed(int length, int side, int overlap) noexcept;

/// The smallest multiple not below `smallest` at which `count` tiles cover `length`.
[[nodiscard]] int smallest_cover(int length, int count, int smallest, const AxisRules& rules) noexcept;

/// Spreads the fewest tiles of `side` evenly over `length`; side is at least rules.smallest_side() where it takes two
/// or more, or was made smaller by smallest_cover.
[[nodiscard]] AxisPlan plan_axis(int length, int side, const AxisRules& rules);

}  // namespace hdrtile
