#include "cpp/ops/segment_cases.h"

namespace castalia {

std::vector<Case> segment_max_cases() { return segment_cases(); }

}  // namespace castalia
