#include "cpp/ops/monotone_cases.h"

namespace castalia {

std::vector<Case> squared_map_inverse_cases() { return monotone_cases({}, 5); }

}  // namespace castalia
