// The windows that the cases of all pooling operators share.
#ifndef CASTALIA_CPP_OPS_POOLING_CASES_H_
#define CASTALIA_CPP_OPS_POOLING_CASES_H_

#include <vector>

#include "cpp/ops/cases.h"
#include "cpp/ops/window.h"

namespace castalia {

struct PoolingCase {
  Shape images;
  Attributes attributes;  // the window and its "kernel"
  Shape pooled;
};

std::vector<PoolingCase> pooling_sample();

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_POOLING_CASES_H_
