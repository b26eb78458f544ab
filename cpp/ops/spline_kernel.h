// The fused kernels of splines (cpp/runtime/cpu/spline.h) as kernels of operators.
#ifndef CASTALIA_CPP_OPS_SPLINE_KERNEL_H_
#define CASTALIA_CPP_OPS_SPLINE_KERNEL_H_

#include <memory>
#include <string>

#include "cpp/base/text.h"
#include "cpp/ops/element_map_kernel.h"
#include "cpp/ops/kernels.h"
#include "cpp/ops/spline_knots.h"
#include "cpp/runtime/cpu/spline.h"

namespace castalia {

// What computes a task of a kind of splines in one kernel.
inline KernelCandidate spline_candidate(cpu::SplineKind kind, cpu::MapTask task) {
  const auto create = [=](const KernelRequest& request,
                          std::string* refusal) -> std::unique_ptr<Kernel> {
    const SplineOptions options = spline_options(request.attributes);
    if (options.bins > cpu::Spline::kMaxBins) {
      *refusal = text(options.bins, " bins, more than ", cpu::Spline::kMaxBins);
      return nullptr;
    }
    const cpu::SplineTails tails = options.tails == "linear"     ? cpu::SplineTails::linear
                                   : options.tails == "circular" ? cpu::SplineTails::circular
                                                                 : cpu::SplineTails::none;
    const cpu::Spline spline(kind, {.bins = static_cast<int>(options.bins),
                                    .lower = options.lower,
                                    .upper = options.upper,
                                    .tails = tails,
                                    .min_width = options.min_width,
                                    .min_height = options.min_height,
                                    .min_derivative = options.min_derivative});
    return make_map_kernel(request, spline, task);
  };
  return {"highway", create};
}

// The kernels of a spline's operator and of the operator's gradient.
inline void add_spline_kernels(KernelTable& table, const std::string& name, cpu::SplineKind kind) {
  table.add(name, spline_candidate(kind, cpu::MapTask::forward));
  table.add("gradient(" + name + ")", spline_candidate(kind, cpu::MapTask::forward_gradient));
}

// Those of the inverse.
inline void add_spline_inverse_kernels(KernelTable& table, const std::string& name,
                                       cpu::SplineKind kind) {
  table.add(name, spline_candidate(kind, cpu::MapTask::inverse));
  table.add("gradient(" + name + ")", spline_candidate(kind, cpu::MapTask::inverse_gradient));
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_SPLINE_KERNEL_H_
