#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/reduction_cuda.h"

namespace castalia {
namespace {

template <typename T>
struct ProductOnDevice {
  using Element = T;
  using Result = T;
  using State = double;

  static CASTALIA_ANYWHERE State identity() { return 1; }
  static CASTALIA_ANYWHERE void take(State& state, T element, int64_t) {
    state *= static_cast<double>(element);
  }
  static CASTALIA_ANYWHERE State merge(const State& a, const State& b) { return a * b; }
  static CASTALIA_ANYWHERE T result(const State& state) { return static_cast<T>(state); }
};

}  // namespace

void product_cuda_kernels(KernelTable& table) {
  table.add("product", {"cuda", [](const KernelRequest& request, std::string*) {
                          return cuda::make_axis_reduction<ProductOnDevice>("product", request);
                        }});
}

}  // namespace castalia
