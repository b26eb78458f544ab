// What a graph knows of a tensor before it runs: element type and shape.
#ifndef CASTALIA_CPP_GRAPH_TENSOR_TYPE_H_
#define CASTALIA_CPP_GRAPH_TENSOR_TYPE_H_

#include <cstddef>
#include <iosfwd>

#include "cpp/base/dtype.h"
#include "cpp/base/shape.h"

namespace castalia {

struct TensorType {
  DType dtype = DType::float32;
  Shape shape;

  size_t bytes() const { return static_cast<size_t>(shape.count()) * size_of(dtype); }
  bool operator==(const TensorType& other) const = default;
};

std::ostream& operator<<(std::ostream& out, const TensorType& type);  // "float32[1024, 9]"

}  // namespace castalia

#endif  // CASTALIA_CPP_GRAPH_TENSOR_TYPE_H_
