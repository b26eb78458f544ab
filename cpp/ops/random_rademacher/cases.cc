#include "cpp/ops/random_cases.h"

namespace castalia {

std::vector<Case> random_rademacher_cases() { return drawing_cases(); }

}  // namespace castalia
