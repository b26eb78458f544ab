#include "cpp/ops/small_matrix_kernel.h"
#include "cpp/runtime/cpu/small_matrix.h"

namespace castalia {
namespace {

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  const int64_t n = request.inputs[0].shape.back();
  const int64_t columns = request.inputs[1].shape.back();
  const cpu::Triangle triangle{.lower = request.attributes.integer("lower") != 0,
                               .transpose = request.attributes.integer("transpose") != 0,
                               .unit_diagonal = request.attributes.integer("unit_diagonal") != 0};
  const auto compute = [=](const MatrixView* inputs, const MatrixView* outputs, double* scratch) {
    double* const x = scratch + n * n;
    inputs[0].read(scratch);
    inputs[1].read(x);
    cpu::solve_triangular(n, columns, scratch, triangle, x);
    outputs[0].write(x);
  };
  return make_matrix_kernel(request, n * n + n * columns, static_cast<double>(n * n * columns),
                            compute);
}

}  // namespace

void triangular_solve_kernels(KernelTable& table) {
  table.add("triangular_solve", {"loops", create});
}

}  // namespace castalia
