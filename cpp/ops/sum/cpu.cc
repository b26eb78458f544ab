#include <algorithm>
#include <utility>
#include <vector>

#include "cpp/ops/kernels.h"
#include "cpp/ops/reduction.h"
#include "cpp/runtime/cpu/reduce.h"

namespace castalia {
namespace {

// Sums the last group of axes, then the one before it, and so on; what is between two steps stands
// in doubles in scratch. A tile is one index of the axes before the first group.
template <typename In, typename Out>
class SeveralGroups : public Kernel {
 public:
  SeveralGroups(int64_t outer, std::vector<cpu::ReduceShape> steps)
      : outer_(outer), steps_(std::move(steps)) {
    // Two halves in turn. A group without elements leaves more than it takes.
    for (const cpu::ReduceShape& step : steps_) half_ = std::max(half_, step.outer * step.inner);
  }

  int64_t tiles() const override {
    const cpu::ReduceShape& last = steps_.back();
    return last.outer * last.inner == 0 ? 0 : outer_;
  }
  size_t scratch_bytes() const override { return static_cast<size_t>(2 * half_) * sizeof(double); }
  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    const cpu::ReduceShape& begin = steps_.front();
    const cpu::ReduceShape& end = steps_.back();
    for (int64_t o = first; o < last; ++o) {
      double* from = reinterpret_cast<double*>(arguments.scratch);
      double* to = from + half_;
      const In* in =
          static_cast<const In*>(arguments.inputs[0]) + o * begin.outer * begin.n * begin.inner;
      cpu::reduce_sum(begin, in, from, 0, cpu::reduce_tiles(begin));
      for (size_t i = 1; i + 1 < steps_.size(); ++i) {
        cpu::reduce_sum(steps_[i], static_cast<const double*>(from), to, 0,
                        cpu::reduce_tiles(steps_[i]));
        std::swap(from, to);
      }
      Out* out = static_cast<Out*>(arguments.outputs[0]) + o * end.outer * end.inner;
      cpu::reduce_sum(end, static_cast<const double*>(from), out, 0, cpu::reduce_tiles(end));
    }
  }

 private:
  int64_t outer_;
  std::vector<cpu::ReduceShape> steps_;
  int64_t half_ = 0;  // in elements
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

template <typename In, typename Out>
std::unique_ptr<Kernel> create_typed(const AxisGroups& groups) {
  if (groups.reduced.size() == 1) {
    return std::make_unique<OneGroup<In, Out>>(
        cpu::ReduceShape{groups.kept[0], groups.reduced[0], groups.kept[1]});
  }
  // Inside one outer index: the last group goes first.
  std::vector<cpu::ReduceShape> steps;
  int64_t inner = 1;
  for (size_t g = groups.reduced.size(); g-- > 0;) {
    int64_t before = 1;
    for (size_t i = 0; i < g; ++i) before *= groups.reduced[i] * groups.kept[i + 1];
    inner *= groups.kept[g + 1];
    steps.push_back({before, groups.reduced[g], inner});
  }
  return std::make_unique<SeveralGroups<In, Out>>(groups.kept[0], std::move(steps));
}

std::unique_ptr<Kernel> create(const KernelRequest& request, std::string*) {
  const AxisGroups groups(request.inputs[0].shape, request.attributes.integers("axes"));
  const bool to_double = request.outputs[0].dtype == DType::float64;
  if (request.inputs[0].dtype == DType::float32) {
    return to_double ? create_typed<float, double>(groups) : create_typed<float, float>(groups);
  }
  return to_double ? create_typed<double, double>(groups) : create_typed<double, float>(groups);
}

}  // namespace

void sum_kernels(KernelTable& table) { table.add("sum", {"highway", create}); }

}  // namespace castalia
