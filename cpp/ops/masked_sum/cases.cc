#include "cpp/ops/mask_cases.h"

namespace castalia {

std::vector<Case> masked_sum_cases() { return masked_pooling_cases(); }

}  // namespace castalia
