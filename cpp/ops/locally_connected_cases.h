// The cases that locally connected layers and their gradients share.
#ifndef CASTALIA_CPP_OPS_LOCALLY_CONNECTED_CASES_H_
#define CASTALIA_CPP_OPS_LOCALLY_CONNECTED_CASES_H_

#include <vector>

#include "cpp/ops/cases.h"

namespace castalia {

struct LocallyConnectedCase {
  Shape images;
  Shape weights;
  Attributes attributes;  // those of locally_connected
  Shape positions;        // of its result
};

std::vector<LocallyConnectedCase> locally_connected_sample();

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_LOCALLY_CONNECTED_CASES_H_
