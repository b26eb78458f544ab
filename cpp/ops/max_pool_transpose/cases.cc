#include "cpp/ops/pooling_cases.h"

namespace castalia {

std::vector<Case> max_pool_transpose_cases() {
  std::vector<Case> cases;
  for (const PoolingCase& one : pooling_sample()) {
    cases.push_back({{{one.images}, {one.pooled}}, one.attributes});
  }
  const PoolingCase tied = pooling_sample()[3];
  cases.push_back(
      {{{.shape = tied.images, .domain = {.low = -1, .high = 1, .integral = true}}, {tied.pooled}},
       tied.attributes});
  return cases;
}

}  // namespace castalia
