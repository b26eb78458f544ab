#include "cpp/ops/pooling_cases.h"

namespace castalia {

std::vector<Case> average_pool_cases() {
  std::vector<Case> cases;
  for (const PoolingCase& one : pooling_sample()) {
    for (const int64_t divisor : {0, 1, 2}) {
      Attributes attributes = one.attributes;
      attributes.set("divisor", divisor);
      cases.push_back({{{one.images}}, attributes});
    }
  }
  return cases;
}

}  // namespace castalia
