// From the geometry of an operator to the plans of cpp/runtime/cpu/convolution.h.
#ifndef CASTALIA_CPP_OPS_CONVOLUTION_KERNEL_H_
#define CASTALIA_CPP_OPS_CONVOLUTION_KERNEL_H_

#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include "cpp/base/text.h"
#include "cpp/ops/convolution_geometry.h"
#include "cpp/runtime/cpu/convolution.h"
#include "cpp/runtime/cpu/product_epilogue.h"
#include "cpp/runtime/kernel.h"

namespace castalia {

inline cpu::ConvolutionShape convolution_shape(const ConvolutionGeometry& geometry) {
  cpu::ConvolutionShape shape{.images = geometry.batch,
                              .axes = {},
                              .channels_in = geometry.channels_in,
                              .channels_out = geometry.channels_out,
                              .groups = geometry.groups};
  for (size_t i = 0; i < 3; ++i) {
    const WindowAxis& axis = geometry.axes[i];
    shape.axes[i] = {axis.in, axis.out, axis.kernel, axis.stride, axis.dilation, axis.before};
  }
  return shape;
}

// A plan that turns two operands into one result, and what is computed of the result.
template <typename T, typename Plan>
class ConvolutionKernel : public Kernel {
 public:
  // Whether the plan applies bias and rectifier itself, and reads weights that are packed.
  static constexpr bool kSliding = std::is_same_v<Plan, cpu::SlidingProduct>;

  ConvolutionKernel(Plan plan, double flops, bool prepared,
                    std::optional<cpu::ProductEpilogue> epilogue)
      : plan_(std::move(plan)),
        flops_(flops),
        prepared_(prepared),
        epilogue_(std::move(epilogue)) {}

  int64_t tiles() const override { return plan_.tiles(); }
  size_t scratch_bytes() const override {
    return plan_scratch() + (epilogue_ ? epilogue_->scratch_bytes() : 0);
  }

  void run(const KernelArguments& arguments, int64_t first, int64_t last) const override {
    if (first >= last) return;
    cpu::ConvolutionEpilogue<T> after;
    Finish finish{this, arguments.scratch + plan_scratch()};
    int output = 0;
    if (epilogue_) {
      output = epilogue_->attach(arguments, finish.scratch, &Finish::piece, &finish, after);
    }
    const T* const a = static_cast<const T*>(arguments.inputs[0]);
    const T* const b = static_cast<const T*>(arguments.inputs[1]);
    T* const c = static_cast<T*>(arguments.outputs[output]);
    if constexpr (kSliding) {
      if (prepared_) return plan_.run_packed(a, b, c, after, arguments.scratch, first, last);
    }
    plan_.run(a, b, c, after, arguments.scratch, first, last);
  }

  double flops() const override { return flops_ + (epilogue_ ? epilogue_->flops() : 0); }

  std::string prepared_form(int input) const override {
    if constexpr (kSliding) {
      if (prepared_ && input == 1) {
        return text(plan_.packed_form(), " of ", sizeof(T) == 4 ? "float32" : "float64");
      }
    }
    return {};
  }
  size_t prepared_bytes(int input) const override {
    if constexpr (kSliding) {
      if (prepared_ && input == 1) return plan_.template packed_bytes<T>();
    }
    return 0;
  }
  void prepare(int, const void* operand, std::byte* prepared) const override {
    if constexpr (kSliding) {
      plan_.pack(static_cast<const T*>(operand), reinterpret_cast<T*>(prepared));
    }
  }

 private:
  struct Finish {
    const ConvolutionKernel* kernel;
    std::byte* scratch;

    static void piece(void* object, int64_t first, int64_t count) {
      const auto& self = *static_cast<const Finish*>(object);
      self.kernel->epilogue_->finish(self.scratch, first, count);
    }
  };

  size_t plan_scratch() const { return (plan_.template scratch_bytes<T>() + 63) / 64 * 64; }

  Plan plan_;
  double flops_;
  bool prepared_;
  std::optional<cpu::ProductEpilogue> epilogue_;
};

template <typename Plan>
std::unique_ptr<Kernel> make_convolution_kernel(const KernelRequest& request, Plan plan,
                                                double flops, const FusedProgram* epilogue) {
  constexpr bool sliding = ConvolutionKernel<float, Plan>::kSliding;
  std::optional<cpu::ProductEpilogue> after;
  if (epilogue != nullptr) {
    using InRegisters = cpu::ProductEpilogue::InRegisters;
    after.emplace(*epilogue, request.outputs[0].shape.back(), 2,
                  sliding ? InRegisters::bias_and_rectifier : InRegisters::nothing);
  }
  const bool prepared = sliding && request.fixed.size() > 1 && request.fixed[1] &&
                        request.inputs[1].shape.count() > 0;
  if (request.inputs[0].dtype == DType::float32) {
    return std::make_unique<ConvolutionKernel<float, Plan>>(std::move(plan), flops, prepared,
                                                            std::move(after));
  }
  return std::make_unique<ConvolutionKernel<double, Plan>>(std::move(plan), flops, prepared,
                                                           std::move(after));
}

// A candidate from make(request, epilogue or null, refusal).
template <typename Make>
KernelCandidate convolution_candidate(const char* name, Make make) {
  return {name,
          [make](const KernelRequest& request, std::string* refusal) {
            return make(request, nullptr, refusal);
          },
          [make](const KernelRequest& request, const FusedProgram& epilogue) {
            std::string refusal;
            return make(request, &epilogue, &refusal);
          }};
}

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_CONVOLUTION_KERNEL_H_
