#include "capi/call.h"

#include <algorithm>
#include <cstdint>
#include <string_view>
#include <utility>

namespace castalia::capi {
namespace {

thread_local std::string last_error;
thread_local std::string lent;
// Where there is no memory even for the message.
thread_local const char* last_error_text = "";

// The bytes of the UTF-8 character that the text begins with; 0 where there is none.
size_t character_bytes(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return 1;
  const size_t bytes = first < 0xC2   ? 0
                       : first < 0xE0 ? 2
                       : first < 0xF0 ? 3
                       : first < 0xF5 ? 4
                                      : 0;
  if (bytes == 0 || text.size() < bytes) return 0;
  // What would be overlong, a surrogate, or above the last character.
  if (first == 0xE0 && byte(1) < 0xA0) return 0;
  if (first == 0xED && byte(1) >= 0xA0) return 0;
  if (first == 0xF0 && byte(1) < 0x90) return 0;
  if (first == 0xF4 && byte(1) >= 0x90) return 0;
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
  }
  return bytes;
}

// Messages quote what they are about, which a damaged file can make anything, of any length.
std::string readable(std::string_view message) {
  constexpr size_t kLongest = 2000;
  std::string text;
  while (!message.empty()) {
    if (text.size() > kLongest) return text + "...";
    const size_t bytes = character_bytes(message);
    if (bytes == 0) {
      text += '?';
    } else {
      text += message.substr(0, bytes);
    }
    message.remove_prefix(std::max<size_t>(1, bytes));
  }
  return text;
}

}  // namespace

castalia_status remember(Code code, const char* message) noexcept {
  try {
    last_error = readable(message);
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
