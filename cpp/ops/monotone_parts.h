// What the definitions of monotone maps of one number share, the splines apart (spline_knots.h).
//
// Every such operator takes arguments (rows, features) and raw parameters (rows, features *
// parameters), feature by feature, and gives values and the logarithms of the derivatives of its
// own direction, (rows, features) both, finite for all finite inputs as are all their derivatives.
#ifndef CASTALIA_CPP_OPS_MONOTONE_PARTS_H_
#define CASTALIA_CPP_OPS_MONOTONE_PARTS_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cpp/base/monotone_limits.h"
#include "cpp/base/quadrature.h"
#include "cpp/graph/graph.h"

namespace castalia {

// The types of both results. An Error that names what does not fit.
std::vector<TensorType> infer_monotone(std::span<const TensorType> inputs, int64_t parameters);
// Refuses a setting below the least allowed.
void expect_at_least(const char* name, int64_t value, int64_t least);

// Why the inverses that are searched for have no gradient.
std::string no_gradient_of_search();

// Raw parameters by number.
class RawParameters {
 public:
  RawParameters(Value params, int64_t features);

  Value one(int64_t i) const;                      // (rows, features)
  Value some(int64_t first, int64_t count) const;  // (rows, features, count)

 private:
  Value by_feature_;
};

// Brings a number within +-limit; its derivative beyond is 0.
Value limited(Value x, double limit);
// raw / (1 + |raw| / limit): within +-limit, with the derivative 1 at 0.
Value softly_limited(Value raw, double limit);
// The logarithm of a scale between 1e-3 and 1e3.
Value log_scale_of_raw(Value raw);

// (rows, features) as (rows, features, 1), and back.
Value as_members(Value x);
Value without_members(Value x);
// start_of_member(k, count, width) of all members: (1, 1, count).
Value starts_of_members(Graph& graph, DType dtype, int64_t count, double width);

// A rising curve on [lower, upper], continued along its tangents, of which the derivative is given.
class ContinuedCurve {
 public:
  ContinuedCurve(Value x, double lower, double upper);

  // The argument as a number in [-1, 1].
  Value place() const { return place_; }
  // The places times the nodes of a rule: (rows, features, 1, nodes).
  Value places(const Quadrature& rule) const;
  // From the derivatives at these places (rows, features, nodes) and at the place itself.
  std::vector<Value> results(const Quadrature& rule, Value derivatives, Value derivative,
                             Value log_derivative, Value shift) const;

 private:
  Value x_, inside_, place_;
  double middle_, half_;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_MONOTONE_PARTS_H_
