#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/small_matrix_cuda.h"

namespace castalia {
namespace {

template <typename T>
struct DeterminantTask {
  int64_t n;
  template <typename Group>
  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, const Group& group,
                                    int64_t matrix, double* work) const {
    read_matrix(group, n * n, operands.in<T>(0) + matrix * n * n, work);
    double product = factorize_lu_by(group, n, work, 0, nullptr);
    if (product != 0) {
      for (int64_t i = 0; i < n; ++i) product *= work[i * n + i];
    }
    if (group.thread() == 0) operands.out<T>(0)[matrix] = static_cast<T>(product);
  }
};

std::unique_ptr<Kernel> make_determinant_on_device(const KernelRequest& request, std::string*) {
  const int64_t n = request.inputs[0].shape.back();
  return cuda::with_floating(request.inputs[0].dtype, [&]<typename T>() {
    return make_matrices_on_device("determinant", request, n * n,
                                   2.0 / 3.0 * static_cast<double>(n * n * n),
                                   DeterminantTask<T>{n});
  });
}

}  // namespace

void determinant_cuda_kernels(KernelTable& table) {
  table.add("determinant", {"cuda", make_determinant_on_device});
}

}  // namespace castalia
