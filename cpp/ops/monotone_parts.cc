#include "cpp/ops/monotone_parts.h"

#include "cpp/base/status.h"
#include "cpp/ops/infer.h"
#include "cpp/ops/ops.h"
#include "cpp/ops/spline_knots.h"

namespace castalia {

std::vector<TensorType> infer_monotone(std::span<const TensorType> inputs, int64_t parameters) {
  expect_operands(inputs, 2);
  expect_floating(inputs[0]);
  expect_same_dtype(inputs[0], inputs[1]);
  const Shape& x = inputs[0].shape;
  const Shape& params = inputs[1].shape;
  if (x.rank() != 2 || params.rank() != 2 || params[0] != x[0] || params[1] != x[1] * parameters) {
    fail(Code::shape_mismatch, "x of shape ", x, " takes parameters of shape (rows, features * ",
         parameters, "), not ", params);
  }
  return {inputs[0], inputs[0]};
}

void expect_at_least(const char* name, int64_t value, int64_t least) {
  if (value < least)
    fail(Code::out_of_range, name, " is ", value, "; allowed: ", least, " or more");
}

std::string no_gradient_of_search() {
  return "it is found by a search; Transformer::inverse gives the gradient of the implicit "
         "function";
}

RawParameters::RawParameters(Value params, int64_t features)
    : by_feature_(by_feature(params, features)) {}

Value RawParameters::one(int64_t i) const { return without_members(some(i, 1)); }

Value RawParameters::some(int64_t first, int64_t count) const {
  return slice(by_feature_, 2, first, first + count);
}

Value limited(Value x, double limit) { return clamp(x, -limit, limit); }

Value softly_limited(Value raw, double limit) {
  const Value r = limited(raw, kLargestRaw);
  return r / (1.0 + abs(r) * (1 / limit));
}

Value log_scale_of_raw(Value raw) { return softly_limited(raw, kLargestLogScale); }

Value as_members(Value x) { return reshape(x, Shape{x.rows(), x.columns(), 1}); }

Value without_members(Value x) { return reshape(x, Shape{x.shape()[0], x.shape()[1]}); }

Value starts_of_members(Graph& graph, DType dtype, int64_t count, double width) {
  std::vector<double> starts;
  for (int64_t k = 0; k < count; ++k) {
    starts.push_back(start_of_member(static_cast<int>(k), static_cast<int>(count), width));
  }
  return graph.constant({1, 1, count}, dtype, starts);
}

ContinuedCurve::ContinuedCurve(Value x, double lower, double upper)
    : x_(limited(x, kLargestArgument)),
      inside_(clamp(x, lower, upper)),
      middle_((lower + upper) / 2),
      half_((upper - lower) / 2) {
  place_ = (inside_ - middle_) * (1 / half_);
}

Value ContinuedCurve::places(const Quadrature& rule) const {
  const auto count = static_cast<int64_t>(rule.nodes.size());
  const Value nodes = place_.graph().constant({1, 1, 1, count}, place_.dtype(), rule.nodes);
  return reshape(place_, Shape{place_.rows(), place_.columns(), 1, 1}) * nodes;
}

std::vector<Value> ContinuedCurve::results(const Quadrature& rule, Value derivatives,
                                           Value derivative, Value log_derivative,
                                           Value shift) const {
  const auto count = static_cast<int64_t>(rule.weights.size());
  const Value weights = place_.graph().constant({1, 1, count}, place_.dtype(), rule.weights);
  const Value mean = without_members(sum(derivatives * weights, {2}));
  const Value value = limited(shift, kLargestArgument) + middle_ + half_ * (place_ * mean);
  return {value + derivative * (x_ - inside_), log_derivative};
}

}  // namespace castalia
