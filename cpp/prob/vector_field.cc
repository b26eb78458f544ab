#include "cpp/prob/vector_field.h"

#include <numbers>
#include <vector>

#include "cpp/autodiff/gradient.h"
#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/nn/residual_mlp.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

// What is the same for all particles: the time, sines and cosines of it, and the context.
Value conditions(Trace& trace, const VectorFieldOptions& options, Value time, Value context) {
  const Value t = cast(time, trace.dtype());
  std::vector<Value> parts = {t};
  double frequency = std::numbers::pi;
  for (int64_t k = 0; k < options.time_frequencies; ++k, frequency *= 2) {
    parts.push_back(sin(frequency * t));
    parts.push_back(cos(frequency * t));
  }
  if (context) parts.push_back(context);
  return parts.size() == 1 ? t : concat(parts, 1);
}

Value mlp_field(Trace& trace, const VectorFieldOptions& options, Value x, Value conditions) {
  MlpOptions network = options.network;
  network.outputs = x.columns();
  network.zero_last = true;
  return mlp(trace, concat({x, conditions}, 1), network);
}

Value residual_field(Trace& trace, const VectorFieldOptions& options, Value x, Value conditions) {
  const Value h = residual_mlp(trace, concat({x, conditions}, 1), {}, options.network);
  return linear(trace, "out", activation(options.network.activation, h), x.columns(),
                Initializer::zeros);
}

// A linear layer of what the rows have, for each particle: (rows, 1, outputs).
Value linear_of_all(Trace& trace, const std::string& name, Value of_rows, int64_t outputs) {
  return reshape(linear(trace, name, of_rows, outputs), Shape{of_rows.rows(), 1, outputs});
}

// A linear layer of each vector of (rows, any axes, inputs).
Value linear_of_each(Trace& trace, const std::string& name, Value x, int64_t outputs,
                     Initializer weights) {
  const Value flat = reshape(x, Shape{x.shape().count() / x.columns(), x.columns()});
  Shape shape = x.shape();
  shape[shape.rank() - 1] = outputs;
  return reshape(linear(trace, name, flat, outputs, weights), shape);
}

Value sets_field(Trace& trace, const VectorFieldOptions& options, Value x, Value conditions) {
  const MlpOptions& network = options.network;
  const Initializer weights = initializer_for(network.activation);
  const int64_t rows = x.rows();
  const int64_t dimensions = x.columns() / options.particles;
  const Value points = reshape(x, Shape{rows, options.particles, dimensions});
  Value h = activation(network.activation,
                       linear_of_each(trace, "in", points, network.hidden, weights) +
                           linear_of_all(trace, "conditions", conditions, network.hidden));
  for (int64_t layer = 0; layer < network.hidden_layers; ++layer) {
    const Trace::Part part(trace, text("layer_", layer));
    const Value pooled = reshape(mean(h, {1}), Shape{rows, network.hidden});
    h = h +
        activation(network.activation, linear_of_each(trace, "each", h, network.hidden, weights) +
                                           linear_of_all(trace, "pooled", pooled, network.hidden));
  }
  return reshape(linear_of_each(trace, "out", h, dimensions, Initializer::zeros), x.shape());
}

// Messages between all pairs see only distances; a particle moves along the differences to the
// others, with factors from the last messages.
Value graph_field(Trace& trace, const VectorFieldOptions& options, Value x, Value conditions) {
  const MlpOptions& network = options.network;
  const Initializer weights = initializer_for(network.activation);
  const auto act = [&network](Value v) { return activation(network.activation, v); };
  const int64_t rows = x.rows();
  const int64_t n = options.particles;
  const int64_t dimensions = x.columns() / n;
  const Value to = reshape(x, Shape{rows, n, 1, dimensions});
  const Value from = reshape(x, Shape{rows, 1, n, dimensions});
  const Value differences = to - from;
  const Value squares = sum(square(differences), {3}, true);  // (rows, n, n, 1)
  // Of order one for far particles, too.
  const Value distances = log1p(squares);
  const auto of_pairs = [&](Value of_rows) {
    return reshape(of_rows, Shape{rows, 1, 1, network.hidden});
  };
  Value h;  // of the particles, (rows, n, hidden); nothing tells them apart at first
  Value messages;
  for (int64_t layer = 0; layer < network.hidden_layers; ++layer) {
    const Trace::Part part(trace, text("layer_", layer));
    Value pairs = linear_of_each(trace, "distance", distances, network.hidden, weights) +
                  of_pairs(linear(trace, "conditions", conditions, network.hidden));
    if (h) {
      const Value receiver = linear_of_each(trace, "receiver", h, network.hidden, weights);
      const Value sender = linear_of_each(trace, "sender", h, network.hidden, weights);
      pairs = pairs + reshape(receiver, Shape{rows, n, 1, network.hidden}) +
              reshape(sender, Shape{rows, 1, n, network.hidden});
    }
    messages = act(linear_of_each(trace, "message", act(pairs), network.hidden, weights));
    if (layer + 1 == network.hidden_layers) break;
    const Value received = reshape(mean(messages, {2}), Shape{rows, n, network.hidden});
    const Value update = act(linear_of_each(trace, "update", received, network.hidden, weights));
    h = h ? h + update : update;
  }
  const Value factors = linear_of_each(trace, "out", messages, 1, Initializer::zeros);
  const Value moves = mean(differences * factors / sqrt(1.0 + squares), {2});
  return about_centre(reshape(moves, x.shape()), n);
}

Value total(const std::vector<Value>& terms) {
  Value sum = terms[0];
  for (size_t i = 1; i < terms.size(); ++i) sum = sum + terms[i];
  return sum;
}

}  // namespace

bool moves_with_permutations(const std::string& kind) { return kind == "sets" || kind == "graph"; }
bool moves_with_rotations(const std::string& kind) { return kind == "graph"; }

Value about_centre(Value x, int64_t particles) {
  const Value points = reshape(x, Shape{x.rows(), particles, x.columns() / particles});
  return reshape(points - mean(points, {1}), x.shape());
}

Value vector_field(Trace& trace, const VectorFieldOptions& options, Value time, Value x,
                   Value context) {
  const Trace::Part part(trace, "field");
  const Value given = conditions(trace, options, time, context);
  if (options.kind == "residual") return residual_field(trace, options, x, given);
  if (options.kind == "sets") return sets_field(trace, options, x, given);
  if (options.kind == "graph") return graph_field(trace, options, x, given);
  check(options.kind == "mlp", "no vector field '", options.kind, "'");
  return mlp_field(trace, options, x, given);
}

FieldTraces exact_traces(Value v, Value x) {
  Graph& graph = v.graph();
  const int64_t features = x.columns();
  std::vector<Value> diagonal;
  std::vector<Value> squares;
  for (int64_t i = 0; i < features; ++i) {
    std::vector<double> unit(static_cast<size_t>(features), 0.0);
    unit[static_cast<size_t>(i)] = 1;
    const Value probe = broadcast_to(graph.constant({1, features}, v.dtype(), unit), v.shape());
    const Value row = cast(vjp({&v, 1}, {&probe, 1}, {&x, 1})[0], DType::float64);
    diagonal.push_back(slice(row, 1, i, i + 1));
    squares.push_back(sum(square(row), {1}, true));
  }
  return {total(diagonal), total(squares)};
}

FieldTraces estimated_traces(Value v, Value x, Value probes) {
  const Value row = cast(vjp({&v, 1}, {&probes, 1}, {&x, 1})[0], DType::float64);
  return {sum(row * cast(probes, DType::float64), {1}, true), sum(square(row), {1}, true)};
}

}  // namespace castalia
