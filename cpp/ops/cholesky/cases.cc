#include "cpp/ops/cases.h"
#include "cpp/ops/small_matrix_cases.h"

namespace castalia {

std::vector<Case> cholesky_cases() {
  std::vector<Case> cases;
  for (const Shape& shape : matrix_shapes()) cases.push_back({{regular_matrices(shape)}});
  // Not positive definite.
  cases.push_back({{not_differentiated({2, 2, 2}, {1, 0, 2, 1, 0, 0, 0, 0})}});
  return cases;
}

}  // namespace castalia
