// Handles: numbers that stand for objects. A handle is an index and a generation, so that one that
// was destroyed is recognised for ever after, in release builds too.
#ifndef CASTALIA_CAPI_HANDLES_H_
#define CASTALIA_CAPI_HANDLES_H_

#include <cstdint>
#include <memory>

#include "cpp/base/status.h"

namespace castalia::capi {

enum class Kind : uint8_t {
  context = 1,
  config,
  dataset,
  model,
  sampler,
  trainer,
  event_writer,
  target,
  surrogate
};
const char* name(Kind kind);

// Untyped; any thread may call. Looking up locks one slot for some nanoseconds and nothing else.
uint64_t handle_create(Kind kind, std::shared_ptr<void> object);
// The object lives at least as long as the result. Error (invalid_handle).
std::shared_ptr<void> handle_get(Kind kind, uint64_t handle);
void handle_retain(Kind kind, uint64_t handle);
void handle_destroy(Kind kind, uint64_t handle);  // 0: nothing happens

// Each object type states its kind and the opaque type that C sees.
template <typename Object>
typename Object::Handle* to_handle(std::shared_ptr<Object> object) {
  const uint64_t handle = handle_create(Object::kKind, std::move(object));
  return reinterpret_cast<typename Object::Handle*>(static_cast<uintptr_t>(handle));
}

template <typename Object>
std::shared_ptr<Object> from_handle(const typename Object::Handle* handle) {
  return std::static_pointer_cast<Object>(
      handle_get(Object::kKind, reinterpret_cast<uintptr_t>(handle)));
}

}  // namespace castalia::capi

#endif  // CASTALIA_CAPI_HANDLES_H_
