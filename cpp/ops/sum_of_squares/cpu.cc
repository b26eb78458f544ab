#include "cpp/ops/monotone_kernel.h"
#include "cpp/ops/sum_of_squares/op.h"

namespace castalia {
namespace {

cpu::MonotoneSettings sum_of_squares_settings(const Attributes& attributes) {
  const SumOfSquaresOptions options = sum_of_squares_options(attributes);
  return {.members = static_cast<int>(options.polynomials),
          .degree = static_cast<int>(options.degree),
          .min_derivative = options.min_derivative,
          .lower = options.lower,
          .upper = options.upper};
}

}  // namespace

void sum_of_squares_kernels(KernelTable& table) {
  add_monotone_kernel(table, "sum_of_squares", cpu::MonotoneKind::sum_of_squares,
                      cpu::MapTask::forward, sum_of_squares_settings);
  add_monotone_kernel(table, "sum_of_squares_inverse", cpu::MonotoneKind::sum_of_squares,
                      cpu::MapTask::inverse, sum_of_squares_settings);
}

}  // namespace castalia
