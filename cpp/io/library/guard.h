// The border of libcastalia_io.so: exceptions become a code and a message.
#ifndef CASTALIA_CPP_IO_LIBRARY_GUARD_H_
#define CASTALIA_CPP_IO_LIBRARY_GUARD_H_

#include <cstdint>
#include <cstdio>
#include <exception>
#include <new>

#include "cpp/base/status.h"
#include "cpp/io/io_library.h"

namespace castalia {

inline int32_t report(CastaliaIoError* error, Code code, const char* message) noexcept {
  std::snprintf(error->message, sizeof error->message, "%s", message);
  return static_cast<int32_t>(code);
}

template <typename Body>
int32_t guarded(CastaliaIoError* error, Body body) noexcept {
  try {
    body();
    return 0;
  } catch (const Error& caught) {
    return report(error, caught.code(), caught.what());
  } catch (const std::bad_alloc&) {
    return report(error, Code::out_of_memory, "out of memory");
  } catch (const std::exception& caught) {
    return report(error, Code::internal, caught.what());
  } catch (...) {
    return report(error, Code::internal, "an exception of unknown type");
  }
}

}  // namespace castalia

#endif  // CASTALIA_CPP_IO_LIBRARY_GUARD_H_
