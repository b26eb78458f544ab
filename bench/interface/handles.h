// Objects of the C interface that are destroyed with their owner, and errors as exceptions.
#ifndef CASTALIA_BENCH_INTERFACE_HANDLES_H_
#define CASTALIA_BENCH_INTERFACE_HANDLES_H_

#include <stdexcept>

#include "capi/castalia.h"

namespace castalia::bench {

inline void require(castalia_status status) {
  if (status != CASTALIA_OK) throw std::runtime_error(castalia_last_error());
}

template <typename Object, castalia_status (*destroy)(Object*)>
class Owned {
 public:
  Owned() = default;
  Owned(const Owned&) = delete;
  Owned& operator=(const Owned&) = delete;
  ~Owned() { destroy(object_); }
  Object** out() { return &object_; }
  operator Object*() const { return object_; }

 private:
  Object* object_ = nullptr;
};

using Context = Owned<castalia_context, castalia_context_destroy>;
using Config = Owned<castalia_config, castalia_config_destroy>;
using Model = Owned<castalia_model, castalia_model_destroy>;
using Dataset = Owned<castalia_dataset, castalia_dataset_destroy>;
using Trainer = Owned<castalia_trainer, castalia_trainer_destroy>;

}  // namespace castalia::bench

#endif  // CASTALIA_BENCH_INTERFACE_HANDLES_H_
