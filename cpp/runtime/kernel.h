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
#include <vector>

#include "cpp/graph/attributes.h"
#include "cpp/graph/tensor_type.h"

namespace castalia {

struct FusedProgram;
class Queue;

// Buffers are dense, row-major and start on a 64-byte boundary. Behind the last element of every
// buffer lie at least kBufferPadding bytes that a kernel may read and overwrite.
// (A view into a larger tensor, such as a slice of the flat parameters, is the exception: it may
// start on any element, may be read past its end, and is never an output.)
inline constexpr size_t kBufferPadding = 128;

struct KernelArguments {
  const void* const* inputs = nullptr;
  void* const* outputs = nullptr;
  std::byte* scratch =
      nullptr;  // of the running thread; Kernel::scratch_bytes() long, 64-byte aligned
  // On a device: the queue of its work (a cudaStream_t), to which a kernel adds its own and
  // returns. The pointers above are then addresses on the device.
  void* stream = nullptr;
  Queue* queue = nullptr;  // the same with more to ask of it, for kernels that wait (waits())
};

class Kernel {
 public:
  virtual ~Kernel() = default;

  virtual int64_t tiles() const { return 1; }
  // Scratch memory that each running thread needs.
  virtual size_t scratch_bytes() const { return 0; }
  // Computes tiles [first, last).
  virtual void run(const KernelArguments& arguments, int64_t first, int64_t last) const = 0;
  // On a device: whether run() waits for the device, so that it cannot be recorded.
  virtual bool waits() const { return false; }
  // Floating-point operations of all tiles, for the printed plan.
  virtual double flops() const { return 0; }

  // An operand that does not change between runs (KernelRequest::fixed) may be read in a form of
  // the kernel's own, made once: weights in the order in which a product reads them. The name of
  // that form, the same for all kernels that can share one copy; empty for an operand that is read
  // as it is.
  virtual std::string prepared_form(int input) const;
  virtual size_t prepared_bytes(int input) const;
  // Writes the form; run() then gets `prepared` as this input.
  virtual void prepare(int input, const void* operand, std::byte* prepared) const;
};

inline std::string Kernel::prepared_form(int) const { return {}; }
inline size_t Kernel::prepared_bytes(int) const { return 0; }
inline void Kernel::prepare(int, const void*, std::byte*) const {}

// How matrix products of float32 read their operands. Sums are float32 in any case.
enum class Products : uint8_t {
  float32,   // as they are
  bfloat16,  // rounded to bfloat16 (to nearest, ties to even), by the processor's or device's own
             // products
  bfloat16_emulated,  // the same roundings and our float32 products: to see what the rounding costs
  tf32,  // shortened to TensorFloat-32, ten bits of mantissa, by the products of a device
};

struct KernelRequest {
  const Attributes& attributes;
  std::span<const TensorType> inputs;
  std::span<const TensorType> outputs;
  // The first axis counts independent rows (events), and a row's result must have the same bits for
  // every number of rows: sampling and evaluation. Training has one batch size and does not ask.
  bool rows_independent = true;
  // Per input: its contents do not change between runs. Empty: all may.
  std::vector<bool> fixed = {};
  // Asked of the operator matmul.
  Products products = Products::float32;
};

// One way to compute an operator. create() returns null and states the reason when it does not take
// the request.
struct KernelCandidate {
  const char* name;  // "highway", "onednn", "reference"
  std::function<std::unique_ptr<Kernel>(const KernelRequest& request, std::string* refusal)> create;

  // Where it can be had: the operator and what is computed element by element of its only output,
  // in one kernel. Input 0 of the program is that output; its further inputs are the kernel's
  // inputs after the operator's own, and the kernel's outputs are the program's, of which one at
  // least has the element type of the operator's. Takes every request that create() takes.
  std::function<std::unique_ptr<Kernel>(const KernelRequest& request, const FusedProgram& epilogue)>
      create_with_epilogue = {};

  // Where it can be had, for an operator of one operand and one result: the operand is computed
  // element by element, in the same kernel, and is not in memory unless it is asked for. Output 0
  // of the program is the operand, in the order of its elements; the kernel's inputs are the
  // program's, its outputs the operator's and then the program's from the second on. Takes every
  // request that create() takes.
  std::function<std::unique_ptr<Kernel>(const KernelRequest& request, const FusedProgram& prologue)>
      create_with_prologue = {};
};

}  // namespace castalia

#endif  // CASTALIA_CPP_RUNTIME_KERNEL_H_
