// What every entry of the C interface does: it keeps the host's floating-point environment, lets no
// exception out, and remembers the message of an error for its thread.
#ifndef CASTALIA_CAPI_CALL_H_
#define CASTALIA_CAPI_CALL_H_

#include <exception>
#include <new>
#include <string>

#include "capi/castalia.h"
#include "cpp/base/fp_environment.h"
#include "cpp/base/status.h"

namespace castalia::capi {

castalia_status remember(Code code, const char* message) noexcept;

// Text that belongs to the library until this thread's next call that gives text back.
const char* lend(std::string text);

template <typename Body>
castalia_status call(Body&& body) noexcept {
  const FpEnvironment environment;
  try {
    body();
    return CASTALIA_OK;
  } catch (const Error& error) {
    return remember(error.code(), error.what());
  } catch (const std::bad_alloc&) {
    return remember(Code::out_of_memory, "no memory");
  } catch (const std::exception& error) {
    return remember(Code::internal, error.what());
  } catch (...) {
    return remember(Code::internal, "an exception of unknown type");
  }
}

// A pointer argument that must not be null.
template <typename T>
T& required(T* pointer, const char* name) {
  if (pointer == nullptr) fail(Code::invalid_argument, name, " is NULL");
  return *pointer;
}

// A call that makes an object: *out is null unless it succeeds.
template <typename Handle, typename Body>
castalia_status call_making(Handle** out, Body&& body) noexcept {
  if (out != nullptr) *out = nullptr;
  return call([&] {
    required(out, "out");  // before anything is made that nobody could destroy
    *out = body();
  });
}

}  // namespace castalia::capi

#endif  // CASTALIA_CAPI_CALL_H_
