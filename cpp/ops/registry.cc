#include "cpp/ops/registry.h"

namespace castalia {

const Operator* find_operator(const std::string& name) {
  for (const Operator* op : all_operators()) {
    if (op->name == name) return op;
  }
  return nullptr;
}

}  // namespace castalia
