#include <algorithm>
#include <cmath>
#include <limits>

#include "cpp/ops/kernels.h"
#include "cpp/ops/row_kernel.h"

namespace castalia {
namespace {

// Newton's steps where they stay in the interval that holds the root, else its middle. Where the
// cubic is flat, halving ends it: an interval has no more than so many places.
double find_root(double share, double start, double end) {
  constexpr int kMostSteps = 60;
  double low = 0;
  double high = 1;
  double t = share;
  for (int step = 0; step < kMostSteps; ++step) {
    const double rest = 1 - t;
    const double excess = t * (rest * (start * rest + (3 - end) * t) + t * t) - share;
    if (excess == 0) return t;
    (excess < 0 ? low : high) = t;
    const double derivative = start * rest * rest + 2 * (3 - start - end) * t * rest + end * t * t;
    const double newton = t - excess / derivative;
    const double next = newton > low && newton < high ? newton : (low + high) / 2;
    if (std::abs(next - t) <= std::numeric_limits<double>::epsilon()) return next;
    t = next;
  }
  return t;
}

template <typename T>
std::unique_ptr<Kernel> create_typed(const KernelRequest& request) {
  return make_row_kernel(
      request.inputs[0].shape.count(), static_cast<int64_t>(sizeof(T)),
      [](const KernelArguments& arguments, int64_t first, int64_t last) {
        const auto input = [&](int i) { return static_cast<const T*>(arguments.inputs[i]); };
        T* out = static_cast<T*>(arguments.outputs[0]);
        for (int64_t i = first; i < last; ++i) {
          const double share = static_cast<double>(input(0)[i]);
          const double start = static_cast<double>(input(1)[i]);
          const double end = static_cast<double>(input(2)[i]);
          const double sum = share + start + end;
          const bool known = !std::isnan(sum);
          out[i] = static_cast<T>(known ? find_root(std::clamp(share, 0.0, 1.0), start, end) : sum);
        }
      });
}

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  return request.inputs[0].dtype == DType::float32 ? create_typed<float>(request)
                                                   : create_typed<double>(request);
}

}  // namespace

void monotone_cubic_root_kernels(KernelTable& table) {
  table.add("monotone_cubic_root", {"loops", create});
}

}  // namespace castalia
