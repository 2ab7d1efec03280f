#include "model_file.h"

#include <torch/csrc/jit/serialization/import.h>

#include <array>
#include <new>
#include <system_error>
#include <utility>

#include "call_scope.h"
#include "description.h"
#include "hdrtile/error.h"
#include "weights.h"

namespace hdrtile {
namespace {

constexpr const char* description_name = "hdrtile.json";

/// A method's inputs must fit what the engine hands over: `count` tensors.
void require_inputs(const torch::jit::Module& module, const std::string& method, std::size_t count,
                    const std::string& inputs, const std::string& subject) {
  const auto& arguments = module.get_method(method).function().getSchema().arguments();  // the first is self
  std::size_t required = 0;
  for (const auto& argument : arguments) required += argument.default_value() ? 0 : 1;
  if (count + 1 < required || count + 1 > arguments.size()) {
    throw Error(ErrorCode::model, subject + ": its " + method + " takes " + std::to_string(required - 1) +
                                      " inputs, but hdrtile hands it " + inputs +
                                      "; export it after the model contract (docs/design.md)");
  }
}

/// LibTorch's loader goes on about checkpoints and miniz for several sentences; the first says what is wrong.
std::string first_sentence(const std::string& text) { return text.substr(0, text.find(". ")); }

}  // namespace

ModelFile::ModelFile(const std::filesystem::path& path, const Sha256& sha256) {
  info_.path = path;
  open();
  torch::jit::ExtraFilesMap extra = {{description_name, ""}};
  parsed_ = torch_call(subject(), [&] {
    try {
      return torch::jit::load(file_, c10::kCPU, extra, /*load_debug_files=*/false);
    } catch (const std::bad_alloc&) {
      throw;
    } catch (const std::exception& caught) {
      throw Error(ErrorCode::model, subject() + " cannot be loaded as TorchScript (" +
                                        first_sentence(essence_of(caught.what())) +
                                        "); a state dict or pickled checkpoint must be exported first: "
                                        "torch.jit.script(model).save(...)");
    }
  });
  describe(*parsed_, extra.at(description_name));
  if (sha256) check_weights(*parsed_, sha256);
}

void ModelFile::open() {
  const auto fail = [&](const std::string& fault) {
    throw Error(ErrorCode::model, subject() + " " + fault + "; --model takes a TorchScript file");
  };
  std::error_code error;
  const auto status = std::filesystem::status(info_.path, error);
  if (!std::filesystem::exists(status)) fail("does not exist");
  if (std::filesystem::is_directory(status)) fail("is a folder");
  file_.open(info_.path, std::ios::binary);
  if (!file_) fail("cannot be opened: no right to read it");
  std::array<char, 4> magic{};
  file_.read(magic.data(), magic.size());
  if (file_.gcount() == 0) fail("is empty");
  if (magic != std::array{'P', 'K', '\x03', '\x04'}) fail("is no TorchScript file (those are ZIP archives)");
}

void ModelFile::describe(const torch::jit::Module& module, const std::string& description) {
  if (!module.find_method("forward")) {
    throw Error(ErrorCode::model, subject() + " has no forward(); export it after the model contract (docs/design.md)");
  }
  info_.contextual = module.find_method("prepare").has_value();
  if (!description.empty()) {
    read_description(description, info_);
  } else if (info_.contextual) {
    throw Error(ErrorCode::model,
                subject() +
                    " has prepare() but no hdrtile.json, which says how large a preview it takes; export it "
                    "again with hdrtile.json as an extra file");
  } else {
    info_.name = info_.path.stem().string();
  }
  if (info_.contextual) {
    if (info_.context_px == 0) {
      throw Error(ErrorCode::model, subject() +
                                        ": hdrtile.json lacks \"context_px\", which a model with prepare() "
                                        "needs; export the model again with it");
    }
    require_inputs(module, "prepare", 1, "the preview", subject());
    require_inputs(module, "forward", 4, "tiles, rect, guide and mix", subject());
  } else {
    require_inputs(module, "forward", 1, "the tiles alone", subject());
  }
}

void ModelFile::check_weights(const torch::jit::Module& module, const Sha256& sha256) {
  if (info_.weights_sha256.empty() || sha256(weights_bytes(module)) == info_.weights_sha256) return;
  throw Error(ErrorCode::model, subject() +
                                    " is damaged or was changed: its weights are not those that its hdrtile.json was "
                                    "written for (\"weights_sha256\"); export it again, or take it from where it came");
}

torch::jit::Module ModelFile::load(c10::Device device) {
  const std::lock_guard lock(loading_);
  auto module = parsed_ ? *std::exchange(parsed_, {}) : torch::jit::load(file_, c10::kCPU, /*load_debug_files=*/false);
  module.to(device);
  module.eval();
  cast_weights(module, at::kFloat);
  return module;
}

std::shared_ptr<ModelFile> open_model(const std::filesystem::path& path, const Sha256& sha256) {
  return std::make_shared<ModelFile>(path, sha256);
}

const ModelInfo& info_of(const ModelFile& model) { return model.info(); }

ModelInfo read_model_info(const std::filesystem::path& path, const Sha256& sha256) {
  return ModelFile(path, sha256).info();
}

}  // namespace hdrtile
