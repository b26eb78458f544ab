// Reductions of the rows of every segment on a device: a Method of reduction_cuda.h makes one of
// the elements that stand below each other.
#ifndef CASTALIA_CPP_OPS_SEGMENT_REDUCTION_CUDA_H_
#define CASTALIA_CPP_OPS_SEGMENT_REDUCTION_CUDA_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>

#include "cpp/ops/column_reduction_cuda.h"
#include "cpp/runtime/cuda/parallel.h"

namespace castalia::cuda {

// Of x (count, width) the rows whose number is o.
template <typename Method, typename Index>
struct SegmentColumns {
  using T = typename Method::Element;
  using State = typename Method::State;

  int64_t width;

  CASTALIA_ANYWHERE State begin(const Operands&, int64_t, int64_t) const {
    return Method::identity();
  }
  CASTALIA_ANYWHERE void take(const Operands& operands, State& state, int64_t o, int64_t row,
                              int64_t c) const {
    if (operands.in<Index>(1)[row] != o) return;
    Method::take(state, operands.in<T>(0)[row * width + c], row);
  }
  CASTALIA_ANYWHERE static State merge(const State& a, const State& b) {
    return Method::merge(a, b);
  }
  CASTALIA_ANYWHERE void end(const Operands& operands, const State& state, int64_t o,
                             int64_t c) const {
    operands.out<typename Method::Result>(0)[o * width + c] = Method::result(state);
  }
};

template <template <typename> class Method>
std::unique_ptr<Kernel> make_segment_reduction(const std::string& name,
                                               const KernelRequest& request) {
  const Shape& out = request.outputs[0].shape;
  const int64_t count = request.inputs[1].shape.count();
  const int64_t segments = out[0];
  const int64_t width = out.count(1, out.rank());
  // Every segment looks at all rows, and the pieces of many segments would take much memory.
  const int64_t pieces = std::max<int64_t>(1, ColumnPlan::kBlocks / std::max<int64_t>(1, segments));
  auto kernel = kernel_for(name, request);
  kernel->set_flops(static_cast<double>(count) * static_cast<double>(width));
  with_floating(request.inputs[0].dtype, [&]<typename T>() {
    const auto add = [&]<typename Index>() {
      add_column_reduction(*kernel, segments, count, width, SegmentColumns<Method<T>, Index>{width},
                           pieces);
    };
    if (request.inputs[1].dtype == DType::int32) {
      add.template operator()<int32_t>();
    } else {
      add.template operator()<int64_t>();
    }
  });
  return kernel;
}

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_OPS_SEGMENT_REDUCTION_CUDA_H_
