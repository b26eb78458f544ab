#include "cpp/ops/convolution_cases.h"

namespace castalia {

std::vector<Case> convolution_transpose_cases() {
  std::vector<Case> cases;
  for (const ConvolutionCase& one : convolution_sample()) {
    Attributes attributes = one.attributes;
    attributes.set("extents", spatial_extents(one.images));
    cases.push_back({{{one.positions}, {one.weights}}, attributes});
  }
  return cases;
}

}  // namespace castalia
