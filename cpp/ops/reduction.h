// Kernels of reductions.
#ifndef CASTALIA_CPP_OPS_REDUCTION_H_
#define CASTALIA_CPP_OPS_REDUCTION_H_

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cpp/base/shape.h"
#include "cpp/ops/row_kernel.h"
#include "cpp/runtime/cpu/fused.h"
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

// The operand of a reduction: a tensor, or what a fused program makes of several, piece by piece
// (KernelCandidate::create_with_prologue).
class ReductionOperand {
 public:
  ReductionOperand() = default;
  explicit ReductionOperand(const FusedProgram& prologue)
      : made_(std::make_unique<const cpu::FusedOperand>(prologue)) {}

  // At the start of the kernel's.
  size_t scratch_bytes() const { return made_ ? (made_->scratch_bytes() + 63) / 64 * 64 : 0; }
  double flops() const { return made_ ? made_->flops() : 0; }
  // The shape with tiles that suit the operand: a piece of a row should be worth the call.
  cpu::ReduceShape tiled(cpu::ReduceShape shape) const {
    if (made_) shape.tile_columns = 256;
    return shape;
  }

  // What a run of the kernel reads, from element `first` of the operand on.
  template <typename In>
  class Source {
   public:
    Source(const ReductionOperand& operand, const KernelArguments& arguments)
        : made_(operand.made_.get()), arguments_(arguments) {
      if (made_ != nullptr) made_->prepare(arguments_);
    }
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;

    // Until the next call.
    cpu::ReduceSource<In> from(int64_t first) {
      if (made_ == nullptr) {
        return cpu::in_memory(static_cast<const In*>(arguments_.inputs[0]) + first);
      }
      first_ = first;
      return {&Source::piece, this, made_->capacity()};
    }

   private:
    static const In* piece(void* object, int64_t first, int64_t count) {
      const auto& self = *static_cast<const Source*>(object);
      const void* made = self.made_->piece(self.arguments_, self.first_ + first, count);
      return static_cast<const In*>(made);
    }

    const cpu::FusedOperand* made_;
    const KernelArguments& arguments_;
    int64_t first_ = 0;
  };

 private:
  std::unique_ptr<const cpu::FusedOperand> made_;
};

// A reduction of one axis to one of the same type, by a function of cpp/runtime/cpu/reduce.h.
template <typename In, typename Out = In>
class AxisReduction : public Kernel {
 public:
  using Function = void (*)(const cpu::ReduceShape&, const cpu::ReduceSource<In>&, Out*, int64_t,
                            int64_t);

  AxisReduction(const cpu::ReduceShape& shape, ReductionOperand operand, Function function)
      : shape_(operand.tiled(shape)), operand_(std::move(operand)), function_(function) {}

  int64_t tiles() const override { return cpu::reduce_tiles(shape_); }
  size_t scratch_bytes() const override { return operand_.scratch_bytes(); }
  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    ReductionOperand::Source<In> source(operand_, arguments);
    function_(shape_, source.from(0), static_cast<Out*>(arguments.outputs[0]), first, last);
  }
  double flops() const override {
    return static_cast<double>(shape_.outer) * static_cast<double>(shape_.n) *
               static_cast<double>(shape_.inner) +
           operand_.flops();
  }

 private:
  cpu::ReduceShape shape_;
  ReductionOperand operand_;
  Function function_;
};

// The candidate of an operator with the attribute "axis".
inline KernelCandidate axis_reduction(AxisReduction<float>::Function for_float,
                                      AxisReduction<double>::Function for_double) {
  const auto make = [=](const KernelRequest& request,
                        ReductionOperand operand) -> std::unique_ptr<Kernel> {
    const Shape& x = request.inputs[0].shape;
    const int axis = static_cast<int>(request.attributes.integer("axis"));
    const cpu::ReduceShape shape{x.count(0, axis), x[axis], x.count(axis + 1, x.rank())};
    if (request.inputs[0].dtype == DType::float32) {
      return std::make_unique<AxisReduction<float>>(shape, std::move(operand), for_float);
    }
    return std::make_unique<AxisReduction<double>>(shape, std::move(operand), for_double);
  };
  return {.name = "highway",
          .create = [make](const KernelRequest& request,
                           std::string*) { return make(request, ReductionOperand()); },
          .create_with_prologue =
              [make](const KernelRequest& request, const FusedProgram& prologue) {
                return make(request, ReductionOperand(prologue));
              }};
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
