#include "cpp/autodiff/checkpoint.h"

#include <algorithm>

#include "cpp/autodiff/differentiate.h"
#include "cpp/autodiff/region.h"
#include "cpp/base/status.h"
#include "cpp/graph/operator.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

// A checkpoint node hands on the results of its region. Its inputs are the results and then the
// values that the region begins at.
const char kResults[] = "results";

std::vector<TensorType> infer_checkpoint(std::span<const TensorType> inputs,
                                         const Attributes& attributes) {
  const auto results = inputs.first(static_cast<size_t>(attributes.integer(kResults)));
  return {results.begin(), results.end()};
}

std::vector<Value> define_checkpoint(Graph&, std::span<const Value> inputs,
                                     const Attributes& attributes) {
  const auto results = inputs.first(static_cast<size_t>(attributes.integer(kResults)));
  return {results.begin(), results.end()};
}

// Forward mode needs nothing twice: the tangents have come through the region already.
std::vector<Value> push_forward_checkpoint(const TangentRequest& r) {
  const auto results = r.tangents.first(r.outputs.size());
  return {results.begin(), results.end()};
}

}  // namespace

const Operator& checkpoint_operator() {
  static const Operator op{.name = "checkpoint",
                           .infer = infer_checkpoint,
                           .tangent = push_forward_checkpoint,
                           .define = define_checkpoint};
  return op;
}

// Behind a barrier what the forward pass computed is not found, and so not kept.
std::vector<Contribution> differentiate_checkpoint(const GradientRequest& r) {
  const auto results = r.inputs.first(r.outputs.size());
  const auto given = r.inputs.subspan(r.outputs.size());
  const Region region(r.graph, given, results);
  const auto number = static_cast<int64_t>(r.graph.nodes().size());
  std::vector<Value> sources;
  for (const Value& value : given) sources.push_back(barrier(value, number));
  const std::vector<Value> again = region.copy(sources);
  sources.insert(sources.end(), region.captured().begin(), region.captured().end());
  std::vector<Contribution> contributions = backward_apart(r.graph, again, r.gradients, sources);
  for (Contribution& each : contributions) {
    const auto found = std::find(sources.begin(), sources.end(), each.to) - sources.begin();
    if (found < std::ssize(given)) each.to = given[static_cast<size_t>(found)];
  }
  return contributions;
}

std::vector<Value> checkpoint(std::span<const Value> inputs,
                              const std::function<std::vector<Value>()>& body) {
  check(!inputs.empty(), "a checkpoint begins at values");
  Graph& graph = inputs[0].graph();
  std::vector<Value> given;
  for (const Value& input : inputs) {
    if (std::find(given.begin(), given.end(), input) == given.end()) given.push_back(input);
  }
  const std::vector<Value> results = body();
  std::vector<Value> all = results;
  all.insert(all.end(), given.begin(), given.end());
  return graph.apply(checkpoint_operator(), std::move(all), {{kResults, std::ssize(results)}});
}

Value checkpoint(Value input, const std::function<Value(Value)>& body) {
  return checkpoint(std::span(&input, 1), [&] { return std::vector<Value>{body(input)}; })[0];
}

}  // namespace castalia
