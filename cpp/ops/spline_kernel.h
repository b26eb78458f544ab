// The fused kernels of splines (cpp/runtime/cpu/spline.h) as kernels of operators.
#ifndef CASTALIA_CPP_OPS_SPLINE_KERNEL_H_
#define CASTALIA_CPP_OPS_SPLINE_KERNEL_H_

#include <algorithm>
#include <memory>
#include <string>

#include "cpp/base/text.h"
#include "cpp/ops/kernels.h"
#include "cpp/ops/row_kernel.h"
#include "cpp/ops/spline_knots.h"
#include "cpp/runtime/cpu/spline.h"

namespace castalia {

template <typename T>
std::unique_ptr<Kernel> make_typed_spline_kernel(const KernelRequest& request,
                                                 const cpu::Spline& spline, cpu::SplineTask task) {
  // Whole vectors of splines, so that only the last tile has a rest.
  constexpr int64_t kBlock = 64;
  const int64_t count = request.inputs[0].shape.count();
  const auto parameters = static_cast<int64_t>(spline.parameters());
  const bool gradient = request.inputs.size() == 4;
  const auto compute = [=](const KernelArguments& arguments, int64_t first, int64_t last) {
    const int64_t begin = first * kBlock;
    const int64_t end = std::min(count, last * kBlock);
    const auto input = [&](size_t i) { return static_cast<const T*>(arguments.inputs[i]); };
    const auto output = [&](size_t i) { return static_cast<T*>(arguments.outputs[i]); };
    cpu::SplineArrays<T> arrays{.argument = input(0) + begin,
                                .params = input(1) + begin * parameters};
    if (gradient) {
      arrays.gradient_result = input(2) + begin;
      arrays.gradient_log_abs_det = input(3) + begin;
      arrays.gradient_argument = output(0) + begin;
      arrays.gradient_params = output(1) + begin * parameters;
    } else {
      arrays.result = output(0) + begin;
      arrays.log_abs_det = output(1) + begin;
    }
    spline.compute(task, arrays, static_cast<size_t>(end - begin));
  };
  const int64_t bytes_per_block =
      kBlock * (parameters + 3) * (gradient ? 2 : 1) * static_cast<int64_t>(sizeof(T));
  return make_row_kernel((count + kBlock - 1) / kBlock, bytes_per_block, compute);
}

// What computes a task of a kind of splines in one kernel.
inline KernelCandidate spline_candidate(cpu::SplineKind kind, cpu::SplineTask task) {
  const auto create = [=](const KernelRequest& request,
                          std::string* refusal) -> std::unique_ptr<Kernel> {
    const SplineOptions options = spline_options(request.attributes);
    if (options.bins > cpu::Spline::kMaxBins) {
      *refusal = text(options.bins, " bins, more than ", cpu::Spline::kMaxBins);
      return nullptr;
    }
    const cpu::Spline spline(kind, {.bins = static_cast<int>(options.bins),
                                    .lower = options.lower,
                                    .upper = options.upper,
                                    .linear_tails = options.tails == "linear",
                                    .min_width = options.min_width,
                                    .min_height = options.min_height,
                                    .min_derivative = options.min_derivative});
    return request.inputs[0].dtype == DType::float32
               ? make_typed_spline_kernel<float>(request, spline, task)
               : make_typed_spline_kernel<double>(request, spline, task);
  };
  return {"highway", create};
}

// The kernels of a spline's operator and of the operator's gradient.
inline void add_spline_kernels(KernelTable& table, const std::string& name, cpu::SplineKind kind) {
  table.add(name, spline_candidate(kind, cpu::SplineTask::forward));
  table.add("gradient(" + name + ")", spline_candidate(kind, cpu::SplineTask::forward_gradient));
}

// Those of the inverse.
inline void add_spline_inverse_kernels(KernelTable& table, const std::string& name,
                                       cpu::SplineKind kind) {
  table.add(name, spline_candidate(kind, cpu::SplineTask::inverse));
  table.add("gradient(" + name + ")", spline_candidate(kind, cpu::SplineTask::inverse_gradient));
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SPLINE_KERNEL_H_
