#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/small_matrix_cuda.h"

namespace castalia {
namespace {

template <typename T>
struct TriangularSolveTask {
  int64_t n, columns;
  TriangleOnDevice triangle;
  template <typename Group>
  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, const Group& group,
                                    int64_t matrix, double* work) const {
    double* const x = work + n * n;
    read_matrix(group, n * n, operands.in<T>(0) + matrix * n * n, work);
    read_matrix(group, n * columns, operands.in<T>(1) + matrix * n * columns, x);
    solve_triangular_by(group, n, columns, work, triangle, x);
    write_matrix(group, n * columns, x, operands.out<T>(0) + matrix * n * columns);
  }
};

std::unique_ptr<Kernel> make_triangular_solve_on_device(const KernelRequest& request,
                                                        std::string*) {
  const int64_t n = request.inputs[0].shape.back();
  const int64_t columns = request.inputs[1].shape.back();
  const TriangleOnDevice triangle{
      .lower = request.attributes.integer("lower") != 0,
      .transpose = request.attributes.integer("transpose") != 0,
      .unit_diagonal = request.attributes.integer("unit_diagonal") != 0};
  return cuda::with_floating(request.inputs[0].dtype, [&]<typename T>() {
    return make_matrices_on_device("triangular_solve", request, n * (n + columns),
                                   static_cast<double>(n * n * columns),
                                   TriangularSolveTask<T>{n, columns, triangle});
  });
}

}  // namespace

void triangular_solve_cuda_kernels(KernelTable& table) {
  table.add("triangular_solve", {"cuda", make_triangular_solve_on_device});
}

}  // namespace castalia
