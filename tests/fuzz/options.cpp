// A command line, its words apart by newlines or NUL bytes; each word as a size, as a template of names, and in JSON.
#include "options.h"

#include <cstdint>
#include <iostream>
#include <string>
#include <vector>

#include "hdrtile/error.h"
#include "json.h"
#include "naming.h"
#include "quantity.h"

namespace {

using namespace hdrtile;
using namespace hdrtile::cli;

std::vector<std::string> words_of(const std::uint8_t* data, std::size_t size) {
  std::vector<std::string> words(1);
  for (std::size_t i = 0; i < size; ++i) {
    if (data[i] == 0 || data[i] == '\n') {
      words.emplace_back();
    } else {
      words.back() += static_cast<char>(data[i]);
    }
  }
  return words;
}

template <typename Call>
void attempt(const Call& call) {
  try {
    call();
  } catch (const Error&) {  // whatever else is thrown is a finding
  }
}

/// What CLI11 prints goes nowhere.
void silence() {
  static const bool done = [] {
    std::cout.setstate(std::ios::failbit);
    std::cerr.setstate(std::ios::failbit);
    return true;
  }();
  (void)done;
}

void take(const std::string& word) {
  attempt([&] { (void)parse_quantity(word, 1024); });
  attempt([&] { (void)OutputNaming(word, std::nullopt, word, 1).name({.file = word, .below = {}}); });
  PhotoResult result;
  result.job = {.input = word, .output = word};
  result.reason = word;
  (void)dump(to_json(result), -1);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  silence();
  const auto words = words_of(data, size);
  std::vector<const char*> line{"hdrtile"};
  for (const auto& word : words) line.push_back(word.c_str());
  (void)parse_options(static_cast<int>(line.size()), line.data());
  for (const auto& word : words) take(word);
  return 0;
}
