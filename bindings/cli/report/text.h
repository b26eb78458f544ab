// Text for the page and the terminal: numbers as people write them, and text from files made safe.
#ifndef CASTALIA_BINDINGS_CLI_REPORT_TEXT_H_
#define CASTALIA_BINDINGS_CLI_REPORT_TEXT_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace castalia_cli::report {

// Text as it may stand in an element or a quoted attribute, in HTML and XML alike. Control
// characters and what is not UTF-8, which neither can hold, become U+FFFD.
std::string escaped(std::string_view text);

// "0.01234", "−3.2×10⁻⁷": so many significant digits, without trailing zeros. What is not finite is
// a dash: nobody can read off a NaN.
std::string number(double value, int digits = 4);

// "0.0123 ± 0.0021", "(1.23 ± 0.21)×10⁻⁷": the error with two digits, the value to the same place.
// The value alone where the error is not known.
std::string measured(double value, double error);

// "12,345".
std::string count(int64_t value);

// "2.7 σ".
std::string sigmas(double deviation);

// "layer 0 energy" from "layer_0_energy".
std::string spoken(std::string_view name);

// A coordinate in a drawing: two decimals at most, nothing else than digits, point and minus.
std::string coordinate(double value);

// How many columns of a terminal the text takes, and the text with spaces up to a width.
int64_t width_of(std::string_view text);
std::string padded(std::string_view text, int64_t width, bool right = false);

}  // namespace castalia_cli::report

#endif  // CASTALIA_BINDINGS_CLI_REPORT_TEXT_H_
