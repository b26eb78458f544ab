#include "capi/call.h"

#include <utility>

namespace castalia::capi {
namespace {

thread_local std::string last_error;
thread_local std::string lent;
// Where there is no memory even for the message.
thread_local const char* last_error_text = "";

}  // namespace

castalia_status remember(Code code, const char* message) noexcept {
  try {
    last_error = message;
    last_error_text = last_error.c_str();
  } catch (...) {
    last_error_text = "no memory";
  }
  return static_cast<castalia_status>(code);
}

const char* lend(std::string text) {
  lent = std::move(text);
  return lent.c_str();
}

extern "C" CASTALIA_API const char* castalia_last_error(void) { return last_error_text; }

extern "C" CASTALIA_API const char* castalia_status_name(castalia_status status) {
  return name(static_cast<Code>(status));
}

}  // namespace castalia::capi
