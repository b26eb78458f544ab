// The attributes of autoregressive_inverse, which carry those of another operator.
#ifndef CASTALIA_CPP_OPS_AUTOREGRESSIVE_ATTRIBUTES_H_
#define CASTALIA_CPP_OPS_AUTOREGRESSIVE_ATTRIBUTES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "cpp/graph/attributes.h"
#include "cpp/graph/operator.h"

namespace castalia {

struct AutoregressiveInverse {
  const Operator* op = nullptr;
  Attributes attributes;
};

Attributes autoregressive_attributes(const std::vector<int64_t>& degrees,
                                     const std::string& activation, const std::string& inverse,
                                     const Attributes& inverse_attributes);
// The operator that inverts one feature, back from there.
AutoregressiveInverse autoregressive_inverse_of(const Attributes& attributes);

}  // namespace castalia

#endif  // CASTALIA_CPP_OPS_AUTOREGRESSIVE_ATTRIBUTES_H_
