#include "cpp/nn/point_cloud.h"

#include <algorithm>
#include <cmath>

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/nn/linear.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

// (rows, particles, features) as a matrix of particles, and back.
Value as_matrix(Value particles) {
  return reshape(particles,
                 Shape{particles.shape()[0] * particles.shape()[1], particles.columns()});
}

Value as_cloud(Value matrix, const Value& like) {
  return reshape(matrix, Shape{like.shape()[0], like.shape()[1], matrix.columns()});
}

Value at_least_one(Value x) { return maximum(x, x.graph().scalar(1.0, x.dtype())); }

// A weight of shape (inputs, outputs), each of whose columns is a direction times a length
// (arXiv:1602.07868). All lengths are first 1 / sqrt(3): results then start smaller than inputs,
// and residual layers near what they are given.
Value normalised_weight(Trace& trace, int64_t inputs, int64_t outputs) {
  constexpr double kTiny = 1e-24;  // a direction may be zero
  const Value direction = trace.parameter("direction", {inputs, outputs}, Initializer::he_uniform);
  const Value length = trace.parameter("length", {outputs}, Initializer::ones);
  const Value norm = sqrt(sum(square(direction), {0}, true) + kTiny);
  return direction * ((1.0 / std::sqrt(3.0)) * length / norm);
}

Value epic_weight(Trace& trace, int64_t inputs, int64_t outputs, const EpicOptions& options) {
  return options.weight_norm
             ? normalised_weight(trace, inputs, outputs)
             : trace.parameter("weight", {inputs, outputs}, Initializer::he_uniform);
}

}  // namespace

Value particle_linear(Trace& trace, const std::string& name, Value particles, int64_t outputs,
                      Initializer weight) {
  return as_cloud(linear(trace, name, as_matrix(particles), outputs, weight), particles);
}

Value masked(Value particles, Value mask) { return mask ? particles * mask : particles; }

Value pooled(const Cloud& cloud, double sum_scale) {
  const Value total = sum(cloud.particles, {1}, false);
  if (!cloud.mask) {
    const auto count = static_cast<double>(cloud.particles.shape()[1]);
    return concat({total * (count > 0 ? 1.0 / count : 0.0), total * sum_scale}, 1);
  }
  return concat({total / at_least_one(sum(cloud.mask, {1}, false)), total * sum_scale}, 1);
}

Value epic_linear(Trace& trace, const std::string& name, Value x, int64_t outputs,
                  const EpicOptions& options) {
  const bool of_particles = x.shape().rank() == 3;
  const Value matrix = of_particles ? as_matrix(x) : x;
  Value made;
  {
    const Trace::Part part(trace, name);
    const Value weight = epic_weight(trace, matrix.columns(), outputs, options);
    const Value bias = trace.parameter("bias", {outputs}, Initializer::zeros);
    made = matmul(matrix, weight) + bias;
  }
  return of_particles ? as_cloud(made, x) : made;
}

Cloud epic_layer(Trace& trace, const std::string& name, const Cloud& cloud,
                 const EpicOptions& options) {
  const Shape& shape = cloud.particles.shape();
  if (shape.rank() != 3 || cloud.global.shape().rank() != 2 || cloud.global.rows() != shape[0]) {
    fail(Code::shape_mismatch, "epic_layer: particles ", shape,
         " must be (rows, particles, features) and global ", cloud.global.shape(),
         " (rows, features) of as many rows");
  }
  const Trace::Part part(trace, name);
  const auto act = [&](Value x) { return activation(options.activation, x); };

  Value global = concat({pooled(cloud, options.sum_scale), cloud.global}, 1);
  global = act(epic_linear(trace, "global_0", global, options.hidden, options));
  global =
      act(epic_linear(trace, "global_1", global, cloud.global.columns(), options) + cloud.global);

  // A dense layer on each particle beside the global features: the part of the latter is computed
  // once a cloud.
  const int64_t own = shape.back();
  const int64_t inputs = own + global.columns();
  Value weight, bias;
  {
    const Trace::Part inner(trace, "particles_0");
    weight = epic_weight(trace, inputs, options.hidden, options);
    bias = trace.parameter("bias", {options.hidden}, Initializer::zeros);
  }
  const Value from_global = matmul(global, slice(weight, 0, own, inputs)) + bias;
  const Value from_particles =
      as_cloud(matmul(as_matrix(cloud.particles), slice(weight, 0, 0, own)), cloud.particles);
  const Value seen = act(from_particles + reshape(from_global, Shape{shape[0], 1, options.hidden}));
  const Value particles =
      act(epic_linear(trace, "particles_1", seen, own, options) + cloud.particles);
  return {masked(particles, cloud.mask), global, cloud.mask};
}

Value message_passing_layer(Trace& trace, const std::string& name, const Cloud& cloud,
                            int64_t outputs, const MessagePassingOptions& options) {
  const Shape& shape = cloud.particles.shape();
  if (shape.rank() != 3 || (cloud.global && cloud.global.rows() != shape[0])) {
    fail(Code::shape_mismatch, "message_passing_layer: particles ", shape,
         " must be (rows, particles, features), and global features of as many rows");
  }
  const Trace::Part part(trace, name);
  const int64_t rows = shape[0];
  const int64_t count = shape[1];
  int64_t layer = 0;
  const auto dropped = [&](Value x) {
    const int64_t stage = options.dropout_stage + layer++;
    return options.dropout > 0 && trace.seed
               ? dropout(x, options.dropout, true, trace.seed, trace.first_event, stage)
               : x;
  };
  const auto act = [&](Value x) { return dropped(leaky_relu(x, options.slope)); };
  const auto product = [&](const char* weight, Value x, int64_t units) {
    const Value matrix = x.shape().rank() > 2 ? as_matrix(x) : x;
    const Value made =
        matmul(matrix, trace.parameter(weight, {x.columns(), units}, Initializer::glorot_uniform));
    return x.shape().rank() > 2 ? as_cloud(made, x) : made;
  };
  // What a first layer knows of the cloud as a whole, (rows, 1, units), is its bias.
  const auto bias = [&](int64_t units) {
    const Value own = trace.parameter("bias", {units}, Initializer::zeros);
    if (!cloud.global) return own;
    const Value known = product("from_global", cloud.global, units);
    return reshape(known + own, Shape{rows, 1, units});
  };

  Value messages;
  {
    const Trace::Part edges(trace, "edge_0");
    const int64_t units = options.edge_layers.front();
    const Value to_each = product("receiver", cloud.particles, units);
    const Value from_each = product("sender", cloud.particles, units);
    const Value received = to_each + bias(units);
    messages = reshape(received, Shape{rows, count, 1, units}) +
               reshape(from_each, Shape{rows, 1, count, units});
    if (options.distances) {
      const Value apart = pairwise_distances(cloud.particles, cloud.particles);
      messages = messages + reshape(apart, Shape{rows, count, count, 1}) *
                                trace.parameter("distance", {units}, Initializer::zeros);
    }
    messages = act(messages);
  }
  for (size_t i = 1; i < options.edge_layers.size(); ++i) {
    const int64_t units = options.edge_layers[i];
    const Value pairs = reshape(messages, Shape{rows * count * count, messages.columns()});
    messages = act(
        reshape(linear(trace, text("edge_", i), pairs, units), Shape{rows, count, count, units}));
  }
  if (cloud.mask) messages = messages * reshape(cloud.mask, Shape{rows, 1, count, 1});
  Value gathered = sum(messages, {2}, false);
  if (!options.mean) {
    gathered = gathered * options.sum_scale;
  } else if (cloud.mask) {
    gathered = gathered / at_least_one(sum(cloud.mask, {1}, true));
  } else {
    gathered = gathered * (1.0 / static_cast<double>(std::max<int64_t>(count, 1)));
  }

  Value nodes = concat({gathered, cloud.particles}, 2);
  const size_t hidden = options.node_layers.size();
  for (size_t i = 0; i < hidden; ++i) {
    const Trace::Part inner(trace, text("node_", i));
    const int64_t units = options.node_layers[i];
    const Value made = product("weight", nodes, units);
    nodes =
        act(made + (i == 0 ? bias(units) : trace.parameter("bias", {units}, Initializer::zeros)));
  }
  return dropped(particle_linear(trace, text("node_", hidden), nodes, outputs));
}

}  // namespace castalia
