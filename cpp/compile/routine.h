// A Program that a kernel runs, again and again, in the kernel's scratch memory.
#ifndef CASTALIA_CPP_COMPILE_ROUTINE_H_
#define CASTALIA_CPP_COMPILE_ROUTINE_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "cpp/compile/compile.h"

namespace castalia {

class Routine {
 public:
  // Of a graph whose states are operands of the kernel. `fixed` says of each whether it keeps its
  // contents between the kernel's runs (KernelRequest::fixed).
  Routine(const Graph& function, const CompileOptions& options, std::vector<bool> fixed);

  // Whether the kernel is to hand over this state in a form of its own (Kernel::prepared_form).
  const Preparation* preparation(size_t state) const;

  size_t memory_bytes() const { return arena_bytes_ + scratch_bytes_ + table_bytes_; }
  double flops() const;

  // Memory made ready to run in. Trivially small: made for each run of the kernel.
  class Call {
   public:
    // The number is that of the graph's input or output.
    void* input(size_t number) const;
    const void* output(size_t number) const;
    void run() const;

   private:
    friend class Routine;
    const Routine* routine_ = nullptr;
    std::byte* memory_ = nullptr;
    const void* const* states_ = nullptr;
  };
  // On a boundary of kBufferAlignment; the states in their order, or their prepared forms.
  Call call(std::byte* memory, const void* const* states) const;

 private:
  const void* resolve(const Location& location, std::byte* memory, const void* const* states) const;

  std::shared_ptr<const Program> program_;
  std::vector<int> preparation_of_;  // of each state, -1 where the kernels read it as it is
  size_t arena_bytes_;
  size_t scratch_bytes_;
  size_t table_bytes_;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_COMPILE_ROUTINE_H_
