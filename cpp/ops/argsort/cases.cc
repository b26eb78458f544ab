#include "cpp/ops/order_cases.h"

namespace castalia {

std::vector<Case> argsort_cases() { return sorting_cases(); }

}  // namespace castalia
