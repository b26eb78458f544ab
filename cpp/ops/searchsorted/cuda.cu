#include "cpp/ops/cuda_kernels.h"
#include "cpp/runtime/cuda/parallel.h"

namespace castalia {
namespace {

template <typename T>
struct SearchsortedElement {
  int64_t edge_count;
  bool right;

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    const T* edges = operands.in<T>(0);
    const T x = operands.in<T>(1)[index];
    int64_t first = 0;
    int64_t left = edge_count;
    while (left > 0) {
      const int64_t half = left / 2;
      const T edge = edges[first + half];
      // In terms that are true for NaN.
      if (right ? !(edge > x) : !(edge >= x)) {
        first += half + 1;
        left -= half + 1;
      } else {
        left = half;
      }
    }
    operands.out<int64_t>(0)[index] = first;
  }
};

std::unique_ptr<Kernel> make_searchsorted_on_device(const KernelRequest& request, std::string*) {
  auto kernel = cuda::kernel_for("searchsorted", request);
  cuda::with_floating(request.inputs[0].dtype, [&]<typename T>() {
    kernel->each(request.inputs[1].shape.count(),
                 SearchsortedElement<T>{request.inputs[0].shape[0],
                                        request.attributes.integer("right") != 0});
  });
  return kernel;
}

}  // namespace

void searchsorted_cuda_kernels(KernelTable& table) {
  table.add("searchsorted", {"cuda", make_searchsorted_on_device});
}

}  // namespace castalia
