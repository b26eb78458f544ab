#include "cpp/ops/order_cases.h"

namespace castalia {

std::vector<Case> arg_top_k_cases() { return largest_cases(); }

}  // namespace castalia
