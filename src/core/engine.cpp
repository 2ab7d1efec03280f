#include "hdrtile/engine.h"

namespace hdrtile {

const char* to_string(Precision precision) noexcept {
  switch (precision) {
    case Precision::fp16:
      return "fp16";
    case Precision::bf16:
      return "bf16";
    case Precision::int8:
      return "int8";
    case Precision::mixed:
      return "mixed";
    case Precision::fp32:
      break;
  }
  return "fp32";
}

TileRect tile_rect(const TilePlan& plan, int index) noexcept {
  const double x0 = plan.x.origin[index % plan.x.count()];
  const double y0 = plan.y.origin[index / plan.x.count()];
  const double width = plan.x.length;
  const double height = plan.y.length;
  return {.x0 = static_cast<float>(x0 / width),
          .y0 = static_cast<float>(y0 / height),
          .x1 = static_cast<float>((x0 + plan.x.side) / width),
          .y1 = static_cast<float>((y0 + plan.y.side) / height)};
}

}  // namespace hdrtile
