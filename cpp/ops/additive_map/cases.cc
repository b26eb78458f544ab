#include "cpp/ops/monotone_cases.h"

namespace castalia {

std::vector<Case> additive_map_cases() { return monotone_cases({}, 1); }

}  // namespace castalia
