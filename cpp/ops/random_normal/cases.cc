#include "cpp/ops/random_cases.h"

namespace castalia {

std::vector<Case> random_normal_cases() { return drawing_cases(); }

}  // namespace castalia
