// All operators, gathered from the folders.
#ifndef CASTALIA_CPP_OPS_REGISTRY_H_
#define CASTALIA_CPP_OPS_REGISTRY_H_

#include <span>
#include <string>

#include "cpp/graph/operator.h"

namespace castalia {

// In the order of their names.
std::span<const Operator* const> all_operators();
// Null when there is none of this name.
const Operator* find_operator(const std::string& name);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_REGISTRY_H_
