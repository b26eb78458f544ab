#include "cpp/runtime/cpu/monotone.h"

#include "cpp/base/status.h"
#include "cpp/runtime/cpu/dispatch.h"
#include "cpp/runtime/cpu/monotone_kinds.h"

namespace castalia::cpu {
namespace {

size_t parameters_of(MonotoneKind kind, const MonotoneSettings& s) {
  const auto members = static_cast<size_t>(s.members);
  switch (kind) {
    case MonotoneKind::additive: return 1;
    case MonotoneKind::affine: return 2;
    case MonotoneKind::squared: return 5;
    case MonotoneKind::logistic_mixture: return 3 * members + 2;
    case MonotoneKind::deep_sigmoid: return 3 * members;
    case MonotoneKind::sum_of_squares: return members * (static_cast<size_t>(s.degree) + 1) + 1;
    case MonotoneKind::unconstrained_monotonic: return 3 * members + 2;
  }
  fail(Code::internal, "unknown kind of monotone map");
}

Quadrature rule_of(MonotoneKind kind, const MonotoneSettings& s) {
  // A squared polynomial of degree n is integrated exactly with n + 1 points.
  if (kind == MonotoneKind::sum_of_squares) return gauss_legendre(s.degree + 1);
  if (kind == MonotoneKind::unconstrained_monotonic) return clenshaw_curtis(s.nodes);
  return {};
}

}  // namespace

MonotoneMap::MonotoneMap(MonotoneKind kind, const MonotoneSettings& settings)
    : kind_(kind),
      settings_(settings),
      parameters_(parameters_of(kind, settings)),
      rule_(rule_of(kind, settings)) {
  ensure_dispatch();
  if (parameters_ > kMaxParameters) {
    fail(Code::out_of_range, parameters_, " parameters; allowed: up to ", kMaxParameters);
  }
}

template <typename T>
void MonotoneMap::compute(MapTask task, const MapArrays<T>& arrays, size_t count) const {
  switch (kind_) {
    case MonotoneKind::additive: return additive_map(*this, task, arrays, count);
    case MonotoneKind::affine: return affine_map(*this, task, arrays, count);
    case MonotoneKind::squared: return squared_map(*this, task, arrays, count);
    case MonotoneKind::logistic_mixture: return logistic_mixture_map(*this, task, arrays, count);
    case MonotoneKind::deep_sigmoid: return deep_sigmoid_map(*this, task, arrays, count);
    case MonotoneKind::sum_of_squares: return sum_of_squares_map(*this, task, arrays, count);
    case MonotoneKind::unconstrained_monotonic:
      return unconstrained_monotonic_map(*this, task, arrays, count);
  }
}

template void MonotoneMap::compute(MapTask, const MapArrays<float>&, size_t) const;
template void MonotoneMap::compute(MapTask, const MapArrays<double>&, size_t) const;

}  // namespace castalia::cpu
