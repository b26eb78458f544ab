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
  SeveralGroups(int64_t outer, std::vector<cpu::ReduceShape> steps, ReductionOperand operand)
      : outer_(outer), steps_(std::move(steps)), operand_(std::move(operand)) {
    // Two halves in turn. A group without elements leaves more than it takes.
    for (const cpu::ReduceShape& step : steps_) half_ = std::max(half_, step.outer * step.inner);
  }

  int64_t tiles() const override {
    const cpu::ReduceShape& last = steps_.back();
    return last.outer * last.inner == 0 ? 0 : outer_;
  }
  size_t scratch_bytes() const override {
    return operand_.scratch_bytes() + static_cast<size_t>(2 * half_) * sizeof(double);
  }
  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    const cpu::ReduceShape& begin = steps_.front();
    const cpu::ReduceShape& end = steps_.back();
    ReductionOperand::Source<In> source(operand_, arguments);
    for (int64_t o = first; o < last; ++o) {
      double* from = reinterpret_cast<double*>(arguments.scratch + operand_.scratch_bytes());
      double* to = from + half_;
      cpu::reduce_sum(begin, source.from(o * begin.outer * begin.n * begin.inner), from, 0,
                      cpu::reduce_tiles(begin));
      for (size_t i = 1; i + 1 < steps_.size(); ++i) {
        cpu::reduce_sum(steps_[i], static_cast<const double*>(from), to, 0,
                        cpu::reduce_tiles(steps_[i]));
        std::swap(from, to);
      }
      Out* out = static_cast<Out*>(arguments.outputs[0]) + o * end.outer * end.inner;
      cpu::reduce_sum(end, static_cast<const double*>(from), out, 0, cpu::reduce_tiles(end));
    }
  }
  double flops() const override {
    const cpu::ReduceShape& begin = steps_.front();
    return static_cast<double>(outer_) * static_cast<double>(begin.outer * begin.n * begin.inner) +
           operand_.flops();
  }

 private:
  int64_t outer_;
  std::vector<cpu::ReduceShape> steps_;
  ReductionOperand operand_;
  int64_t half_ = 0;  // in elements
};

template <typename In, typename Out>
std::unique_ptr<Kernel> make_typed(const AxisGroups& groups, ReductionOperand operand) {
  if (groups.reduced.size() == 1) {
    const cpu::ReduceShape shape{groups.kept[0], groups.reduced[0], groups.kept[1]};
    const typename AxisReduction<In, Out>::Function function = cpu::reduce_sum<In, Out>;
    return std::make_unique<AxisReduction<In, Out>>(shape, std::move(operand), function);
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
  return std::make_unique<SeveralGroups<In, Out>>(groups.kept[0], std::move(steps),
                                                  std::move(operand));
}

std::unique_ptr<Kernel> make(const KernelRequest& request, ReductionOperand operand) {
  const AxisGroups groups(request.inputs[0].shape, request.attributes.integers("axes"));
  const bool from_float = request.inputs[0].dtype == DType::float32;
  const bool to_float = request.outputs[0].dtype == DType::float32;
  if (from_float && to_float) return make_typed<float, float>(groups, std::move(operand));
  if (from_float) return make_typed<float, double>(groups, std::move(operand));
  if (to_float) return make_typed<double, float>(groups, std::move(operand));
  return make_typed<double, double>(groups, std::move(operand));
}

}  // namespace

void sum_kernels(KernelTable& table) {
  table.add("sum", {.name = "highway",
                    .create = [](const KernelRequest& request,
                                 std::string*) { return make(request, ReductionOperand()); },
                    .create_with_prologue =
                        [](const KernelRequest& request, const FusedProgram& prologue) {
                          return make(request, ReductionOperand(prologue));
                        }});
}

}  // namespace castalia
