// Locally connected layers on the CPU: convolutions with weights of their own at every position.
//
// Images are as in convolution.h, in one group; weights are [position, tap, channel in, channel
// out]. The weights are read where they lie and are used once for every image, so a few images are
// bound by memory. Results do not depend on the number of images (but for the gradient of the
// weights, which sums over them in order), the tile or the thread. run() allocates nothing; any
// thread may call it with scratch of its own (64-byte aligned).
#ifndef CASTALIA_CPP_RUNTIME_CPU_LOCALLY_CONNECTED_H_
#define CASTALIA_CPP_RUNTIME_CPU_LOCALLY_CONNECTED_H_

#include <cstddef>
#include <cstdint>

#include "cpp/runtime/cpu/convolution.h"

namespace castalia::cpu {

// out[p] = sum over the taps of position p of in[p + tap] * weights[p, tap].
class LocallyConnected {
 public:
  explicit LocallyConnected(const ConvolutionShape& shape);
  int64_t tiles() const;
  template <typename T>
  size_t scratch_bytes() const;
  template <typename T>
  void run(const T* in, const T* weights, T* out, const ConvolutionEpilogue<T>& epilogue,
           std::byte* scratch, int64_t first, int64_t last) const;

 private:
  ConvolutionShape shape_;
};

// Its transpose in the images: in[i] = sum over positions and taps that see i.
class LocallyConnectedTranspose {
 public:
  explicit LocallyConnectedTranspose(const ConvolutionShape& shape);
  int64_t tiles() const;
  template <typename T>
  size_t scratch_bytes() const;
  template <typename T>
  void run(const T* out, const T* weights, T* in, const ConvolutionEpilogue<T>& epilogue,
           std::byte* scratch, int64_t first, int64_t last) const;

 private:
  ConvolutionShape shape_;
};

// The gradient of sum(g * out) for the weights.
class LocallyConnectedWeightGradient {
 public:
  explicit LocallyConnectedWeightGradient(const ConvolutionShape& shape);
  int64_t tiles() const;
  template <typename T>
  size_t scratch_bytes() const;
  template <typename T>
  void run(const T* in, const T* g, T* weights, const ConvolutionEpilogue<T>& epilogue,
           std::byte* scratch, int64_t first, int64_t last) const;

 private:
  ConvolutionShape shape_;
};

}  // namespace castalia::cpu

#endif  // CASTALIA_CPP_RUNTIME_CPU_LOCALLY_CONNECTED_H_
