#include "cpp/compile/lower.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "cpp/base/status.h"
#include "cpp/compile/expand.h"
#include "cpp/compile/ode_kernels.h"
#include "cpp/compile/schedule.h"
#include "cpp/ops/kernels.h"
#include "cpp/runtime/device.h"

namespace castalia {
namespace {

// CASTALIA_PREFER=onednn tries the kernels of that name first, to compare them.
std::vector<const KernelCandidate*> in_order(std::span<const KernelCandidate> candidates) {
  static const char* const preferred = std::getenv("CASTALIA_PREFER");
  std::vector<const KernelCandidate*> order;
  for (const KernelCandidate& candidate : candidates) order.push_back(&candidate);
  if (preferred != nullptr) {
    std::stable_partition(order.begin(), order.end(), [](const KernelCandidate* candidate) {
      return std::strcmp(candidate->name, preferred) == 0;
    });
  }
  return order;
}

std::span<const KernelCandidate> candidates(const Node& node, const CompileOptions& options) {
  return options.device == nullptr ? kernel_candidates(node.op->name)
                                   : options.device->candidates(node.op->name);
}

// A request for a node's kernel, with the types that it points to.
struct NodeRequest {
  std::vector<TensorType> inputs;
  KernelRequest request;

  NodeRequest(const Node& node, const CompileOptions& options)
      : request{node.attributes, {}, node.outputs, options.rows_independent} {
    for (const Value& input : node.inputs) {
      inputs.push_back(input.type());
      request.fixed.push_back(is_fixed(input, options));
    }
    request.inputs = inputs;
    request.products = options.products;
  }
  NodeRequest(const NodeRequest&) = delete;
  NodeRequest& operator=(const NodeRequest&) = delete;
};

}  // namespace

bool verbose(const char* what) {
  static const char* const setting = std::getenv("CASTALIA_VERBOSE");
  return setting != nullptr && std::strstr(setting, what) != nullptr;
}

bool is_fixed(Value operand, const CompileOptions& options) {
  if (!options.states_fixed) return false;
  const Value base = view_of(operand).base;
  if (base.node().op != &state_operator()) return false;
  for (const auto& [state, value] : base.graph().assignments()) {
    if (state == base) return false;
  }
  return true;
}

ChosenKernel choose_kernel(const Node& node, const CompileOptions& options) {
  const NodeRequest wanted(node, options);
  if (is_ode(node)) {
    static const KernelCandidate candidate{.name = "steps", .create = nullptr};
    return {make_ode_kernel(node, wanted.request, options), &candidate};
  }
  for (const KernelCandidate* candidate : in_order(candidates(node, options))) {
    std::string refusal;
    if (std::unique_ptr<Kernel> kernel = candidate->create(wanted.request, &refusal)) {
      return {std::move(kernel), candidate};
    }
    if (verbose("dispatch")) {
      std::fprintf(stderr, "castalia: %s: kernel '%s' refuses: %s\n", node.op->name.c_str(),
                   candidate->name, refusal.c_str());
    }
  }
  return {};
}

ChosenKernel choose_with_epilogue(const Node& node, const CompileOptions& options,
                                  const FusedProgram& epilogue) {
  const KernelCandidate* candidate = choose_kernel(node, options).candidate;
  check(candidate != nullptr && candidate->create_with_epilogue, "'", node.op->name,
        "' has no kernel that takes an epilogue");
  const NodeRequest wanted(node, options);
  return {candidate->create_with_epilogue(wanted.request, epilogue), candidate};
}

ChosenKernel choose_with_prologue(const Node& node, const CompileOptions& options,
                                  const FusedProgram& prologue) {
  const KernelCandidate* candidate = choose_kernel(node, options).candidate;
  check(candidate != nullptr && candidate->create_with_prologue, "'", node.op->name,
        "' has no kernel that takes a prologue");
  const NodeRequest wanted(node, options);
  return {candidate->create_with_prologue(wanted.request, prologue), candidate};
}

void lower(const Graph& source, const CompileOptions& options, Graph& target) {
  const auto without_kernel = [&options](const Node& node) {
    return !choose_kernel(node, options).kernel;
  };
  expand(source, without_kernel, options, target);
}

}  // namespace castalia
