#include "cpp/ops/pooling_cases.h"

namespace castalia {

std::vector<Case> average_pool_transpose_cases() {
  std::vector<Case> cases;
  for (const PoolingCase& one : pooling_sample()) {
    for (const int64_t divisor : {0, 1, 2}) {
      Attributes attributes = one.attributes;
      attributes.set("divisor", divisor);
      attributes.set("extents", spatial_extents(one.images));
      cases.push_back({{{one.pooled}}, attributes});
    }
  }
  return cases;
}

}  // namespace castalia
