// What cuBLASLt is asked for: everything about it that can be said without the library.
#ifndef CASTALIA_CPP_RUNTIME_CUDA_LIBRARY_PRODUCT_H_
#define CASTALIA_CPP_RUNTIME_CUDA_LIBRARY_PRODUCT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "cpp/base/dtype.h"
#include "cpp/runtime/cuda/joined_steps.h"
#include "cpp/runtime/kernel.h"

namespace castalia::cuda {

// An operand as the library sees it: a row-major matrix is a column-major one that is transposed.
struct LibraryOperand {
  int64_t rows, columns;  // of the row-major matrix in memory
  bool transposed;
  int64_t stride;  // from one product to the next, in elements
};

// How the library multiplies; it always adds in the format of the result.
enum class LibraryArithmetic : uint8_t {
  float64,
  float32,   // no operand is shortened
  tf32,      // float32 operands may go to the tensor cores as TensorFloat-32
  bfloat16,  // or as bfloat16
};

struct LibraryProduct {
  int64_t m, n, k;
  int64_t products;
  LibraryOperand a, b;
  DType dtype;
  LibraryArithmetic arithmetic;
};

// The product that a request for matmul is. Leading axes count products when each operand steps
// through them evenly, or not at all; otherwise, and for what the library does not have, none and
// the reason.
std::optional<LibraryProduct> library_product(const KernelRequest& request, std::string* refusal);

// The product and the program after it as a step among small ones.
std::optional<JoinableStep> joinable_product(const LibraryProduct& product,
                                             const FusedProgram& program);

// A bias added to every row, and what is not positive made zero: what the library does by itself.
struct LibraryEpilogue {
  bool bias = false;
  bool relu = false;
};
// None for any other program.
std::optional<LibraryEpilogue> library_epilogue(const FusedProgram& program,
                                                const LibraryProduct& product);

}  // namespace castalia::cuda

#endif  // CASTALIA_CPP_RUNTIME_CUDA_LIBRARY_PRODUCT_H_
