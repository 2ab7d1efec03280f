#include "sums.h"

#include <cctype>
#include <cerrno>
#include <fstream>
#include <optional>
#include <string_view>
#include <system_error>

#include "hdrtile/error.h"

namespace hdrtile::cli {
namespace {

namespace fs = std::filesystem;

constexpr auto sums_name = "SHA256SUMS";

struct Sum {
  std::string sha256;
  fs::path file;
};

/// 64 digits, a space, a space or a star, the name.
std::optional<Sum> parse_sum(std::string_view line) {
  constexpr std::size_t digits = 64;
  constexpr std::size_t name_at = digits + 2;
  if (line.size() <= name_at || line[digits] != ' ' || (line[digits + 1] != ' ' && line[digits + 1] != '*')) return {};
  Sum sum{.sha256 = std::string(line.substr(0, digits)), .file = line.substr(name_at)};
  for (char& digit : sum.sha256) {
    if (std::isxdigit(static_cast<unsigned char>(digit)) == 0) return {};
    digit = static_cast<char>(std::tolower(static_cast<unsigned char>(digit)));
  }
  return sum;
}

}  // namespace

void check_sums(const fs::path& model, const std::string& sha256) {
  const fs::path file = model.parent_path() / sums_name;
  std::ifstream sums(file, std::ios::binary);
  const auto require_readable = [&](bool readable) {
    if (readable) return;
    throw Error(ErrorCode::model, file.string() + " cannot be read (" + std::generic_category().message(errno) +
                                      "), so '" + model.string() +
                                      "' is not checked; give yourself the right to read it");
  };
  if (!sums && errno == ENOENT) return;
  require_readable(sums.is_open());
  int number = 0;
  for (std::string line; std::getline(sums, line);) {
    ++number;
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty() || line.starts_with('#')) continue;  // as sha256sum does
    const auto sum = parse_sum(line);
    if (!sum) {
      throw Error(ErrorCode::model, file.string() + ", line " + std::to_string(number) +
                                        ": is not as sha256sum writes it (64 digits, two spaces, the name), so '" +
                                        model.string() + "' is not checked; run sha256sum *.pt > " + sums_name +
                                        " there, if you trust the models");
    }
    if (sum->file.lexically_normal() != model.filename() || sum->sha256 == sha256) continue;
    throw Error(ErrorCode::model, "model '" + model.string() + "' is not the file that " + sums_name +
                                      " beside it names: it is damaged or was changed; install hdrtile again, or if "
                                      "you changed it, run sha256sum anew");
  }
  require_readable(!sums.bad());
}

}  // namespace hdrtile::cli
