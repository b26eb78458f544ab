#ifndef CASTALIA_CPP_OPS_AFFINE_MAP_OP_H_
#define CASTALIA_CPP_OPS_AFFINE_MAP_OP_H_

#include <string>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

struct AffineMapOptions {
  // How the scale comes from its raw number r:
  //   "bounded_exponential"  exp(r / (1 + |r / log(min_scale)|)), between min_scale and its inverse
  //   "sigmoid"              sigmoid(r + 2) + min_scale
  //   "softplus"             softplus(r) + min_scale
  std::string scale = "bounded_exponential";
  double min_scale = 1e-3;

  Attributes attributes() const;
};
AffineMapOptions affine_map_options(const Attributes& attributes);

// y = scale x + shift (arXiv:1605.08803) with two parameters, the shift and the scale's raw number:
// a monotone map of one number (monotone_parts.h). Zeros give the identity with
// "bounded_exponential", and the scales 0.88 with "sigmoid" and 0.69 with "softplus".
const Operator& affine_map_operator();

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_AFFINE_MAP_OP_H_
