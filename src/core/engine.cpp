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

}  // namespace hdrtile
