// The cases that convolution, its transpose and its gradient for the weights share.
#ifndef CASTALIA_CPP_OPS_CONVOLUTION_CASES_H_
#define CASTALIA_CPP_OPS_CONVOLUTION_CASES_H_

#include <vector>

#include "cpp/ops/cases.h"
#include "cpp/ops/window.h"

namespace castalia {

struct ConvolutionCase {
  Shape images;
  Shape weights;
  Attributes attributes;  // those of convolution
  Shape positions;        // of its result
};

std::vector<ConvolutionCase> convolution_sample();

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_CONVOLUTION_CASES_H_
