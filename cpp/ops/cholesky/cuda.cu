#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/small_matrix_cuda.h"

namespace castalia {
namespace {

template <typename T>
struct CholeskyTask {
  int64_t n;
  template <typename Group>
  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, const Group& group,
                                    int64_t matrix, double* work) const {
    T* const out = operands.out<T>(0) + matrix * n * n;
    read_matrix(group, n * n, operands.in<T>(0) + matrix * n * n, work);
    if (factorize_cholesky_by(group, n, work)) {
      write_matrix(group, n * n, work, out);
    } else {
      write_nan(group, n * n, out);
    }
  }
};

std::unique_ptr<Kernel> make_cholesky_on_device(const KernelRequest& request, std::string*) {
  const int64_t n = request.inputs[0].shape.back();
  return cuda::with_floating(request.inputs[0].dtype, [&]<typename T>() {
    return make_matrices_on_device("cholesky", request, n * n, static_cast<double>(n * n * n) / 3.0,
                                   CholeskyTask<T>{n});
  });
}

}  // namespace

void cholesky_cuda_kernels(KernelTable& table) {
  table.add("cholesky", {"cuda", make_cholesky_on_device});
}

}  // namespace castalia
