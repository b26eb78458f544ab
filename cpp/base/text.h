// Small text tools for messages.
#ifndef CASTALIA_CPP_BASE_TEXT_H_
#define CASTALIA_CPP_BASE_TEXT_H_

#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace castalia {

// The parts written one after another.
template <typename... Parts>
std::string text(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

// "a, b, c"
std::string join(std::span<const std::string> parts, std::string_view separator = ", ");

// The candidate with the smallest edit distance to the word; empty when none is near enough to be a
// likely misspelling.
std::string nearest(std::string_view word, std::span<const std::string> candidates);

// "; did you mean 'x'?" for a likely misspelling, else "; known: a, b, c".
std::string suggestion(std::string_view word, std::span<const std::string> candidates);

}  // namespace castalia

#endif  // CASTALIA_CPP_BASE_TEXT_H_
