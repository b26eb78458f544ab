// The search for the operator that gave NaN.
#ifndef CASTALIA_CPP_RUNTIME_NOT_FINITE_H_
#define CASTALIA_CPP_RUNTIME_NOT_FINITE_H_

#include <cstddef>
#include <string>

#include "cpp/compile/program.h"

namespace castalia {

// Is shown every output of every step, in order.
class NotFiniteSearch {
 public:
  // Whether this one, whose elements lie on the host at `data`, holds a NaN.
  bool found_nan(const Step& step, size_t output, const void* data);
  // "operator 'log' at coupling 3 / conditioner": of the NaN, or else of the first infinity; empty
  // when all were finite.
  const std::string& place() const { return place_; }

 private:
  std::string place_;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_RUNTIME_NOT_FINITE_H_
