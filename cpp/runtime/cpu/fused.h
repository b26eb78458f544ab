// A chain of element-wise operations as one kernel: all intermediate values stay in L1 tiles.
#ifndef CASTALIA_CPP_RUNTIME_CPU_FUSED_H_
#define CASTALIA_CPP_RUNTIME_CPU_FUSED_H_

#include <cstdint>
#include <memory>

#include "cpp/runtime/fused_program.h"
#include "cpp/runtime/kernel.h"

namespace castalia::cpu {

// A fused program that computes pieces of its iteration, in any order, right after another kernel
// has made them of input 0, which is dense: while that is still in the cache. Input 0 is read and
// outputs are written to the element, so that other threads may make neighbouring pieces at the
// same time; an output may be the same buffer as input 0. Immutable; any thread, with scratch of
// its own.
class FusedPieces {
 public:
  // An Error (internal) for a program that is not well formed.
  explicit FusedPieces(const FusedProgram& program);
  ~FusedPieces();
  FusedPieces(const FusedPieces&) = delete;
  FusedPieces& operator=(const FusedPieces&) = delete;

  size_t scratch_bytes() const;
  // Before the first piece, for each scratch memory: operands may have changed since the last run.
  void prepare(const KernelArguments& arguments) const;
  // Elements [first, first + count) of the iteration in row-major order.
  void run(const KernelArguments& arguments, int64_t first, int64_t count) const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

// A fused program whose output 0 is the operand of another kernel, which asks for it piece by piece
// and reads it while it is in the cache: it is never in memory as a whole. The other outputs are
// written to the element, so that other threads may make neighbouring pieces at the same time; they
// share no buffer with an input. Immutable; any thread, with scratch of its own.
class FusedOperand {
 public:
  // An Error (internal) for a program that is not well formed.
  explicit FusedOperand(const FusedProgram& program);
  ~FusedOperand();
  FusedOperand(const FusedOperand&) = delete;
  FusedOperand& operator=(const FusedOperand&) = delete;

  size_t scratch_bytes() const;
  double flops() const;
  // The most elements of a piece, a multiple of 32.
  int64_t capacity() const;
  // Before the first piece, for each scratch memory. arguments.outputs[0] is not used.
  void prepare(const KernelArguments& arguments) const;
  // Elements [first, first + count) of output 0 in row-major order, dense, until the next call with
  // the same scratch. The same elements of the other outputs are written.
  const void* piece(const KernelArguments& arguments, int64_t first, int64_t count) const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

// Makes the kernel. Its inputs and outputs are those of the program, in order. An output may be the
// same buffer as an input that is dense over the iteration shape. An Error (internal) for a program
// that is not well formed.
std::unique_ptr<Kernel> make_fused_kernel(const FusedProgram& program);

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_FUSED_H_
