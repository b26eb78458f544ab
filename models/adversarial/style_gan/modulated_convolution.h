// Convolutions whose kernels every image scales for itself.
#ifndef CASTALIA_MODELS_ADVERSARIAL_STYLE_GAN_MODULATED_CONVOLUTION_H_
#define CASTALIA_MODELS_ADVERSARIAL_STYLE_GAN_MODULATED_CONVOLUTION_H_

#include <cstdint>
#include <string>

#include "cpp/graph/graph.h"
#include "cpp/nn/network.h"

namespace castalia {

struct ModulatedConvolutionOptions {
  int64_t channels = 1;  // of the result
  int64_t kernel = 3;    // along every axis; odd
  bool demodulates = true;
};

// The convolution of images (rows, extents..., inputs) that keeps their extents, by the kernel
//   k'[tap, i, o] = s[i] k[tap, i, o],
// where s = 1 + a linear map of the row's style, (rows, any); demodulated it is divided by the root
// of the sum of its squares over taps and inputs (arXiv:1912.04958). It is computed with one kernel
// for all rows, scaling images and results instead. The parameters are NAME.weight of shape
// (kernel..., inputs, channels), NAME.style.weight and NAME.style.bias. No bias is added.
Value modulated_convolution(Trace& trace, const std::string& name, Value images, Value style,
                            const ModulatedConvolutionOptions& options);

}  // namespace castalia

#endif  // CASTALIA_MODELS_ADVERSARIAL_STYLE_GAN_MODULATED_CONVOLUTION_H_
