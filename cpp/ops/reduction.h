// Kernels of reductions.
#ifndef CASTALIA_CPP_OPS_REDUCTION_H_
#define CASTALIA_CPP_OPS_REDUCTION_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "cpp/base/shape.h"
#include "cpp/ops/row_kernel.h"
#include "cpp/runtime/cpu/reduce.h"
#include "cpp/runtime/kernel.h"

namespace castalia {

// A shape as kept[0], reduced[0], kept[1], reduced[1], ..., kept[n]: neighbouring axes of one kind
// are one, axes of extent 1 do not count, and n is at least 1.
struct AxisGroups {
  std::vector<int64_t> kept = {1};
  std::vector<int64_t> reduced;

  AxisGroups(const Shape& shape, const std::vector<int64_t>& axes) {
    bool last_reduced = false;
    for (int axis = 0; axis < shape.rank(); ++axis) {
      if (shape[axis] == 1) continue;
      const bool reduces = std::find(axes.begin(), axes.end(), axis) != axes.end();
      if (reduces && !last_reduced) {
        reduced.push_back(1);
        kept.push_back(1);
      }
      (reduces ? reduced : kept).back() *= shape[axis];
      last_reduced = reduces;
    }
    if (reduced.empty()) {
      reduced.push_back(1);
      kept.push_back(1);
    }
  }
};

// A reduction of one axis to one of the same type, by a function of cpp/runtime/cpu/reduce.h.
template <typename T>
class AxisReduction : public Kernel {
 public:
  using Function = void (*)(const cpu::ReduceShape&, const T*, T*, int64_t, int64_t);

  AxisReduction(const cpu::ReduceShape& shape, Function function)
      : shape_(shape), function_(function) {}

  int64_t tiles() const override { return cpu::reduce_tiles(shape_); }
  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    function_(shape_, static_cast<const T*>(arguments.inputs[0]),
              static_cast<T*>(arguments.outputs[0]), first, last);
  }

 private:
  cpu::ReduceShape shape_;
  Function function_;
};

// The kernel of an operator with the attribute "axis".
inline std::unique_ptr<Kernel> make_axis_reduction(const KernelRequest& request,
                                                   AxisReduction<float>::Function for_float,
                                                   AxisReduction<double>::Function for_double) {
  const Shape& x = request.inputs[0].shape;
  const int axis = static_cast<int>(request.attributes.integer("axis"));
  const cpu::ReduceShape shape{x.count(0, axis), x[axis], x.count(axis + 1, x.rank())};
  if (request.inputs[0].dtype == DType::float32) {
    return std::make_unique<AxisReduction<float>>(shape, for_float);
  }
  return std::make_unique<AxisReduction<double>>(shape, for_double);
}

// Where the largest or smallest element of a column of [n, inner] stands; the first NaN, if any.
template <typename T>
void arg_extremes(const T* in, int64_t n, int64_t inner, bool largest, int64_t* out) {
  std::fill_n(out, inner, int64_t{0});
  for (int64_t j = 1; j < n; ++j) {
    for (int64_t i = 0; i < inner; ++i) {
      const T best = in[out[i] * inner + i];
      const T element = in[j * inner + i];
      if (best != best) continue;
      if (element != element || (largest ? element > best : element < best)) out[i] = j;
    }
  }
}

inline std::unique_ptr<Kernel> make_arg_extreme(const KernelRequest& request, bool largest) {
  const Shape& x = request.inputs[0].shape;
  const int axis = static_cast<int>(request.attributes.integer("axis"));
  const int64_t n = x[axis];
  const int64_t inner = x.count(axis + 1, x.rank());
  const bool narrow = request.inputs[0].dtype == DType::float32;
  return make_row_kernel(inner == 0 ? 0 : x.count(0, axis),
                         n * inner * static_cast<int64_t>(sizeof(float)),
                         [=](const KernelArguments& arguments, int64_t first, int64_t last) {
                           int64_t* out = static_cast<int64_t*>(arguments.outputs[0]);
                           for (int64_t o = first; o < last; ++o) {
                             if (narrow) {
                               const float* in = static_cast<const float*>(arguments.inputs[0]);
                               arg_extremes(in + o * n * inner, n, inner, largest, out + o * inner);
                             } else {
                               const double* in = static_cast<const double*>(arguments.inputs[0]);
                               arg_extremes(in + o * n * inner, n, inner, largest, out + o * inner);
                             }
                           }
                         });
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_REDUCTION_H_
