#include "cpp/nn/network.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/nn/stages.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

// "coupling_3" stands in the model as "coupling 3".
std::string scope_name(std::string name) {
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

[[noreturn]] void fail_without(const char* what) {
  fail(Code::unsupported, "this network has no ", what);
}

// Half the width of the interval that a parameter is drawn from: a bias, or a weight of shape
// (inputs, outputs) or (kernel..., inputs, outputs), whose outputs see the inputs under the whole
// kernel.
double limit(const Parameter& parameter) {
  const Shape& shape = parameter.shape;
  if (parameter.initializer == Initializer::bias_uniform) {
    return 1.0 / std::sqrt(static_cast<double>(parameter.inputs));
  }
  const auto inputs = static_cast<double>(shape.count(0, shape.rank() - 1));
  if (parameter.initializer == Initializer::he_uniform) return std::sqrt(6.0 / inputs);
  if (parameter.initializer == Initializer::lecun_uniform) return std::sqrt(3.0 / inputs);
  const auto outputs =
      static_cast<double>(shape.count(0, std::max(shape.rank() - 2, 0)) * shape.back());
  return std::sqrt(6.0 / (inputs + outputs));
}

}  // namespace

const Parameter& ParameterTable::declare(const std::string& name, const Shape& shape,
                                         Initializer initializer, bool trainable, int64_t inputs) {
  if (const auto known = index_.find(name); known != index_.end()) {
    const Parameter& parameter = parameters_[known->second];
    check(parameter.shape == shape, "parameter '", name, "' was declared with shape ",
          parameter.shape, " and is now used with ", shape);
    return parameter;
  }
  check(!closed_, "parameter '", name, "' is new, but the table of parameters is closed");
  index_.emplace(name, parameters_.size());
  parameters_.push_back({name, shape, initializer, trainable, count_, inputs});
  count_ += shape.count();
  return parameters_.back();
}

ParameterTable ParameterTable::reopened() const {
  ParameterTable copy = *this;
  copy.closed_ = false;
  return copy;
}

Value Network::loss(Trace&, Value, Value) { fail_without("loss"); }
Value Network::log_prob(Trace&, Value, Value) { fail_without("log_prob"); }
Value Network::score(Trace&, Value, Value) { fail_without("score"); }
Value Network::sample(Trace&, int64_t, Value) { fail_without("sample"); }
std::pair<Value, Value> Network::transform(Trace&, Value, Value) { fail_without("transform"); }
std::pair<Value, Value> Network::inverse(Trace&, Value, Value) { fail_without("inverse"); }

std::pair<Value, Value> Network::sample_with_log_prob(Trace& trace, int64_t rows, Value context) {
  const Value x = sample(trace, rows, context);
  // A density has no chance in it.
  const Value seed = std::exchange(trace.seed, {});
  const Value first_event = std::exchange(trace.first_event, {});
  const Value density = log_prob(trace, x, context);
  trace.seed = seed;
  trace.first_event = first_event;
  return {x, density};
}

Value Network::preprocessed(Trace& trace, Value x, Value context) {
  return cast(context ? concat({x, context}, 1) : x, trace.dtype());
}

std::vector<double> initial_values(const ParameterTable& table, uint64_t seed) {
  std::vector<double> values(static_cast<size_t>(table.count()));
  uint64_t index = 0;
  for (const Parameter& parameter : table.parameters()) {
    const std::span<double> own(values.data() + parameter.offset,
                                static_cast<size_t>(parameter.shape.count()));
    switch (parameter.initializer) {
      case Initializer::zeros: break;
      case Initializer::ones: std::fill(own.begin(), own.end(), 1.0); break;
      case Initializer::glorot_uniform:
      case Initializer::he_uniform:
      case Initializer::lecun_uniform:
      case Initializer::bias_uniform: {
        fill_uniform(Stream{seed, index, kWeightsStage, 0}, own);
        const double width = limit(parameter);
        for (double& value : own) value = width * (2.0 * value - 1.0);
        break;
      }
    }
    ++index;
  }
  return values;
}

Value Trace::parameter(const std::string& name, const Shape& shape, Initializer initializer,
                       int64_t inputs) {
  return value_of(table_.declare(prefix_ + name, shape, initializer, true, inputs));
}

Value Trace::statistic(const std::string& name, const Shape& shape, Initializer initializer) {
  return value_of(table_.declare(prefix_ + name, shape, initializer, false));
}

void Trace::update(const std::string& name, Value value) {
  const Parameter& parameter =
      table_.declare(prefix_ + name, value.shape(), Initializer::zeros, false);
  check(!parameter.trainable, "parameter '", parameter.name, "' learns by its gradient");
  updates[parameter.offset] = reshape(value, Shape{value.shape().count()});
}

Value Trace::value_of(const Parameter& parameter) {
  const Shape& shape = parameter.shape;
  if (!flat_) return graph_.input(parameter.name, {dtype_, shape});
  const bool in_rest = rest_ && parameter.offset >= split_;
  const int64_t begin = parameter.offset - (in_rest ? split_ : 0);
  return reshape(slice(in_rest ? rest_ : flat_, 0, begin, begin + shape.count()), shape);
}

Trace::Part::Part(Trace& trace, const std::string& name)
    : trace_(trace), length_(trace.prefix_.size()), scope_(trace.graph_, scope_name(name)) {
  trace_.prefix_ += name + ".";
}

Trace::Part::~Part() { trace_.prefix_.resize(length_); }

const void* Network::frozen_state(const std::string& name) const {
  fail(Code::internal, "no memory for the state '", name, "'");
}

}  // namespace castalia
