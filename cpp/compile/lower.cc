#include "cpp/compile/lower.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "cpp/base/status.h"
#include "cpp/compile/ode_kernels.h"
#include "cpp/compile/schedule.h"
#include "cpp/compile/simplify.h"
#include "cpp/ops/kernels.h"

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

std::vector<bool> needed_nodes(const Graph& graph) {
  std::vector<bool> needed(graph.nodes().size(), false);
  const auto need = [&](Value value) { needed[static_cast<size_t>(value.node_index())] = true; };
  for (const auto& [name, value] : graph.outputs()) need(value);
  for (const auto& [state, value] : graph.assignments()) {
    need(state);
    need(value);
  }
  // Inputs and states keep their places even where nothing reads them: the caller binds them by
  // name.
  for (const Value& input : graph.inputs()) need(input);
  for (const Value& state : graph.states()) need(state);
  for (size_t i = needed.size(); i-- > 0;) {
    if (!needed[i]) continue;
    for (const Value& input : graph.nodes()[i].inputs) need(input);
  }
  return needed;
}

Value copy_source(const Node& node, Graph& target) {
  const TensorType& type = node.outputs[0];
  if (node.op == &input_operator()) return target.input(node.attributes.string("name"), type);
  if (node.op == &state_operator()) return target.state(node.attributes.string("name"), type);
  return target.constant(type.shape, type.dtype, node.attributes.reals("values"));
}

bool expands(const Node& node, const CompileOptions& options) {
  return node.op->define && !choose_kernel(node, options).kernel;
}

// One round; true when something was expanded (and may have brought in new composites).
bool lower_once(const Graph& source, const CompileOptions& options, Graph& target) {
  const std::vector<bool> needed = needed_nodes(source);
  std::vector<std::vector<Value>> values(source.nodes().size());
  const auto mapped = [&](Value value) {
    return values[static_cast<size_t>(value.node_index())]
                 [static_cast<size_t>(value.output_index())];
  };
  // What a state is to become keeps a node of its own: a state cannot take another's place.
  std::vector<bool> assigned(source.nodes().size(), false);
  for (const auto& [state, value] : source.assignments()) {
    assigned[static_cast<size_t>(view_of(value).base.node_index())] = true;
  }
  bool expanded = false;
  for (size_t i = 0; i < source.nodes().size(); ++i) {
    if (!needed[i]) continue;
    const Node& node = source.nodes()[i];
    std::vector<Value> inputs;
    for (const Value& input : node.inputs) inputs.push_back(mapped(input));
    const Scope scope(target, node.scope);
    if (!node.op->infer) {
      values[i] = {copy_source(node, target)};
    } else if (expands(node, options)) {
      expanded = true;
      values[i] = node.op->define(target, inputs, node.attributes);
      for (size_t k = 0; k < node.outputs.size(); ++k) {
        check(values[i][k].type() == node.outputs[k], "the definition of '", node.op->name,
              "' gives ", values[i][k].type(), ", its shape rule ", node.outputs[k]);
      }
    } else {
      values[i] = target.apply(*node.op, std::move(inputs), node.attributes);
      if (assigned[i]) continue;
      if (const Value simpler = simplified(values[i][0], options)) values[i] = {simpler};
    }
  }
  for (const auto& [name, value] : source.outputs()) target.output(name, mapped(value));
  for (const auto& [state, value] : source.assignments())
    target.assign(mapped(state), mapped(value));
  return expanded;
}

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
  for (const KernelCandidate* candidate : in_order(kernel_candidates(node.op->name))) {
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
                                  const cpu::FusedProgram& epilogue) {
  const KernelCandidate* candidate = choose_kernel(node, options).candidate;
  check(candidate != nullptr && candidate->create_with_epilogue, "'", node.op->name,
        "' has no kernel that takes an epilogue");
  const NodeRequest wanted(node, options);
  return {candidate->create_with_epilogue(wanted.request, epilogue), candidate};
}

ChosenKernel choose_with_prologue(const Node& node, const CompileOptions& options,
                                  const cpu::FusedProgram& prologue) {
  const KernelCandidate* candidate = choose_kernel(node, options).candidate;
  check(candidate != nullptr && candidate->create_with_prologue, "'", node.op->name,
        "' has no kernel that takes a prologue");
  const NodeRequest wanted(node, options);
  return {candidate->create_with_prologue(wanted.request, prologue), candidate};
}

void lower(const Graph& source, const CompileOptions& options, Graph& target) {
  auto current = std::make_unique<Graph>();
  bool again = lower_once(source, options, *current);
  while (again) {
    auto next = std::make_unique<Graph>();
    again = lower_once(*current, options, *next);
    current = std::move(next);
  }
  lower_once(*current, options, target);
}

}  // namespace castalia
