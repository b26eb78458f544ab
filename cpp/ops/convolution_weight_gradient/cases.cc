#include "cpp/ops/convolution_cases.h"

namespace castalia {

std::vector<Case> convolution_weight_gradient_cases() {
  std::vector<Case> cases;
  for (const ConvolutionCase& one : convolution_sample()) {
    Attributes attributes = one.attributes;
    attributes.set("kernel", std::vector<int64_t>(one.weights.begin(), one.weights.end() - 2));
    cases.push_back({{{one.images}, {one.positions}}, attributes});
  }
  return cases;
}

}  // namespace castalia
