#include "cpp/runtime/cpu/spline.h"

#include "cpp/base/status.h"
#include "cpp/runtime/cpu/dispatch.h"
#include "cpp/runtime/cpu/spline_kinds.h"

namespace castalia::cpu {

Spline::Spline(SplineKind kind, const SplineSettings& settings) : kind_(kind), settings_(settings) {
  ensure_dispatch();
  const auto require = [](bool condition, const char* field, double value, const auto&... allowed) {
    if (!condition) fail(Code::out_of_range, field, " is ", value, "; allowed: ", allowed...);
  };
  require(settings.bins >= 2 && settings.bins <= kMaxBins, "bins", settings.bins, "2 to ",
          kMaxBins);
  require(settings.lower < settings.upper, "lower", settings.lower, "below upper, ",
          settings.upper);
  require(settings.min_width > 0 && settings.min_width * settings.bins < 1, "min_width",
          settings.min_width, "above 0, below 1 / bins");
  require(settings.min_height > 0 && settings.min_height * settings.bins < 1, "min_height",
          settings.min_height, "above 0, below 1 / bins");
  require(settings.min_derivative > 0 && settings.min_derivative < 1, "min_derivative",
          settings.min_derivative, "above 0, below 1");
  if (settings.tails == SplineTails::circular && kind != SplineKind::rational_quadratic &&
      kind != SplineKind::rational_linear) {
    fail(Code::out_of_range, "only rational splines can be circular");
  }
}

size_t Spline::parameters() const {
  const auto bins = static_cast<size_t>(settings_.bins);
  const bool linear_tails = settings_.tails == SplineTails::linear;
  const size_t knots = linear_tails                               ? bins - 1
                       : settings_.tails == SplineTails::circular ? bins
                                                                  : bins + 1;
  switch (kind_) {
    case SplineKind::linear: return bins;
    case SplineKind::quadratic: return bins + knots;
    case SplineKind::cubic: return 2 * bins + (linear_tails ? 0 : 2);
    case SplineKind::rational_linear: return 3 * bins + knots;
    case SplineKind::rational_quadratic: return 2 * bins + knots;
  }
  fail(Code::internal, "unknown kind of spline");
}

template <typename T>
void Spline::compute(MapTask task, const MapArrays<T>& arrays, size_t count) const {
  switch (kind_) {
    case SplineKind::linear: return linear_spline(*this, task, arrays, count);
    case SplineKind::quadratic: return quadratic_spline(*this, task, arrays, count);
    case SplineKind::cubic: return cubic_spline(*this, task, arrays, count);
    case SplineKind::rational_linear: return rational_linear_spline(*this, task, arrays, count);
    case SplineKind::rational_quadratic:
      return rational_quadratic_spline(*this, task, arrays, count);
  }
}

template void Spline::compute(MapTask, const MapArrays<float>&, size_t) const;
template void Spline::compute(MapTask, const MapArrays<double>&, size_t) const;

}  // namespace castalia::cpu
