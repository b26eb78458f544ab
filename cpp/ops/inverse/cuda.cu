#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/small_matrix_cuda.h"

namespace castalia {
namespace {

template <typename T>
struct InverseTask {
  int64_t n;
  template <typename Group>
  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, const Group& group,
                                    int64_t matrix, double* work) const {
    double* const x = work + n * n;
    T* const out = operands.out<T>(0) + matrix * n * n;
    group.each(n * n, [&](int64_t i) { x[i] = i / n == i % n ? 1 : 0; });
    read_matrix(group, n * n, operands.in<T>(0) + matrix * n * n, work);
    if (factorize_lu_by(group, n, work, n, x) == 0) return write_nan(group, n * n, out);
    solve_triangular_by(group, n, n, work, {.lower = true, .unit_diagonal = true}, x);
    solve_triangular_by(group, n, n, work, {.lower = false}, x);
    write_matrix(group, n * n, x, out);
  }
};

std::unique_ptr<Kernel> make_inverse_on_device(const KernelRequest& request, std::string*) {
  const int64_t n = request.inputs[0].shape.back();
  return cuda::with_floating(request.inputs[0].dtype, [&]<typename T>() {
    return make_matrices_on_device("inverse", request, 2 * n * n,
                                   2.0 * static_cast<double>(n * n * n), InverseTask<T>{n});
  });
}

}  // namespace

void inverse_cuda_kernels(KernelTable& table) {
  table.add("inverse", {"cuda", make_inverse_on_device});
}

}  // namespace castalia
