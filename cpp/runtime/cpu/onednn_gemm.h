// Matrix products by oneDNN, of a fixed shape: in float, or of operands rounded to bfloat16.
//
// The product is cut into tiles of a fixed number of rows and one primitive, made once, computes
// each of them; a last tile with fewer rows is padded with zeros. So a result does not depend on
// the number of rows or of threads. But oneDNN promises no order of additions, and on some
// instruction sets the bits of a row depend on its place within the tile: not for work whose rows
// must be independent of their position. There, and on processors where it is no slower, use
// gemm.h.
#ifndef CASTALIA_CPP_RUNTIME_CPU_ONEDNN_GEMM_H_
#define CASTALIA_CPP_RUNTIME_CPU_ONEDNN_GEMM_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "cpp/runtime/cpu/gemm.h"

namespace castalia::cpu {

// How the operands are multiplied. With bfloat16 the first one is rounded tile by tile, the second
// one comes rounded; products are exact, sums and the result float.
enum class OnednnOperands : uint8_t { float32, bfloat16 };

class OnednnGemm {
 public:
  // Makes the primitive. `epilogue_bias` and `relu` fuse c = relu(c + bias[column]). Returns null
  // and states the reason when the shape is empty, when A is transposed and its rows are not a
  // whole number of tiles, or when oneDNN cannot be loaded or refuses it. tile_rows must be
  // positive.
  static std::unique_ptr<OnednnGemm> create(const GemmShape& shape, int64_t tile_rows,
                                            bool epilogue_bias, bool relu, std::string* refusal,
                                            OnednnOperands operands = OnednnOperands::float32);
  ~OnednnGemm();
  OnednnGemm(const OnednnGemm&) = delete;
  OnednnGemm& operator=(const OnednnGemm&) = delete;

  int64_t tiles() const;
  // Scratch that each running thread needs, 64-byte aligned.
  size_t scratch_bytes() const;
  // What oneDNN calls the kernel it chose: "brg:avx512_core".
  const std::string& implementation() const;

  // Computes tiles [first, last) on the calling thread alone; any number of threads may call at
  // once, with scratch of their own. `b` holds floats, or Bfloat16 (bfloat16.h). `bias` is [n], or
  // null when the product has none. Our own code allocates and locks nothing as long as no more
  // threads than cores call at once. OpenMP's setting of the calling thread is put back. An Error
  // (internal) when oneDNN fails.
  void run(const float* a, const void* b, const float* bias, float* c, std::byte* scratch,
           int64_t first, int64_t last) const;

 private:
  struct State;
  explicit OnednnGemm(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_ONEDNN_GEMM_H_
