// What is computed of a product's elements while they are in the cache. Any kernel whose result is
// a matrix of rows may use it: matrix products, convolutions.
//
// A bias along the columns and a rectifier, when they come first, are left to the kernel, which can
// apply them to its registers, and so is everything after them where the kernel takes row steps and
// it is such steps; else it is a fused program that runs on finished pieces of the result. The bits
// are those of the separate operations.
#ifndef CASTALIA_CPP_RUNTIME_CPU_PRODUCT_EPILOGUE_H_
#define CASTALIA_CPP_RUNTIME_CPU_PRODUCT_EPILOGUE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "cpp/runtime/cpu/fused.h"
#include "cpp/runtime/cpu/row_steps.h"
#include "cpp/runtime/kernel.h"

namespace castalia::cpu {

class ProductEpilogue {
 public:
  // What a kernel can apply to its registers. What it cannot is in the pieces.
  enum class InRegisters : uint8_t { nothing, bias_and_rectifier, row_steps };

  // Input 0 of the program is the result, rows of `columns` elements; its further inputs are the
  // kernel's inputs from `own_inputs` on, its outputs the kernel's (KernelCandidate).
  ProductEpilogue(FusedProgram program, int64_t columns, int own_inputs, InRegisters in_registers);

  // For attach() and finish(), 64-byte aligned.
  size_t scratch_bytes() const;
  // Once in each call of Kernel::run, before the first piece. Tells the loops, in a structure like
  // GemmEpilogue, of bias and rectifier, and where there is more to do, which is prepared in
  // `scratch`, to call `piece` with `object` for what is complete; that calls finish(). Returns the
  // output in which the kernel makes its result, dense; pieces change it where the program does.
  template <typename After>
  int attach(const KernelArguments& arguments, std::byte* scratch, decltype(After::finish) piece,
             void* object, After& after) const {
    after.relu = relu_;
    if (bias_input_ >= 0) {
      after.bias = static_cast<decltype(After::bias)>(arguments.inputs[bias_input_]);
    }
    if constexpr (requires { after.steps; }) {
      after.steps = resolve_steps(arguments, scratch);
      after.step_count = static_cast<int>(steps_.size());
    }
    if (has_pieces()) {
      prepare(arguments, scratch);
      after.finish = piece;
      after.object = object;
    }
    return result_output_;
  }
  // Elements [first, first + count) of the result are complete, bias and rectifier included.
  void finish(std::byte* scratch, int64_t first, int64_t count) const;
  double flops() const { return flops_; }

 private:
  // Whether there is more to do than bias and rectifier.
  bool has_pieces() const { return pieces_ != nullptr; }
  void prepare(const KernelArguments& arguments, std::byte* scratch) const;
  // The steps with their addresses, at the start of the scratch memory.
  const RowStep* resolve_steps(const KernelArguments& arguments, std::byte* scratch) const;
  KernelArguments piece_arguments(std::byte* scratch) const;

  int own_inputs_;
  int bias_input_ = -1;  // the kernel's input that is the bias, `columns` elements; -1: none
  bool relu_ = false;
  int result_output_ = -1;
  int further_inputs_ = 0;
  std::vector<PlannedRowStep> steps_;  // their inputs and outputs are the kernel's
  std::vector<int> piece_outputs_;     // the kernel's outputs that pieces write
  std::unique_ptr<const FusedPieces> pieces_;
  double flops_ = 0;
};

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_PRODUCT_EPILOGUE_H_
