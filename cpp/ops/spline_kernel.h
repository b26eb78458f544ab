// The fused kernels of splines (cpp/runtime/cpu/rq_spline.h) as kernels of operators.
#ifndef CASTALIA_CPP_OPS_SPLINE_KERNEL_H_
#define CASTALIA_CPP_OPS_SPLINE_KERNEL_H_

#include <algorithm>
#include <memory>
#include <string>

#include "cpp/base/text.h"
#include "cpp/ops/kernels.h"
#include "cpp/ops/row_kernel.h"
#include "cpp/ops/spline_knots.h"
#include "cpp/runtime/cpu/rq_spline.h"

namespace castalia {

// The arrays of `count` splines in a row.
template <typename T>
struct SplineArrays {
  const T* argument;
  const T* params;
  const T* gradient_result;       // null but in gradients
  const T* gradient_log_abs_det;  // null but in gradients
  T* first;                       // the result, or the gradient of the argument
  T* second;                      // the log-determinants, or the gradients of the parameters
  size_t count;
};

template <typename Method, typename T>
std::unique_ptr<Kernel> make_typed_spline_kernel(const KernelRequest& request,
                                                 const cpu::RqSpline& spline) {
  // Whole vectors of splines, so that only the last tile has a rest.
  constexpr int64_t kBlock = 16;
  const int64_t count = request.inputs[0].shape.count();
  const auto parameters = static_cast<int64_t>(spline.parameters());
  const bool gradient = request.inputs.size() == 4;
  const auto compute = [=](const KernelArguments& arguments, int64_t first, int64_t last) {
    const int64_t begin = first * kBlock;
    const int64_t end = std::min(count, last * kBlock);
    const auto input = [&](size_t i) { return static_cast<const T*>(arguments.inputs[i]); };
    Method::compute(
        spline,
        SplineArrays<T>{
            input(0) + begin, input(1) + begin * parameters, gradient ? input(2) + begin : nullptr,
            gradient ? input(3) + begin : nullptr, static_cast<T*>(arguments.outputs[0]) + begin,
            static_cast<T*>(arguments.outputs[1]) + begin * (gradient ? parameters : 1),
            static_cast<size_t>(end - begin)});
  };
  const int64_t bytes_per_block =
      kBlock * (parameters + 3) * (gradient ? 2 : 1) * static_cast<int64_t>(sizeof(T));
  return make_row_kernel((count + kBlock - 1) / kBlock, bytes_per_block, compute);
}

template <typename Method>
std::unique_ptr<Kernel> make_spline_kernel(const KernelRequest& request, std::string* refusal) {
  const SplineOptions options = spline_options(request.attributes);
  if (options.bins > cpu::RqSpline::kMaxBins) {
    *refusal = text(options.bins, " bins, more than ", cpu::RqSpline::kMaxBins);
    return nullptr;
  }
  const cpu::RqSpline spline({.bins = static_cast<int>(options.bins),
                              .lower = options.lower,
                              .upper = options.upper,
                              .linear_tails = options.tails == "linear",
                              .min_width = options.min_width,
                              .min_height = options.min_height,
                              .min_derivative = options.min_derivative});
  return request.inputs[0].dtype == DType::float32
             ? make_typed_spline_kernel<Method, float>(request, spline)
             : make_typed_spline_kernel<Method, double>(request, spline);
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SPLINE_KERNEL_H_
