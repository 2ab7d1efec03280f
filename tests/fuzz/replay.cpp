// Plays files back through a fuzz target: those named, and all in the folders named, which may be missing.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

namespace fs = std::filesystem;

void play(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  std::cerr << path.string() << '\n';  // the last one is the culprit
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

}  // namespace

int main(int argc, char** argv) {
  int played = 0;
  for (int i = 1; i < argc; ++i) {
    std::error_code missing;
    if (fs::is_regular_file(argv[i])) play(argv[i]), ++played;
    for (const auto& entry : fs::directory_iterator(argv[i], missing)) play(entry.path()), ++played;
  }
  std::cout << played << " inputs\n";
  return played > 0 ? 0 : 1;
}
