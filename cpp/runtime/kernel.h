// The interface between a Program and the code that computes one of its steps.
//
// A kernel is made once, for fixed shapes, when a Program is compiled, and then runs any number of
// times, from one thread or many, without allocating. Its work is cut into tiles whose number and
// size depend on the shapes alone, never on the number of threads, so that every thread count gives
// the same bits. Tiles write disjoint parts of the outputs.
#ifndef CASTALIA_CPP_RUNTIME_KERNEL_H_
#define CASTALIA_CPP_RUNTIME_KERNEL_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "cpp/graph/attributes.h"
#include "cpp/graph/tensor_type.h"

namespace castalia {

// Buffers are dense, row-major and start on a 64-byte boundary. Behind the last element of every
// buffer lie at least kBufferPadding bytes that a kernel may read and overwrite.
// (A view into a larger tensor, such as a slice of the flat parameters, is the exception: it may
// start on any element, may be read past its end, and is never an output.)
inline constexpr size_t kBufferPadding = 128;

struct KernelArguments {
  const void* const* inputs = nullptr;
  void* const* outputs = nullptr;
  std::byte* scratch = nullptr;  // of the running thread; Kernel::scratch_bytes() long, 64-byte aligned
};

class Kernel {
 public:
  virtual ~Kernel() = default;

  virtual int64_t tiles() const { return 1; }
  // Scratch memory that each running thread needs.
  virtual size_t scratch_bytes() const { return 0; }
  // Computes tiles [first, last).
  virtual void run(const KernelArguments& arguments, int64_t first, int64_t last) const = 0;
  // Floating-point operations of all tiles, for the printed plan.
  virtual double flops() const { return 0; }
};

struct KernelRequest {
  const Attributes& attributes;
  std::span<const TensorType> inputs;
  std::span<const TensorType> outputs;
  // The first axis counts independent rows (events), and a row's result must have the same bits for
  // every number of rows: sampling and evaluation. Training has one batch size and does not ask.
  bool rows_independent = true;
};

// One way to compute an operator. create() returns null and states the reason when it does not take
// the request.
struct KernelCandidate {
  const char* name;  // "highway", "onednn", "reference"
  std::function<std::unique_ptr<Kernel>(const KernelRequest& request, std::string* refusal)> create;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_RUNTIME_KERNEL_H_
