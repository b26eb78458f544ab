#include "cpp/ops/pooling_cases.h"

namespace castalia {

std::vector<Case> max_pool_cases() {
  std::vector<Case> cases;
  for (const PoolingCase& one : pooling_sample()) {
    cases.push_back({{{one.images}, {one.images}}, one.attributes});
  }
  // Ties: the places are those of whole numbers, which are not differentiated with respect to.
  const PoolingCase tied = pooling_sample()[3];
  cases.push_back(
      {{{.shape = tied.images, .domain = {.low = -1, .high = 1, .integral = true}}, {tied.images}},
       tied.attributes});
  return cases;
}

}  // namespace castalia
