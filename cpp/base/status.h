// Errors. Inside the library an error is an exception of type Error; the C ABI turns it into a
// status and a message. A message names the cause and the thing that is wrong (field, column,
// file).
#ifndef CASTALIA_CPP_BASE_STATUS_H_
#define CASTALIA_CPP_BASE_STATUS_H_

#include <stdexcept>
#include <string>
#include <utility>

#include "cpp/base/text.h"

namespace castalia {

// One value a kind of error that a caller can act on; the values are those of castalia_status.
enum class Code {
  ok = 0,
  invalid_argument = 1,  // a null pointer, a wrong type, a value that makes no sense
  invalid_handle = 2,    // destroyed, never created, or of another kind
  not_found = 3,         // unknown architecture, field, data set
  out_of_range = 4,      // outside the allowed range, which the message states
  shape_mismatch = 5,    // rank or extents do not fit; both are in the message
  dtype_mismatch = 6,    // element type is not one that this call takes
  not_finite = 7,        // NaN or infinity in data; row and column are in the message
  empty_data = 8,        // no rows, or fewer than the work needs
  io_error = 9,          // the operating system refused; its words are in the message
  corrupt_file = 10,     // truncated, flipped bytes, absurd lengths
  newer_version = 11,    // a file from a later release
  out_of_memory = 12,
  busy = 13,             // the object is in use by another call
  cancelled = 14,        // a progress callback asked to stop
  callback_failed = 15,  // a callback of the caller's reported an error
  unsupported = 16,      // the model has no such capability
  device_unavailable = 17,
  numerical = 18,  // the computation gave NaN or infinity; step and operator are in the message
  internal = 19,   // a fault in Castalia
};

// The name of a code as it stands in the C header, without its prefix: "INVALID_ARGUMENT".
const char* name(Code code);

class Error : public std::runtime_error {
 public:
  Error(Code code, const std::string& message) : std::runtime_error(message), code_(code) {}
  Code code() const { return code_; }

 private:
  Code code_;
};

// Throws Error; the parts are written one after another.
template <typename... Parts>
[[noreturn]] void fail(Code code, const Parts&... parts) {
  throw Error(code, text(parts...));
}

// A fault in Castalia itself when the condition does not hold.
template <typename... Parts>
void check(bool condition, const Parts&... parts) {
  if (!condition) [[unlikely]]
    fail(Code::internal, parts...);
}

}  // namespace castalia

#endif  // CASTALIA_CPP_BASE_STATUS_H_
