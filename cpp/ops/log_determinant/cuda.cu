#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/small_matrix_cuda.h"

namespace castalia {
namespace {

template <typename T>
struct LogDeterminantTask {
  int64_t n;
  template <typename Group>
  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, const Group& group,
                                    int64_t matrix, double* work) const {
    read_matrix(group, n * n, operands.in<T>(0) + matrix * n * n, work);
    double sign = factorize_lu_by(group, n, work, 0, nullptr);
    if (group.thread() != 0) return;
    double log_abs = sign == 0 ? -HUGE_VAL : 0;
    if (sign != 0) {
      for (int64_t i = 0; i < n; ++i) {
        const double pivot = work[i * n + i];
        // A NaN stays one.
        sign = std::isnan(pivot) ? pivot : pivot < 0 ? -sign : sign;
        log_abs += std::log(std::abs(pivot));
      }
    }
    operands.out<T>(0)[matrix] = static_cast<T>(sign);
    operands.out<T>(1)[matrix] = static_cast<T>(log_abs);
  }
};

std::unique_ptr<Kernel> make_log_determinant_on_device(const KernelRequest& request, std::string*) {
  const int64_t n = request.inputs[0].shape.back();
  return cuda::with_floating(request.inputs[0].dtype, [&]<typename T>() {
    return make_matrices_on_device("log_determinant", request, n * n,
                                   2.0 / 3.0 * static_cast<double>(n * n * n),
                                   LogDeterminantTask<T>{n});
  });
}

}  // namespace

void log_determinant_cuda_kernels(KernelTable& table) {
  table.add("log_determinant", {"cuda", make_log_determinant_on_device});
}

}  // namespace castalia
