#include "cpp/autodiff/ode_solve.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "cpp/autodiff/gradient.h"
#include "cpp/autodiff/placeholder.h"
#include "cpp/autodiff/region.h"
#include "cpp/base/status.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

constexpr int64_t kMostTileRows = 64;

TensorType of_rows(const TensorType& type, int64_t rows) {
  return {type.dtype, {rows, type.shape[1]}};
}

std::vector<TensorType> infer_ode_solve(std::span<const TensorType> inputs,
                                        const Attributes& attributes) {
  const TensorType& y = inputs[0];
  const auto arguments = static_cast<size_t>(attributes.integer("arguments"));
  if (y.dtype != DType::float64 || y.shape.rank() != 2) {
    fail(Code::shape_mismatch, "takes y of float64 and shape (rows, n), not ", y);
  }
  for (size_t i = 1; i <= arguments; ++i) {
    if (inputs[i].shape.rank() != 2 || inputs[i].shape[0] != y.shape[0]) {
      fail(Code::shape_mismatch, "an argument ", inputs[i], " has not the rows of y ", y);
    }
  }
  return {y, {DType::float64, {y.shape[0], 1}}};
}

// Operands of the gradient: y at the beginning and at the end, arguments, captured, cotangent.
std::vector<TensorType> infer_ode_gradient(std::span<const TensorType> inputs,
                                           const Attributes& attributes) {
  const auto arguments = static_cast<size_t>(attributes.integer("arguments"));
  const int64_t rows = inputs[0].shape[0];
  const int64_t tile = ode_tile_rows(attributes);
  std::vector<TensorType> outputs = {inputs[0]};
  for (size_t i = 2; i + 1 < inputs.size(); ++i) {
    if (!is_floating(inputs[i].dtype)) continue;
    Shape shape = inputs[i].shape;
    if (i >= 2 + arguments) {
      shape = {(rows + tile - 1) / tile};
      for (const int64_t extent : inputs[i].shape) shape.push_back(extent);
    }
    outputs.push_back({DType::float64, shape});
  }
  return outputs;
}

// The vector-Jacobian product of dy/dt as a graph of its own. A captured value that several read
// has one gradient: `unique` lists the operands without repetition, `place` where each is in it.
std::shared_ptr<const Graph> pullback(const Graph& body, std::span<const Value> unique,
                                      std::span<const size_t> place) {
  auto graph = std::make_shared<Graph>();
  std::vector<Value> given;
  for (size_t i = 0; i < body.inputs().size(); ++i) {
    given.push_back(graph->input(text("given ", i), body.inputs()[i].type()));
  }
  std::vector<Value> states;
  for (size_t k = 0; k < unique.size(); ++k) {
    states.push_back(graph->state(text("captured ", k), unique[k].type()));
  }
  std::vector<Value> captured;
  for (const size_t k : place) captured.push_back(states[k]);
  const Value slope = inlined(body, *graph, given, captured)[0];
  const Value cotangent = graph->input(text("given ", given.size()), slope.type());
  std::vector<Value> moving = {given[1]};
  const auto add_moving = [&](std::span<const Value> values) {
    std::copy_if(values.begin(), values.end(), std::back_inserter(moving),
                 [](Value value) { return is_floating(value.dtype()); });
  };
  add_moving(std::span(given).subspan(2));
  add_moving(states);
  graph->output("result 0", slope);
  const std::vector<Value> gradients = vjp({&slope, 1}, {&cotangent, 1}, moving);
  for (size_t i = 0; i < gradients.size(); ++i) {
    graph->output(text("result ", i + 1), cast(gradients[i], DType::float64));
  }
  return graph;
}

std::vector<Value> differentiate_ode_solve(const GradientRequest& r) {
  const auto arguments = static_cast<size_t>(r.attributes.integer("arguments"));
  std::vector<Value> unique;
  std::vector<size_t> place;
  for (const Value& captured : r.inputs.subspan(1 + arguments)) {
    const auto found = std::find(unique.begin(), unique.end(), captured);
    place.push_back(static_cast<size_t>(found - unique.begin()));
    if (found == unique.end()) unique.push_back(captured);
  }
  Attributes attributes = r.attributes;
  attributes.set("pullback", pullback(*r.attributes.graph("body"), unique, place));
  attributes.set("place", std::vector<int64_t>(place.begin(), place.end()));
  std::vector<Value> operands = {r.inputs[0], r.outputs[0]};
  operands.insert(operands.end(), r.inputs.begin() + 1,
                  r.inputs.begin() + 1 + static_cast<ptrdiff_t>(arguments));
  operands.insert(operands.end(), unique.begin(), unique.end());
  operands.push_back(r.gradients[0]);
  const std::vector<Value> found =
      r.graph.apply(ode_gradient_operator(), std::move(operands), std::move(attributes));
  std::vector<Value> gradients(r.inputs.size());
  gradients[0] = found[0];
  size_t next = 1;
  for (size_t i = 1; i <= arguments; ++i) {
    if (is_floating(r.inputs[i].dtype())) gradients[i] = cast(found[next++], r.inputs[i].dtype());
  }
  // All of it goes to the first of the operands that are one value.
  for (size_t k = 0; k < unique.size(); ++k) {
    if (!is_floating(unique[k].dtype())) continue;
    const auto first = std::find(place.begin(), place.end(), k) - place.begin();
    gradients[1 + arguments + static_cast<size_t>(first)] =
        cast(reshape(sum(found[next++], {0}), unique[k].shape()), unique[k].dtype());
  }
  return gradients;
}

void check_options(const OdeOptions& options) {
  if (options.steps < 1)
    fail(Code::out_of_range, "an equation is solved in ", options.steps, " steps");
  for (const double tolerance : {options.relative_tolerance, options.absolute_tolerance}) {
    if (!(tolerance > 0 && std::isfinite(tolerance))) {
      fail(Code::out_of_range, "a tolerance of ", tolerance, "; it is above 0");
    }
  }
}

}  // namespace

int64_t ode_tile_rows(const Attributes& attributes) {
  return attributes.graph("body")->inputs()[0].rows();
}

const Operator& ode_solve_operator() {
  static const Operator op{
      .name = "ode_solve", .infer = infer_ode_solve, .gradient = differentiate_ode_solve};
  return op;
}

const Operator& ode_gradient_operator() {
  static const Operator op{.name = "ode_gradient",
                           .infer = infer_ode_gradient,
                           .gradient = [](const GradientRequest&) -> std::vector<Value> {
                             fail(Code::unsupported,
                                  "the solution of a differential equation is differentiated once");
                           }};
  return op;
}

OdeSolution ode_solve(Value y, std::span<const Value> arguments, const OdeField& field,
                      const OdeOptions& options) {
  check_options(options);
  Graph& graph = y.graph();
  int64_t rows = std::max<int64_t>(y.rows(), 1);
  if (!graph.whole_rows()) rows = std::min(rows, kMostTileRows);
  std::vector<Value> given = {placeholder(graph, {DType::float64, {rows, 1}}),
                              placeholder(graph, of_rows(y.type(), rows))};
  for (const Value& argument : arguments) {
    given.push_back(placeholder(graph, of_rows(argument.type(), rows)));
  }
  const Value slope = field(given[0], given[1], std::span(given).subspan(2));
  check(slope.type() == given[1].type(), "dy/dt of type ", slope.type(), " for y of type ",
        given[1].type());
  Region::Apart body = Region(graph, given, {&slope, 1}).apart();
  std::vector<Value> operands = {y};
  operands.insert(operands.end(), arguments.begin(), arguments.end());
  operands.insert(operands.end(), body.captured.begin(), body.captured.end());
  const std::vector<Value> found = graph.apply(ode_solve_operator(), std::move(operands),
                                               {{"body", std::move(body.graph)},
                                                {"arguments", std::ssize(arguments)},
                                                {"method", options.method},
                                                {"from", options.from},
                                                {"to", options.to},
                                                {"steps", options.steps},
                                                {"relative_tolerance", options.relative_tolerance},
                                                {"absolute_tolerance", options.absolute_tolerance},
                                                {"gradient", options.gradient}});
  return {found[0], found[1]};
}

}  // namespace castalia
