#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/small_matrix_cuda.h"

namespace castalia {
namespace {

template <typename T>
struct SolveTask {
  int64_t n, columns;
  template <typename Group>
  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, const Group& group,
                                    int64_t matrix, double* work) const {
    double* const x = work + n * n;
    T* const out = operands.out<T>(0) + matrix * n * columns;
    read_matrix(group, n * n, operands.in<T>(0) + matrix * n * n, work);
    read_matrix(group, n * columns, operands.in<T>(1) + matrix * n * columns, x);
    if (factorize_lu_by(group, n, work, columns, x) == 0) {
      return write_nan(group, n * columns, out);
    }
    solve_triangular_by(group, n, columns, work, {.lower = true, .unit_diagonal = true}, x);
    solve_triangular_by(group, n, columns, work, {.lower = false}, x);
    write_matrix(group, n * columns, x, out);
  }
};

std::unique_ptr<Kernel> make_solve_on_device(const KernelRequest& request, std::string*) {
  const int64_t n = request.inputs[0].shape.back();
  const int64_t columns = request.inputs[1].shape.back();
  return cuda::with_floating(request.inputs[0].dtype, [&]<typename T>() {
    return make_matrices_on_device(
        "solve", request, n * (n + columns),
        static_cast<double>(n * n) *
            (2.0 / 3.0 * static_cast<double>(n) + 2.0 * static_cast<double>(columns)),
        SolveTask<T>{n, columns});
  });
}

}  // namespace

void solve_cuda_kernels(KernelTable& table) { table.add("solve", {"cuda", make_solve_on_device}); }

}  // namespace castalia
