// Convolutional layers on images (rows, spatial..., channels) with one to three spatial axes.
#ifndef CASTALIA_CPP_NN_CONVOLUTION_H_
#define CASTALIA_CPP_NN_CONVOLUTION_H_

#include <cstdint>
#include <string>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/nn/network.h"
#include "cpp/ops/window.h"

namespace castalia {

struct ConvolutionOptions {
  int64_t channels = 1;              // of the result
  std::vector<int64_t> kernel = {};  // one extent for each spatial axis
  Window window = {};
  int64_t groups = 1;
  bool bias = true;
  Initializer weight = Initializer::he_uniform;
  bool spectral = false;  // the weights of a convolution() are spectrally_normalised()
};

// A convolution and a bias. The parameters are NAME.weight, of shape (kernel..., channels of the
// images / groups, channels), and NAME.bias, of shape (channels), first zero. Errors as the
// operator's.
Value convolution(Trace& trace, const std::string& name, Value images,
                  const ConvolutionOptions& options);

// A transposed convolution and a bias: it enlarges by the stride. NAME.weight has the shape
// (kernel..., channels / groups, channels of the images). For output_padding see the operator.
Value convolution_transpose(Trace& trace, const std::string& name, Value images,
                            const ConvolutionOptions& options,
                            const std::vector<int64_t>& output_padding = {});

// A locally connected layer and a bias: a convolution without groups whose weights are other ones
// at every place of the result. NAME.weight holds a matrix (taps * channels of the images,
// channels) for each place, one behind the other, and has the shape (taps * channels of the images,
// places * channels): what its first values follow from. NAME.bias has the shape (places...,
// channels). Errors as the operator's.
Value locally_connected(Trace& trace, const std::string& name, Value images,
                        const ConvolutionOptions& options);

}  // namespace castalia

#endif  // CASTALIA_CPP_NN_CONVOLUTION_H_
