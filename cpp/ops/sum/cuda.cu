#include <algorithm>
#include <vector>

#include "cpp/ops/cuda_kernels.h"
#include "cpp/ops/reduction_cuda.h"

namespace castalia {
namespace {

// A step reduces the middle axis of what the one before it left.
struct SumStep {
  int64_t outer;
  int64_t n;
  int64_t inner;
};

// Neighbouring axes go together, the last ones first.
std::vector<SumStep> sum_steps(const Shape& shape, const std::vector<int64_t>& axes) {
  std::vector<SumStep> steps;
  int64_t inner = 1;
  bool open = false;
  for (int axis = shape.rank(); axis-- > 0;) {
    if (shape[axis] == 1) continue;
    if (std::find(axes.begin(), axes.end(), axis) == axes.end()) {
      inner *= shape[axis];
      open = false;
    } else if (open) {
      steps.back().n *= shape[axis];
      steps.back().outer = shape.count(0, axis);
    } else {
      steps.push_back({shape.count(0, axis), shape[axis], inner});
      open = true;
    }
  }
  if (steps.empty()) steps.push_back({1, 1, inner});
  return steps;
}

template <typename In, typename Out>
void add_sum(cuda::ParallelKernel& kernel, const std::vector<SumStep>& steps) {
  using Method = cuda::SumOf<In, Out>;
  const auto room = [&](const SumStep& step) {
    return kernel.reserve(static_cast<size_t>(step.outer * step.inner) * sizeof(double));
  };
  const SumStep& first = steps.front();
  const SumStep& last = steps.back();
  if (steps.size() == 1) {
    return cuda::add_reduction<Method>(kernel, first.outer, first.n, first.inner);
  }
  size_t from = room(first);
  cuda::add_reduction<Method, false, true>(kernel, first.outer, first.n, first.inner, 0, from);
  for (size_t i = 1; i + 1 < steps.size(); ++i) {
    const SumStep& step = steps[i];
    const size_t to = room(step);
    cuda::add_reduction<Method, true, true>(kernel, step.outer, step.n, step.inner, from, to);
    from = to;
  }
  cuda::add_reduction<Method, true, false>(kernel, last.outer, last.n, last.inner, from, 0);
}

std::unique_ptr<Kernel> make_sum_on_device(const KernelRequest& request, std::string*) {
  const Shape& x = request.inputs[0].shape;
  const std::vector<SumStep> steps = sum_steps(x, request.attributes.integers("axes"));
  auto kernel = cuda::kernel_for("sum", request);
  kernel->set_flops(static_cast<double>(x.count()));
  cuda::with_floating(request.inputs[0].dtype, [&]<typename In>() {
    cuda::with_floating(request.outputs[0].dtype,
                        [&]<typename Out>() { add_sum<In, Out>(*kernel, steps); });
  });
  return kernel;
}

}  // namespace

void sum_cuda_kernels(KernelTable& table) { table.add("sum", {"cuda", make_sum_on_device}); }

}  // namespace castalia
