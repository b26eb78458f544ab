#include "cpp/ops/autoregressive_inverse/op.h"

#include <algorithm>

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/ops/activation.h"
#include "cpp/ops/add/op.h"
#include "cpp/ops/autoregressive_attributes.h"
#include "cpp/ops/broadcast_to/op.h"
#include "cpp/ops/concat/op.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/masked_matmul/op.h"
#include "cpp/ops/registry.h"
#include "cpp/ops/slice/op.h"

namespace castalia {
namespace {

constexpr char kInversePrefix[] = "inverse.";

// The operands in their order: y, first weight, first, the further weights and biases, last weight,
// last bias.
AutoregressiveNetwork network_of(std::span<const Value> inputs, const Attributes& attributes) {
  AutoregressiveNetwork network;
  network.first_weight = inputs[1];
  network.first = inputs[2];
  for (size_t i = 3; i + 2 < inputs.size(); i += 2) {
    network.further.push_back({inputs[i], inputs[i + 1]});
  }
  network.last_weight = inputs[inputs.size() - 2];
  network.last_bias = inputs[inputs.size() - 1];
  network.degrees = attributes.integers("degrees");
  network.activation = attributes.string("activation");
  return network;
}

std::vector<TensorType> infer_autoregressive_inverse(std::span<const TensorType> inputs,
                                                     const Attributes& attributes) {
  if (inputs.size() < 5 || inputs.size() % 2 == 0) {
    fail(Code::invalid_argument,
         "takes y, the weight and bias of each hidden layer and of the last one, not ",
         inputs.size(), " operands");
  }
  const TensorType& y = inputs[0];
  expect_floating(y);
  for (const TensorType& each : inputs) expect_same_dtype(y, each);
  const std::vector<int64_t>& degrees = attributes.integers("degrees");
  const auto hidden = static_cast<int64_t>(degrees.size());
  if (y.shape.rank() != 2) fail(Code::shape_mismatch, "takes y as (rows, features), not ", y);
  const int64_t features = y.shape[1];
  const auto expect = [](const TensorType& type, const Shape& shape, const char* what) {
    if (!(type.shape == shape)) {
      fail(Code::shape_mismatch, what, " is ", type, " where ", shape, " is needed");
    }
  };
  expect(inputs[1], {features, hidden}, "the first weight");
  const Shape& first = inputs[2].shape;
  if (first.rank() != 2 || first[1] != hidden || (first[0] != 1 && first[0] != y.shape[0])) {
    fail(Code::shape_mismatch, "the first bias is ", inputs[2], " where (", y.shape[0], " or 1, ",
         hidden, ") is needed");
  }
  for (size_t i = 3; i + 2 < inputs.size(); i += 2) {
    expect(inputs[i], {hidden, hidden}, "a hidden weight");
    expect(inputs[i + 1], {hidden}, "a hidden bias");
  }
  const TensorType& last = inputs[inputs.size() - 2];
  if (last.shape.rank() != 2 || last.shape[0] != hidden || features == 0 ||
      last.shape[1] % features != 0) {
    fail(Code::shape_mismatch, "the last weight is ", last, " where (", hidden, ", a multiple of ",
         features, ") is needed");
  }
  expect(inputs.back(), {last.shape[1]}, "the last bias");
  if (!std::is_sorted(degrees.begin(), degrees.end()) ||
      (hidden > 0 && (degrees.front() < 0 || degrees.back() > features))) {
    fail(Code::out_of_range, "degrees must rise within 0 to ", features);
  }
  find_activation(attributes.string("activation"));
  return {y, y};
}

std::vector<Value> define_autoregressive_inverse(Graph& graph, std::span<const Value> inputs,
                                                 const Attributes& attributes) {
  const AutoregressiveNetwork network = network_of(inputs, attributes);
  const Value y = inputs[0];
  const int64_t features = y.columns();
  const int64_t parameters = network.last_weight.columns() / features;
  const auto hidden = static_cast<int64_t>(network.degrees.size());
  const AutoregressiveInverse inverse = autoregressive_inverse_of(attributes);
  const Value first = broadcast_to(network.first, {y.rows(), hidden});
  const std::vector<int64_t> reach = network.hidden_reach();
  const std::vector<int64_t> last_reach = network.last_reach(features);
  std::vector<Value> x;
  std::vector<Value> log_abs_det;
  for (int64_t d = 0; d < features; ++d) {
    Value h = first;
    if (d > 0) {
      // What units of higher degrees see too little of is not used.
      std::vector<int64_t> seen = network.degrees;
      for (int64_t& each : seen) each = std::min(each, d);
      h = masked_matmul(concat(x, 1), slice(network.first_weight, 0, 0, d), seen) + first;
    }
    h = activation(network.activation, h);
    for (const AutoregressiveNetwork::Hidden& layer : network.further) {
      h = activation(network.activation, masked_matmul(h, layer.weight, reach) + layer.bias);
    }
    const int64_t begin = d * parameters;
    const Value params = masked_matmul(h, slice(network.last_weight, 1, begin, begin + parameters),
                                       {last_reach[static_cast<size_t>(d)]}) +
                         slice(network.last_bias, 0, begin, begin + parameters);
    const std::vector<Value> found =
        graph.apply(*inverse.op, {slice(y, 1, d, d + 1), params}, inverse.attributes);
    x.push_back(found[0]);
    log_abs_det.push_back(found[1]);
  }
  return {concat(x, 1), concat(log_abs_det, 1)};
}

}  // namespace

std::vector<int64_t> AutoregressiveNetwork::hidden_reach() const {
  std::vector<int64_t> reach;
  for (const int64_t degree : degrees) {
    reach.push_back(std::upper_bound(degrees.begin(), degrees.end(), degree) - degrees.begin());
  }
  return reach;
}

std::vector<int64_t> AutoregressiveNetwork::last_reach(int64_t features) const {
  std::vector<int64_t> reach;
  for (int64_t d = 0; d < features; ++d) {
    reach.push_back(std::upper_bound(degrees.begin(), degrees.end(), d) - degrees.begin());
  }
  return reach;
}

Value AutoregressiveNetwork::params(Value x) const {
  Value h = castalia::activation(activation, masked_matmul(x, first_weight, degrees) + first);
  for (const Hidden& layer : further) {
    h = castalia::activation(activation,
                             masked_matmul(h, layer.weight, hidden_reach()) + layer.bias);
  }
  return masked_matmul(h, last_weight, last_reach(x.columns())) + last_bias;
}

AutoregressiveInverse autoregressive_inverse_of(const Attributes& attributes) {
  AutoregressiveInverse out;
  out.op = find_operator(attributes.string("inverse"));
  if (out.op == nullptr) {
    fail(Code::not_found, "unknown operator '", attributes.string("inverse"), "'");
  }
  const std::string prefix = kInversePrefix;
  for (const auto& [name, value] : attributes.values()) {
    if (name.compare(0, prefix.size(), prefix) == 0) {
      out.attributes.set(name.substr(prefix.size()), value);
    }
  }
  return out;
}

const Operator& autoregressive_inverse_operator() {
  static const Operator op{.name = "autoregressive_inverse",
                           .infer = infer_autoregressive_inverse,
                           .define = define_autoregressive_inverse};
  return op;
}

Attributes autoregressive_attributes(const std::vector<int64_t>& degrees,
                                     const std::string& activation, const std::string& inverse,
                                     const Attributes& inverse_attributes) {
  Attributes attributes{{"degrees", degrees}, {"activation", activation}, {"inverse", inverse}};
  for (const auto& [name, value] : inverse_attributes.values()) {
    attributes.set(kInversePrefix + name, value);
  }
  return attributes;
}

std::pair<Value, Value> autoregressive_inverse(Value y, const AutoregressiveNetwork& network,
                                               const Operator& inverse,
                                               const Attributes& inverse_attributes) {
  std::vector<Value> inputs = {y, network.first_weight, network.first};
  for (const AutoregressiveNetwork::Hidden& layer : network.further) {
    inputs.push_back(layer.weight);
    inputs.push_back(layer.bias);
  }
  inputs.push_back(network.last_weight);
  inputs.push_back(network.last_bias);
  const std::vector<Value> out =
      y.graph().apply(autoregressive_inverse_operator(), inputs,
                      autoregressive_attributes(network.degrees, network.activation, inverse.name,
                                                inverse_attributes));
  return {out[0], out[1]};
}

}  // namespace castalia
