// hdrtile.json, and the plan of a photo by what it says: a description that is taken must be one that works.
#include <cstdint>
#include <string>

#include "hdrtile/error.h"
#include "hdrtile/memory_plan.h"
#include "infer/description.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace hdrtile;
  ModelInfo info;
  info.path = "model.pt";
  try {
    read_description(std::string(reinterpret_cast<const char*>(data), size), info);
    EngineInfo engine;
    engine.device = "cpu";
    (void)plan_memory({3000, 2000}, info, engine, {}, {.budget = 1 << 30, .capacity = 1 << 30});
  } catch (const Error&) {  // whatever else is thrown is a finding
  }
  return 0;
}
