// Weights in the forms in which kernels read them, made once and shared.
#ifndef CASTALIA_CPP_RUNTIME_PREPARED_OPERANDS_H_
#define CASTALIA_CPP_RUNTIME_PREPARED_OPERANDS_H_

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "cpp/compile/program.h"

namespace castalia {

class AlignedBuffer;

// For one set of states: those that a model's Programs are bound to. Any thread.
class PreparedOperands {
 public:
  // The form of this operand, which lies at `source`: made by the first who asks, and kept as long
  // as somebody holds it or this does. Errors: out_of_memory.
  std::shared_ptr<const AlignedBuffer> get(const Preparation& preparation, const std::byte* source);
  // The states have changed: what is asked for from now on is made anew.
  void clear();
  // What is kept, padding included.
  size_t bytes() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const AlignedBuffer>> forms_;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_RUNTIME_PREPARED_OPERANDS_H_
