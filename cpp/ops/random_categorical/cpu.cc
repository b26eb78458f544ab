#include <cmath>
#include <limits>

#include "cpp/base/philox.h"
#include "cpp/ops/kernels.h"
#include "cpp/ops/random_kernel.h"

namespace castalia {
namespace {

// Comparisons with NaN are false, which leads to -1.
template <typename T>
int64_t draw_class(const T* logits, int64_t classes, double u) {
  double largest = -std::numeric_limits<double>::infinity();
  for (int64_t c = 0; c < classes; ++c) {
    if (static_cast<double>(logits[c]) > largest) largest = static_cast<double>(logits[c]);
  }
  double total = 0;
  for (int64_t c = 0; c < classes; ++c) {
    total += std::exp(static_cast<double>(logits[c]) - largest);
  }
  // u < 1, so the running sum, which ends as the total, passes the limit.
  const double limit = total * u;
  double running = 0;
  for (int64_t c = 0; c < classes; ++c) {
    running += std::exp(static_cast<double>(logits[c]) - largest);
    if (running > limit) return c;
  }
  return -1;
}

template <typename T>
std::unique_ptr<Kernel> create_typed(const KernelRequest& request) {
  const Shape& shape = request.outputs[0].shape;
  const int64_t sets = shape.count(1, shape.rank());
  const int64_t classes = request.inputs[2].shape.back();
  return make_random_kernel(
      request, shape[0], sets * static_cast<int64_t>(sizeof(int64_t)),
      [sets, classes](const KernelArguments& arguments, int64_t row, const Stream& stream) {
        const T* logits = static_cast<const T*>(arguments.inputs[2]) + row * sets * classes;
        int64_t* out = static_cast<int64_t*>(arguments.outputs[0]) + row * sets;
        for (int64_t j = 0; j < sets; ++j) {
          out[j] =
              draw_class(logits + j * classes, classes, uniform(stream, static_cast<uint32_t>(j)));
        }
      });
}

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  return request.inputs[2].dtype == DType::float32 ? create_typed<float>(request)
                                                   : create_typed<double>(request);
}

}  // namespace

void random_categorical_kernels(KernelTable& table) {
  table.add("random_categorical", {"philox", create});
}

}  // namespace castalia
