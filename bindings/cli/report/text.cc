#include "bindings/cli/report/text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace castalia_cli::report {
namespace {

constexpr const char* kDash = "–";
constexpr const char* kMinus = "−";
constexpr const char* kUnreadable = "\xEF\xBF\xBD";  // U+FFFD

// The bytes of the character of UTF-8 at the start of `text`; 0 where there is none. Overlong
// forms, surrogates and what lies beyond U+10FFFF are none.
size_t character_at(std::string_view text) {
  const auto byte = [&](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto follows = [&](size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  const unsigned first = byte(0), second = byte(1);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool overlong = first == 0xE0 && second < 0xA0;
    const bool surrogate = first == 0xED && second > 0x9F;
    return follows(1) && follows(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool overlong = first == 0xF0 && second < 0x90;
    const bool beyond = first == 0xF4 && second > 0x8F;
    return follows(1) && follows(2) && follows(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

std::string print(const char* format, int precision, double value) {
  std::array<char, 512> buffer;
  const int size = std::snprintf(buffer.data(), buffer.size(), format, precision, value);
  return {buffer.data(), static_cast<size_t>(std::clamp(size, 0, 511))};
}

// With a minus sign that is one, and never "-0".
std::string fixed(double value, int decimals) {
  std::string out = print("%.*f", std::max(decimals, 0), value);
  if (out[0] != '-') return out;
  out.erase(0, 1);
  return out.find_first_not_of("0.") == std::string::npos ? out : kMinus + out;
}

void drop_trailing_zeros(std::string& text) {
  if (text.find('.') == std::string::npos) return;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
}

std::string power_of_ten(int exponent) {
  static constexpr const char* kDigits[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string out = exponent < 0 ? "×10⁻" : "×10";
  for (const char digit : std::to_string(std::abs(exponent))) out += kDigits[digit - '0'];
  return out;
}

// The exponent of the value once it is rounded to so many digits.
int exponent_of(double value, int digits) {
  const std::string text = print("%.*e", digits - 1, value);
  return std::stoi(text.substr(text.find('e') + 1));
}

bool wants_exponent(int exponent) { return exponent < -4 || exponent > 5; }

}  // namespace

std::string escaped(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    const size_t bytes = character_at(text.substr(at));
    const char first = text[at];
    const bool control = bytes == 1 && (static_cast<unsigned char>(first) < 0x20 || first == 0x7F);
    const bool white = first == '\n' || first == '\t';
    // U+FFFE and U+FFFF are UTF-8, but no characters.
    const std::string_view whole = text.substr(at, std::max<size_t>(bytes, 1));
    const bool none = whole == "\xEF\xBF\xBE" || whole == "\xEF\xBF\xBF";
    if (bytes == 0 || none || (control && !white)) {
      out += kUnreadable;
    } else if (first == '&') {
      out += "&amp;";
    } else if (first == '<') {
      out += "&lt;";
    } else if (first == '>') {
      out += "&gt;";
    } else if (first == '"') {
      out += "&quot;";
    } else if (first == '\'') {
      out += "&#39;";
    } else {
      out += whole;
    }
    at += whole.size();
  }
  return out;
}

std::string number(double value, int digits) {
  if (!std::isfinite(value)) return kDash;
  if (value == 0) return "0";
  const int exponent = exponent_of(value, digits);
  std::string out;
  if (wants_exponent(exponent)) {
    const std::string text = print("%.*e", digits - 1, value);
    out = text.substr(0, text.find('e'));
  } else {
    out = print("%.*f", std::max(digits - 1 - exponent, 0), value);
  }
  drop_trailing_zeros(out);
  if (out[0] == '-') out.replace(0, 1, kMinus);
  return wants_exponent(exponent) ? out + power_of_ten(exponent) : out;
}

std::string measured(double value, double error) {
  if (!std::isfinite(value)) return kDash;
  if (!std::isfinite(error) || error <= 0) return number(value);
  const double greatest = std::max(std::fabs(value), error);
  const int leading = exponent_of(greatest, 2), last = exponent_of(error, 2) - 1;
  // An error that is thousands of times smaller than the value, or the other way round.
  if (leading - last > 9) return number(value, 9) + " ± " + number(error, 2);
  if (!wants_exponent(leading)) return fixed(value, -last) + " ± " + fixed(error, -last);
  // 10^leading itself may be beyond the range of a double.
  const auto scaled = [&](double x) {
    return x / std::pow(10.0, leading / 2) / std::pow(10.0, leading - leading / 2);
  };
  return "(" + fixed(scaled(value), leading - last) + " ± " + fixed(scaled(error), leading - last) +
         ")" + power_of_ten(leading);
}

std::string count(int64_t value) {
  std::string out = std::to_string(value);
  const int64_t first = value < 0 ? 1 : 0;
  for (auto at = static_cast<int64_t>(out.size()) - 3; at > first; at -= 3) {
    out.insert(static_cast<size_t>(at), ",");
  }
  return out;
}

std::string sigmas(double deviation) {
  if (!std::isfinite(deviation)) return kDash;
  if (std::fabs(deviation) >= 100) return number(deviation, 3) + " σ";
  return fixed(deviation, 1) + " σ";
}

std::string spoken(std::string_view name) {
  std::string out(name);
  std::replace(out.begin(), out.end(), '_', ' ');
  return out;
}

std::string coordinate(double value) {
  // A drawing is some hundred units wide; what lies far outside is cut off there anyway.
  if (!std::isfinite(value)) value = 0;
  std::string out = print("%.*f", 2, std::clamp(value, -1e5, 1e5));
  drop_trailing_zeros(out);
  return out == "-0" ? "0" : out;
}

int64_t width_of(std::string_view text) {
  return std::count_if(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; });
}

std::string padded(std::string_view text, int64_t width, bool right) {
  const std::string space(static_cast<size_t>(std::max<int64_t>(width - width_of(text), 0)), ' ');
  return right ? space + std::string(text) : std::string(text) + space;
}

}  // namespace castalia_cli::report
