#include "cpp/ops/affine_map/op.h"
#include "cpp/ops/monotone_cases.h"

namespace castalia {

std::vector<Case> affine_map_inverse_cases() {
  const AffineMapOptions bounded;
  const AffineMapOptions sigmoid{.scale = "sigmoid"};
  const AffineMapOptions softplus{.scale = "softplus", .min_scale = 0.01};
  return all_cases(
      monotone_cases(bounded.attributes(), 2),
      all_cases(monotone_cases(sigmoid.attributes(), 2), monotone_cases(softplus.attributes(), 2)));
}

}  // namespace castalia
