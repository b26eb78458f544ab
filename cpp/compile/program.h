// A compiled computation of fixed shapes: kernels in order, and a place for every tensor. Programs
// do not change after they are made: any number of Workspaces may run one at the same time.
#ifndef CASTALIA_CPP_COMPILE_PROGRAM_H_
#define CASTALIA_CPP_COMPILE_PROGRAM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "cpp/graph/tensor_type.h"
#include "cpp/runtime/device.h"
#include "cpp/runtime/kernel.h"

namespace castalia {

// Every tensor that owns memory starts on a boundary of this many bytes.
inline constexpr size_t kBufferAlignment = 64;

// The bytes that a tensor takes up: its own and the padding that kernels may touch.
inline size_t padded_bytes(size_t bytes) {
  return (bytes + kBufferPadding + kBufferAlignment - 1) / kBufferAlignment * kBufferAlignment;
}

// Where a tensor lies.
struct Location {
  enum class Storage : uint8_t { arena, constants, state, prepared };
  Storage storage = Storage::arena;
  int number = 0;     // of the state or the preparation
  size_t offset = 0;  // in bytes
};

// A tensor that the caller reads, writes or owns.
struct Binding {
  std::string name;
  TensorType type;
  Location location;
};

// The one of this name; an Error (internal) when there is none.
const Binding& find_binding(const std::vector<Binding>& bindings, const std::string& name);

struct Step {
  std::unique_ptr<Kernel> kernel;
  std::vector<Location> inputs;
  std::vector<Location> outputs;
  std::vector<TensorType> input_types;
  std::vector<TensorType> output_types;
  std::string label;        // the operators: "matmul", "add relu"
  std::string kernel_name;  // the candidate that was chosen
  std::string scope;        // where in the model
  double flops = 0;
  double bytes = 0;  // read and written
  int threads = 1;   // so many, at most, are worth waking for it
};

// An operand that kernels read in a form of their own: all or part of a state.
struct Preparation {
  std::string form;  // kernel, place and shape: what has the same form has the same bytes
  Location source;   // in a state
  size_t bytes = 0;
  const Kernel* kernel;  // of a step: makes it, as its input `input`
  int input = 0;
};

struct Program {
  std::vector<Step> steps;
  std::vector<Binding> inputs;
  std::vector<Binding> outputs;
  std::vector<Binding> states;  // Binding::location is not used
  std::vector<Preparation> preparations;
  size_t arena_bytes = 0;
  size_t scratch_bytes = 0;  // for each thread
  std::vector<std::byte> constant_bytes;
  const Device* device = nullptr;  // null: the host
  DeviceMemory device_constants;   // the constants' copy on it

  // The constants, on a boundary of kBufferAlignment.
  const std::byte* constants() const;
};

// The plan as a table for people: a line a step (kernel, threads, operations, bytes, operators with
// the types of what they read and write, place in the model), then the memory.
std::string describe(const Program& program);

}  // namespace castalia

#endif  // CASTALIA_CPP_COMPILE_PROGRAM_H_
