#include <algorithm>
#include <vector>

#include "cpp/ops/kernels.h"
#include "cpp/runtime/cpu/reduce.h"

namespace castalia {
namespace {

// The summed axes as at most two groups of neighbours: the array is
// [outer, first, middle, second, inner], and `first` and `second` go.
struct Axes {
  int64_t outer = 1, first = 1, middle = 1, second = 1, inner = 1;
  bool more = false;  // a third group

  Axes(const Shape& shape, const std::vector<int64_t>& axes) {
    int64_t* const extents[] = {&outer, &first, &middle, &second, &inner};
    int group = 0;
    for (int axis = 0; axis < shape.rank(); ++axis) {
      const bool summed = std::find(axes.begin(), axes.end(), axis) != axes.end();
      if (shape[axis] == 1) continue;
      if (summed != (group % 2 == 1)) ++group;
      if (group > 4) {
        more = true;
        return;
      }
      *extents[group] *= shape[axis];
    }
  }
};

template <typename In, typename Out>
class OneGroup : public Kernel {
 public:
  explicit OneGroup(const cpu::ReduceShape& shape) : shape_(shape) {}

  int64_t tiles() const override { return cpu::reduce_tiles(shape_); }
  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    cpu::reduce_sum(shape_, static_cast<const In*>(arguments.inputs[0]),
                    static_cast<Out*>(arguments.outputs[0]), first, last);
  }
  double flops() const override {
    return static_cast<double>(shape_.outer) * static_cast<double>(shape_.n) *
           static_cast<double>(shape_.inner);
  }

 private:
  cpu::ReduceShape shape_;
};

// Sums the later group into doubles, then the earlier one. A tile is one outer index.
template <typename In, typename Out>
class TwoGroups : public Kernel {
 public:
  explicit TwoGroups(const Axes& axes)
      : outer_(axes.outer),
        later_{axes.first * axes.middle, axes.second, axes.inner},
        earlier_{1, axes.first, axes.middle * axes.inner} {}

  int64_t tiles() const override { return earlier_.inner == 0 ? 0 : outer_; }
  size_t scratch_bytes() const override {
    return static_cast<size_t>(earlier_.n * earlier_.inner) * sizeof(double);
  }
  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    double* partial = reinterpret_cast<double*>(arguments.scratch);
    for (int64_t o = first; o < last; ++o) {
      const In* in =
          static_cast<const In*>(arguments.inputs[0]) + o * later_.outer * later_.n * later_.inner;
      Out* out = static_cast<Out*>(arguments.outputs[0]) + o * earlier_.inner;
      cpu::reduce_sum(later_, in, partial, 0, cpu::reduce_tiles(later_));
      cpu::reduce_sum(earlier_, static_cast<const double*>(partial), out, 0,
                      cpu::reduce_tiles(earlier_));
    }
  }

 private:
  int64_t outer_;
  cpu::ReduceShape later_;
  cpu::ReduceShape earlier_;
};

template <typename In, typename Out>
std::unique_ptr<Kernel> create_typed(const Axes& axes) {
  if (axes.second != 1) return std::make_unique<TwoGroups<In, Out>>(axes);
  return std::make_unique<OneGroup<In, Out>>(
      cpu::ReduceShape{axes.outer, axes.first, axes.middle * axes.inner});
}

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string* refusal) {
  const Axes axes(request.inputs[0].shape, request.attributes.integers("axes"));
  if (axes.more) {
    *refusal = "more than two groups of summed axes";
    return nullptr;
  }
  const bool to_double = request.outputs[0].dtype == DType::float64;
  if (request.inputs[0].dtype == DType::float32) {
    return to_double ? create_typed<float, double>(axes) : create_typed<float, float>(axes);
  }
  return to_double ? create_typed<double, double>(axes) : create_typed<double, float>(axes);
}

}  // namespace

void sum_kernels(KernelTable& table) { table.add("sum", {"highway", create}); }

}  // namespace castalia
