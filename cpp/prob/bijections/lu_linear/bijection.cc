// A linear map by its LU factors (arXiv:1807.03039, section 3.2). Its pivoting, which would be a
// fixed order of the features, is a layer of its own: permutation.
#include "cpp/prob/bijections/linear_layer.h"

namespace castalia {

const BijectionKind& lu_linear_bijection() {
  static const BijectionKind kind{
      .name = "lu_linear",
      .summary = "linear map by its LU factors; starts as the identity",
      .references = {"1807.03039", "1906.04032"},
      .make = [](const std::string&, const FieldValues&, const BijectionPlace&)
          -> std::unique_ptr<const Bijection> { return std::make_unique<LinearLayer>(lu_matrix); },
      .examples = {{.features = 1}, {.features = 4}},
  };
  return kind;
}

}  // namespace castalia
