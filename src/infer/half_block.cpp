#include "half_block.h"

#include <ATen/Functions.h>
#include <ATen/TensorOperators.h>
#include <torch/csrc/jit/frontend/resolver.h>
#include <torch/csrc/jit/ir/ir.h>
#include <torch/library.h>

#include <set>
#include <stdexcept>
#include <string>

namespace hdrtile {

TORCH_LIBRARY(hdrtile, library) {
  library.def(
      "half_block(Tensor x, Tensor norm_weight, Tensor norm_bias, Tensor expand, Tensor filters, Tensor project, "
      "bool gated) -> Tensor");
  library.impl("half_block", c10::DispatchKey::CompositeExplicitAutograd, &plain_half_block);
}

at::Tensor half_block(const at::Tensor& x, const at::Tensor& norm_weight, const at::Tensor& norm_bias,
                      const at::Tensor& expand, const at::Tensor& filters, const at::Tensor& project, bool gated) {
  static const auto call =
      c10::Dispatcher::singleton().findSchemaOrThrow("hdrtile::half_block", "").typed<decltype(plain_half_block)>();
  return call.call(x, norm_weight, norm_bias, expand, filters, project, gated);
}

namespace {

constexpr auto forward_of_block = R"(
def forward_with_mixes(self, x: Tensor, mixes: Optional[Tensor], offset: int) -> Tuple[Tensor, Tensor]:
    mix = torch._unwrap_optional(mixes)[0, offset:offset + int(x.size(1)) * int(x.size(1))]
    x = hdrtile.half_block(x, self.norm1.weight, self.norm1.bias, self.attn.v.weight, self.attn.v_dwconv.weight,
                           mix.view([int(x.size(1)), int(x.size(1))]).to(x.dtype), False)
    x = hdrtile.half_block(x, self.norm2.weight, self.norm2.bias, self.ffn.project_in.weight, self.ffn.dwconv.weight,
                           self.ffn.project_out.weight, True)
    return x, mix.unsqueeze(0)
)";

/// Finds our operators under "hdrtile", as "torch" finds ATen's.
struct OurOperators : torch::jit::NativeResolver {
  std::shared_ptr<torch::jit::SugaredValue> resolveValue(const std::string& name, torch::jit::GraphFunction& function,
                                                         const torch::jit::SourceRange& place) override {
    if (name == "hdrtile") return std::make_shared<torch::jit::BuiltinModule>("hdrtile");
    return NativeResolver::resolveValue(name, function, place);
  }
};

/// The class of a submodule; empty where there is none of that name.
std::string class_of(const torch::jit::Module& module, const char* part) {
  if (!module.hasattr(part) || !module.attr(part).isModule()) return {};
  const auto name = module.attr(part).toModule().type()->name();
  return name ? name->name() : std::string();
}

bool has_bias(const torch::jit::Module& module, const char* bias) {
  return module.hasattr(bias) && module.attr(bias).isTensor();
}

bool is_published_block(const torch::jit::Module& module) {
  if (class_of(module, "norm1") != "LayerNorm" || class_of(module, "norm2") != "LayerNorm" ||
      class_of(module, "attn") != "MDTA" || class_of(module, "ffn") != "GDFN") {
    return false;
  }
  const auto attention = module.attr("attn").toModule();
  const auto feed_forward = module.attr("ffn").toModule();
  return !has_bias(attention, "project_bias") && !has_bias(attention.attr("v").toModule(), "bias") &&
         !has_bias(feed_forward.attr("project_in").toModule(), "bias");
}

/// Calls of forward() of these types become calls of forward_with_mixes().
void redirect(torch::jit::Block& block, const std::set<const c10::Type*>& types) {
  for (torch::jit::Node* node : block.nodes()) {
    for (torch::jit::Block* inner : node->blocks()) redirect(*inner, types);
    if (node->kind() == c10::prim::CallMethod && node->s(c10::attr::name) == "forward" &&
        types.contains(node->input(0)->type().get())) {
      node->s_(c10::attr::name, "forward_with_mixes");
    }
  }
}

}  // namespace

int use_half_blocks(torch::jit::Module& module) {
  int blocks = 0;
  std::set<const c10::Type*> types;  // blocks of one structure share theirs, and its methods
  for (torch::jit::Module part : module.modules()) {
    if (!is_published_block(part)) continue;
    ++blocks;
    if (types.insert(part.type().get()).second) part.define(forward_of_block, std::make_shared<OurOperators>());
  }
  std::set<const c10::Type*> seen;
  for (const torch::jit::Module& part : module.modules()) {
    if (types.contains(part.type().get()) || !seen.insert(part.type().get()).second) continue;
    for (const auto& method : part.get_methods()) redirect(*method.graph()->block(), types);
  }
  return blocks;
}

}  // namespace hdrtile
