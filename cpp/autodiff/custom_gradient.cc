#include "cpp/autodiff/custom_gradient.h"

#include <utility>

#include "cpp/autodiff/gradient.h"
#include "cpp/autodiff/placeholder.h"
#include "cpp/autodiff/region.h"
#include "cpp/base/status.h"
#include "cpp/graph/operator.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

// The node's inputs: the results that it hands on, the user's inputs, placeholders for the
// cotangents, and the gradients traced with these. `with_gradient` lists the inputs that have one.
const char kResults[] = "results";
const char kWithGradient[] = "with_gradient";

std::vector<TensorType> infer_custom_gradient(std::span<const TensorType> inputs,
                                              const Attributes& attributes) {
  const auto results = inputs.first(static_cast<size_t>(attributes.integer(kResults)));
  return {results.begin(), results.end()};
}

std::vector<Value> define_custom_gradient(Graph&, std::span<const Value> inputs,
                                          const Attributes& attributes) {
  const auto results = inputs.first(static_cast<size_t>(attributes.integer(kResults)));
  return {results.begin(), results.end()};
}

// The traced gradients with the true cotangents in the place of the placeholders, and with the
// node's own outputs in that of the results, so that differentiating again comes back here.
std::vector<Value> differentiate_custom_gradient(const GradientRequest& r) {
  const size_t results = r.outputs.size();
  const std::vector<int64_t>& with_gradient = r.attributes.integers(kWithGradient);
  const size_t arity = r.inputs.size() - 2 * results - with_gradient.size();
  const auto placeholders = r.inputs.subspan(results + arity, results);
  const auto traced = r.inputs.subspan(results + arity + results);

  std::vector<Value> given(r.inputs.begin(), r.inputs.begin() + static_cast<ptrdiff_t>(results));
  given.insert(given.end(), placeholders.begin(), placeholders.end());
  std::vector<Value> in_place(r.outputs.begin(), r.outputs.end());
  in_place.insert(in_place.end(), r.gradients.begin(), r.gradients.end());
  const std::vector<Value> copied = Region(r.graph, given, traced).copy(in_place);

  std::vector<Value> gradients(r.inputs.size());
  for (size_t i = 0; i < with_gradient.size(); ++i) {
    gradients[results + static_cast<size_t>(with_gradient[i])] = copied[i];
  }
  return gradients;
}

const Operator& custom_gradient_operator() {
  static const Operator op{.name = "custom_gradient",
                           .infer = infer_custom_gradient,
                           .gradient = differentiate_custom_gradient,
                           .define = define_custom_gradient};
  return op;
}

}  // namespace

std::vector<Value> custom_gradient(std::span<const Value> inputs, const ValueFunction& value,
                                   const GradientFunction& gradient) {
  check(!inputs.empty(), "a gradient is with respect to inputs");
  Graph& graph = inputs[0].graph();
  std::vector<Value> results = value(inputs);
  // Values of their own: the gradient may use the same expression, or a result be one of the
  // inputs.
  const auto number = static_cast<int64_t>(graph.nodes().size());
  for (size_t k = 0; k < results.size(); ++k) {
    results[k] = barrier(results[k], number + static_cast<int64_t>(k));
  }
  std::vector<Value> cotangents;
  for (const Value& result : results) cotangents.push_back(placeholder(graph, result.type()));
  const std::vector<Value> gradients = gradient(inputs, results, cotangents);
  check(gradients.size() == inputs.size(), gradients.size(), " gradients for ", inputs.size(),
        " inputs");
  std::vector<Value> all = results;
  all.insert(all.end(), inputs.begin(), inputs.end());
  all.insert(all.end(), cotangents.begin(), cotangents.end());
  std::vector<int64_t> with_gradient;
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (!gradients[i]) continue;
    check(gradients[i].type() == inputs[i].type(), "the gradient with respect to input ", i,
          " has type ", gradients[i].type(), ", the input ", inputs[i].type());
    with_gradient.push_back(static_cast<int64_t>(i));
    all.push_back(gradients[i]);
  }
  return graph.apply(custom_gradient_operator(), std::move(all),
                     {{kResults, std::ssize(results)}, {kWithGradient, std::move(with_gradient)}});
}

Value solve_diagonal(Value residual, Value x, Value cotangent) {
  const Value ones = broadcast_to(x.graph().scalar(1.0, x.dtype()), x.shape());
  return cotangent / vjp({&residual, 1}, {&ones, 1}, {&x, 1})[0];
}

Value implicit_root(Value x, std::span<const Value> parameters,
                    const std::function<Value(Value x)>& residual, const TransposedSolve& solve) {
  const auto value = [&](std::span<const Value>) { return std::vector<Value>{x}; };
  const auto gradient = [&](std::span<const Value> inputs, std::span<const Value> results,
                            std::span<const Value> cotangents) {
    const Value root = results[0];
    const Value r = residual(root);
    check(r.type() == root.type(), "a residual of type ", r.type(), " for a root of type ",
          root.type());
    // From 0 = dr/dx dx + dr/dp dp. The root is an argument too, so that nothing flows past it.
    std::vector<Value> sources{root};
    sources.insert(sources.end(), inputs.begin(), inputs.end());
    const Value w = negate(solve(r, root, cotangents[0]));
    const std::vector<Value> gradients = vjp({&r, 1}, {&w, 1}, sources);
    return std::vector<Value>(gradients.begin() + 1, gradients.end());
  };
  return custom_gradient(parameters, value, gradient)[0];
}

Value implicit_fixed_point(Value x, std::span<const Value> parameters,
                           const std::function<Value(Value x)>& map, int terms) {
  // (1 - M')^-1 u = u + M' (u + M' (u + ...)), where M' w = w - J' w and J is that of x - map(x).
  const auto solve = [terms](Value residual, Value root, Value cotangent) {
    Value w = cotangent;
    for (int i = 1; i < terms; ++i) {
      w = cotangent + w - vjp({&residual, 1}, {&w, 1}, {&root, 1})[0];
    }
    return w;
  };
  return implicit_root(
      x, parameters, [&](Value root) { return root - map(root); }, solve);
}

}  // namespace castalia
