#include "cuda_options.h"

#include <array>
#include <cstdlib>
#include <sstream>
#include <utility>

#include "hdrtile/error.h"

namespace hdrtile {

CudaOptions parse_cuda_options(const std::string& words) {
  constexpr std::array<std::pair<const char*, bool CudaOptions::*>, 5> known{{{"host", &CudaOptions::host},
                                                                              {"blocking", &CudaOptions::blocking},
                                                                              {"planar", &CudaOptions::planar},
                                                                              {"graphs", &CudaOptions::graphs},
                                                                              {"kernels", &CudaOptions::kernels}}};
  CudaOptions options;
  std::istringstream list(words);
  for (std::string word; std::getline(list, word, ',');) {
    bool found = false;
    std::string all;
    for (const auto& [name, member] : known) {
      all += (all.empty() ? "" : ", ") + std::string(name);
      if (word != name) continue;
      options.*member = true;
      found = true;
    }
    if (!found) throw Error(ErrorCode::usage, "HDRTILE_CUDA: '" + word + "' is none of " + all);
  }
  return options;
}

CudaOptions cuda_options() {
  const char* words = std::getenv("HDRTILE_CUDA");
  return parse_cuda_options(words == nullptr ? "" : words);
}

}  // namespace hdrtile
