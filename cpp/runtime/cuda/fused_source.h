// The source of a kernel for a chain of element-wise operations.
#ifndef CASTALIA_CPP_RUNTIME_CUDA_FUSED_SOURCE_H_
#define CASTALIA_CPP_RUNTIME_CUDA_FUSED_SOURCE_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cpp/runtime/fused_program.h"

namespace castalia::cuda {

// The name of the function.
inline constexpr char kFusedName[] = "castalia_fused";

// A __global__ function of the program's input pointers, constants and output pointers, in order:
// one thread an element of the iteration, or more. Programs that differ only in the places of their
// operands and in the values of their constants have the same source. Stands after
// elementwise_functions.h. An Error (internal) for an operation that does not exist there.
std::string fused_source(const FusedProgram& program);

// A part of a kernel that does several small steps one after another, with a meeting of its blocks
// in between instead of a launch each (joined_functions.h).
struct JoinedPart {
  // Row-major (rows, depth) times (depth, columns), which then is input 0 of the program; else the
  // program alone.
  bool is_product = false;
  int64_t rows = 0, columns = 0, depth = 0;
  FusedProgram program;
};

// A part that writes operands beside each other: of each row of the result, so many elements from
// each. Its words are the addresses of the operands and of the result.
struct JoinedConcat {
  size_t element_bytes = 4;  // or 8
  int64_t rows = 0;
  std::vector<int64_t> columns;
};

inline constexpr int kJoinedBlocks =
    8;  // of a cluster: as many as every device of 9.0 has room for
inline constexpr int kJoinedThreads = 256;
inline constexpr char kJoinedName[] = "castalia_joined_steps";

// The body of a part: a function, without its name, of the part's words. These are the addresses of
// the factors, of the program's further inputs, its constants as the bits of doubles, and the
// addresses of its outputs. Parts that differ in words only have the same source.
std::string joined_part_source(const JoinedPart& part);
std::string joined_part_source(const JoinedConcat& part);

// The kernel that does the steps of a table, of these parts. Stands after elementwise_functions.h
// and joined_functions.h.
std::string joined_source(std::span<const std::string> parts);

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_RUNTIME_CUDA_FUSED_SOURCE_H_
