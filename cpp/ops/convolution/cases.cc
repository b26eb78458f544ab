#include "cpp/ops/convolution_cases.h"

namespace castalia {

std::vector<Case> convolution_cases() {
  std::vector<Case> cases;
  for (const ConvolutionCase& one : convolution_sample()) {
    cases.push_back({{{one.images}, {one.weights}}, one.attributes});
  }
  return cases;
}

}  // namespace castalia
