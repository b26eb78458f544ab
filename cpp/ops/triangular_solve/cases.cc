#include "cpp/ops/cases.h"
#include "cpp/ops/small_matrix_cases.h"

namespace castalia {

std::vector<Case> triangular_solve_cases() {
  std::vector<Case> cases;
  for (const int64_t lower : {0, 1}) {
    for (const int64_t transpose : {0, 1}) {
      for (const int64_t unit : {0, 1}) {
        for (const Shape& shape : matrix_shapes()) {
          Shape sides = shape;
          sides[shape.rank() - 1] = 2 + transpose;
          cases.push_back({{regular_matrices(shape), {.shape = sides}},
                           {{"lower", lower}, {"transpose", transpose}, {"unit_diagonal", unit}}});
        }
      }
    }
  }
  return cases;
}

}  // namespace castalia
