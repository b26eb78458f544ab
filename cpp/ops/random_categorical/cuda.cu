#include <cmath>

#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/random_cuda.h"

namespace castalia {
namespace {

// A thread draws one class, in the order of the processor's sums. Comparisons with NaN are false,
// which leads to -1.
template <typename T>
struct CategoricalElement {
  uint16_t stage;
  int64_t sets;
  int64_t classes;

  CASTALIA_ANYWHERE void operator()(const cuda::Operands& operands, int64_t index) const {
    const T* logits = operands.in<T>(2) + index * classes;
    double largest = -std::numeric_limits<double>::infinity();
    for (int64_t c = 0; c < classes; ++c) {
      const auto logit = static_cast<double>(logits[c]);
      if (logit > largest) largest = logit;
    }
    double total = 0;
    for (int64_t c = 0; c < classes; ++c) {
      total += std::exp(static_cast<double>(logits[c]) - largest);
    }
    const Stream stream = cuda::stream_of_row(operands, stage, index / sets);
    // u < 1, so the running sum, which ends as the total, passes the limit.
    const double limit = total * uniform(stream, static_cast<uint32_t>(index % sets));
    double running = 0;
    int64_t drawn = -1;
    for (int64_t c = 0; c < classes && drawn < 0; ++c) {
      running += std::exp(static_cast<double>(logits[c]) - largest);
      if (running > limit) drawn = c;
    }
    operands.out<int64_t>(0)[index] = drawn;
  }
};

std::unique_ptr<Kernel> make_random_categorical_on_device(const KernelRequest& request,
                                                          std::string*) {
  auto kernel = cuda::kernel_for("random_categorical", request);
  const Shape& shape = request.outputs[0].shape;
  const auto stage = static_cast<uint16_t>(request.attributes.integer("stage"));
  cuda::with_floating(request.inputs[2].dtype, [&]<typename T>() {
    kernel->each(shape.count(), CategoricalElement<T>{stage, shape.count(1, shape.rank()),
                                                      request.inputs[2].shape.back()});
  });
  return kernel;
}

}  // namespace

void random_categorical_cuda_kernels(KernelTable& table) {
  table.add("random_categorical", {"cuda", make_random_categorical_on_device});
}

}  // namespace castalia
