#include "cpp/ops/segment_cases.h"

namespace castalia {

std::vector<Case> segment_sum_cases() { return segment_cases(); }

}  // namespace castalia
