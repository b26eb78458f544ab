// The references of rq_spline and of its inverse: plain loops in double, one spline at a time.
#ifndef CASTALIA_CPP_OPS_SPLINE_REFERENCE_H_
#define CASTALIA_CPP_OPS_SPLINE_REFERENCE_H_

#include <span>
#include <vector>

#include "cpp/graph/attributes.h"
#include "cpp/ops/reference.h"

namespace castalia {

std::vector<Tensor> spline_reference(const Attributes& attributes, std::span<const Tensor> inputs,
                                     bool inverse);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SPLINE_REFERENCE_H_
