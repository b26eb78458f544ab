#include "cpp/prob/preprocessing.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numbers>
#include <string_view>

#include "cpp/base/status.h"

namespace castalia {
namespace {

using Kind = PreprocessingStep::Kind;
using std::numbers::pi;

constexpr double kInfinity = std::numeric_limits<double>::infinity();
// Of a preprocessed value. What is not larger than kOrdinary before is not computed to see that.
constexpr double kLargest = 1e15;
constexpr double kOrdinary = 1e9;
// The largest argument of a logistic function whose value float64 tells from 1.
constexpr double kSmallestShare = 4.6588861451034e-15;  // 1 / (1 + exp(33))

// How a step is written.
struct StepForm {
  std::string name;
  Kind kind;
  std::vector<size_t> argument_counts;
  const char* usage;
};

const std::vector<StepForm>& step_forms() {
  static const std::vector<StepForm> forms = {
      {"standardise", Kind::affine, {0}, "standardise"},
      {"affine", Kind::affine, {2}, "affine(shift, scale)"},
      {"interval", Kind::affine, {0, 2}, "interval or interval(low, high)"},
      {"log", Kind::log, {0, 1}, "log or log(offset)"},
      {"logit", Kind::logit, {2}, "logit(low, high)"},
      {"angle", Kind::angle, {0, 1}, "angle or angle(centre)"},
      {"breit_wigner",
       Kind::breit_wigner,
       {2, 4},
       "breit_wigner(mass, width) or breit_wigner(mass, width, low, high)"},
      {"sigmoid", Kind::sigmoid, {0}, "sigmoid"},
  };
  return forms;
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

// Cuts at each separator and trims the parts.
std::vector<std::string_view> parts(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  for (size_t first = 0; first <= text.size();) {
    const size_t last = std::min(text.find(separator, first), text.size());
    out.push_back(trimmed(text.substr(first, last - first)));
    first = last + 1;
  }
  return out;
}

// Constants that follow from the arguments alone; empty when the step must see data.
std::vector<double> constants_from_arguments(const PreprocessingStep& step) {
  const std::vector<double>& a = step.arguments;
  switch (step.kind) {
    case Kind::affine:
      if (step.name == "affine") return a;
      if (a.size() == 2) return {0.5 * (a[0] + a[1]), 0.5 * (a[1] - a[0])};
      return {};
    case Kind::log: return {a.empty() ? 0.0 : a[0]};
    case Kind::logit:
    case Kind::angle: return a;
    case Kind::breit_wigner: {
      const double half = 0.5 * a[1];
      if (a.size() == 2) return {a[0], half, -0.5 * pi, 0.5 * pi};
      return {a[0], half, std::atan((a[2] - a[0]) / half), std::atan((a[3] - a[0]) / half)};
    }
    case Kind::sigmoid: return {};
  }
  return {};
}

bool is_fitted(const PreprocessingStep& step) {
  return step.kind == Kind::sigmoid || !step.constants.empty();
}

class Parser {
 public:
  Parser(const std::string& what, size_t column)
      : where_(text("preprocessing of ", what, " column ", column)) {}

  std::vector<PreprocessingStep> chain(std::string_view chain) const {
    std::vector<PreprocessingStep> steps;
    for (const std::string_view part : parts(chain, ';')) {
      if (!part.empty() && part != "none") steps.push_back(step(part));
    }
    return steps;
  }

  PreprocessingStep step(std::string_view written) const {
    const size_t bracket = written.find('(');
    const std::string name(trimmed(written.substr(0, bracket)));
    const StepForm& form = find(name);
    PreprocessingStep step{form.kind, name, {}, {}};
    if (bracket != std::string_view::npos) {
      if (written.back() != ')') {
        fail(Code::invalid_argument, where_, ": '", written,
             "' has no closing bracket; usage: ", form.usage);
      }
      const std::string_view inside =
          trimmed(written.substr(bracket + 1, written.size() - bracket - 2));
      if (!inside.empty()) {
        for (const std::string_view part : parts(inside, ',')) {
          step.arguments.push_back(number(part, form));
        }
      }
    }
    finish(step);
    return step;
  }

  // Checks the arguments and computes the constants that follow from them.
  void finish(PreprocessingStep& step) const {
    const StepForm& form = find(step.name);
    step.kind = form.kind;
    const std::vector<double>& a = step.arguments;
    if (std::find(form.argument_counts.begin(), form.argument_counts.end(), a.size()) ==
        form.argument_counts.end()) {
      fail(Code::invalid_argument, where_, ": ", step.name, " with ", a.size(),
           a.size() == 1 ? " argument" : " arguments", "; usage: ", form.usage);
    }
    for (const double argument : a) {
      if (!std::isfinite(argument)) {
        fail(Code::invalid_argument, where_, ": ", step.text(),
             " has an argument that is not finite");
      }
    }
    if (step.name == "affine") require(a[1] != 0, step, "scale must not be 0");
    if (step.kind == Kind::logit || step.name == "interval") {
      require(a.empty() || a[0] < a[1], step, "low must be below high");
    }
    if (step.kind == Kind::breit_wigner) {
      require(a[1] > 0, step, "width must be above 0");
      require(a.size() == 2 || a[2] < a[3], step, "low must be below high");
    }
    step.constants = constants_from_arguments(step);
  }

 private:
  const StepForm& find(const std::string& name) const {
    std::vector<std::string> names;
    for (const StepForm& form : step_forms()) {
      if (form.name == name) return form;
      names.push_back(form.name);
    }
    names.push_back("none");
    fail(Code::not_found, where_, ": unknown step '", name, "'", suggestion(name, names));
  }

  double number(std::string_view part, const StepForm& form) const {
    double value = 0;
    const char* first = part.data();
    const char* last = first + part.size();
    if (first != last && *first == '+') ++first;  // from_chars takes no plus sign
    const auto [end, error] = std::from_chars(first, last, value);
    if (error != std::errc() || end != last) {
      fail(Code::invalid_argument, where_, ": '", part, "' is not a number; usage: ", form.usage);
    }
    return value;
  }

  void require(bool condition, const PreprocessingStep& step, const char* rule) const {
    if (!condition) fail(Code::invalid_argument, where_, ": ", step.text(), ": ", rule);
  }

  std::string where_;
};

[[noreturn]] void fail_outside(const std::string& what, int64_t row, size_t column, double x,
                               const PreprocessingStep& step) {
  const auto [low, high] = step.domain();
  std::string allowed = low == -kInfinity ? text("below ", high)
                        : high == kInfinity
                            ? text("above ", low)
                            : text("between ", low, " and ", high, ", both excluded");
  fail(Code::out_of_range, what, " row ", row, ", column ", column, ": ", x,
       " is outside the domain of ", step.text(), "; allowed: ", allowed);
}

[[noreturn]] void fail_not_finite(const std::string& what, int64_t row, size_t column, double x) {
  fail(Code::not_finite, what, " row ", row, ", column ", column, ": the value is ", x);
}

bool inside(const PreprocessingStep& step, double x) {
  const auto [low, high] = step.domain();
  return x > low && x < high;
}

// Mean and standard deviation, in two passes.
std::vector<double> mean_and_deviation(std::span<const double> values) {
  const auto n = static_cast<double>(values.size());
  double sum = 0;
  for (const double x : values) sum += x;
  const double mean = sum / n;
  double squares = 0;
  for (const double x : values) squares += (x - mean) * (x - mean);
  return {mean, std::sqrt(squares / n)};
}

std::vector<double> fitted_constants(const PreprocessingStep& step, std::span<const double> values,
                                     Preprocessing::Constant constant, const std::string& what,
                                     size_t column) {
  if (step.kind == Kind::angle) {
    double sines = 0;
    double cosines = 0;
    for (const double x : values) {
      sines += std::sin(x);
      cosines += std::cos(x);
    }
    return {std::atan2(sines, cosines)};
  }
  const auto [least, greatest] = std::minmax_element(values.begin(), values.end());
  const std::vector<double> constants =
      step.name == "interval"
          ? std::vector<double>{0.5 * (*least + *greatest), 0.5 * (*greatest - *least)}
          : mean_and_deviation(values);
  if (!std::isfinite(constants[0]) || !std::isfinite(constants[1])) {
    fail(Code::out_of_range, what, " column ", column, ": values from ", *least, " to ", *greatest,
         " are too large for ", step.name);
  }
  if (constants[1] > 0 && !std::isfinite(1 / constants[1])) {
    fail(Code::out_of_range, what, " column ", column, ": values from ", *least, " to ", *greatest,
         " are too small for ", step.name);
  }
  // A spread at the level of rounding is none.
  const double magnitude = std::max(std::abs(*least), std::abs(*greatest));
  if (*greatest - *least <= 1e-13 * magnitude) {
    if (constant == Preprocessing::Constant::shifted) return {constants[0], 1.0};
    fail(Code::invalid_argument, what, " column ", column, " is constant (", *least,
         "): ", step.name,
         " cannot scale it; leave the column out or give it the preprocessing 'none'");
  }
  return constants;
}

}  // namespace

std::pair<double, double> PreprocessingStep::domain() const {
  if (kind == Kind::log) return {-constants[0], kInfinity};
  if (kind == Kind::logit) return {constants[0], constants[1]};
  if (kind == Kind::breit_wigner && arguments.size() == 4) return {arguments[2], arguments[3]};
  return {-kInfinity, kInfinity};
}

double PreprocessingStep::forward(double x) const {
  const std::vector<double>& c = constants;
  switch (kind) {
    case Kind::affine: return (x - c[0]) / c[1];
    case Kind::log: return std::log(x + c[0]);
    case Kind::logit: return std::log(x - c[0]) - std::log(c[1] - x);
    case Kind::angle: {
      const double turns = std::floor((x - c[0] + pi) / (2 * pi));
      const double wrapped = x - c[0] - 2 * pi * turns;
      const double least = 2 * pi * kSmallestShare;
      return std::log(std::max(wrapped + pi, least)) - std::log(std::max(pi - wrapped, least));
    }
    case Kind::breit_wigner: {
      const double angle = std::atan((x - c[0]) / c[1]);
      const double least = (c[3] - c[2]) * kSmallestShare;
      return std::log(std::max(angle - c[2], least)) - std::log(std::max(c[3] - angle, least));
    }
    case Kind::sigmoid: return 1 / (1 + std::exp(-x));
  }
  return x;
}

std::string PreprocessingStep::text() const {
  if (arguments.empty()) return name;
  std::string list;
  for (const double argument : arguments) {
    list += castalia::text(list.empty() ? "" : ", ", argument);
  }
  return name + "(" + list + ")";
}

Preprocessing::Preprocessing(int64_t columns, std::span<const std::string> chains, std::string what,
                             Constant constant)
    : what_(std::move(what)), constant_(constant) {
  if (!chains.empty() && static_cast<int64_t>(chains.size()) != columns) {
    fail(Code::shape_mismatch, "preprocessing of ", what_, " has ", chains.size(),
         chains.size() == 1 ? " text" : " texts", " for ", columns,
         columns == 1 ? " column" : " columns", "; give one text a column");
  }
  for (size_t column = 0; column < static_cast<size_t>(columns); ++column) {
    const Parser parser(what_, column);
    chains_.push_back(parser.chain(chains.empty() ? "standardise" : chains[column]));
  }
}

void Preprocessing::fit(std::span<const double> data) {
  const size_t width = chains_.size();
  if (width == 0) return;
  const size_t rows = data.size() / width;
  if (rows == 0) fail(Code::empty_data, what_, " has no rows to fit the preprocessing from");
  std::vector<std::vector<PreprocessingStep>> fitted = chains_;
  std::vector<double> values(rows);
  for (size_t column = 0; column < width; ++column) {
    for (size_t row = 0; row < rows; ++row) {
      values[row] = data[row * width + column];
      if (!std::isfinite(values[row])) {
        fail_not_finite(what_, static_cast<int64_t>(row), column, values[row]);
      }
    }
    for (PreprocessingStep& step : fitted[column]) {
      step.constants = constants_from_arguments(step);
      if (!is_fitted(step)) {
        step.constants = fitted_constants(step, values, constant_, what_, column);
      }
      for (size_t row = 0; row < rows; ++row) {
        if (!inside(step, values[row])) {
          fail_outside(what_, static_cast<int64_t>(row), column, values[row], step);
        }
        values[row] = step.forward(values[row]);
      }
    }
  }
  chains_ = std::move(fitted);
}

void Preprocessing::fit_without_data() {
  for (auto& chain : chains_) {
    for (PreprocessingStep& step : chain) {
      if (is_fitted(step)) continue;
      step.constants = step.kind == Kind::angle ? std::vector{0.0} : std::vector{0.0, 1.0};
    }
  }
}

bool Preprocessing::fitted() const {
  return std::all_of(chains_.begin(), chains_.end(), [](const auto& chain) {
    return std::all_of(chain.begin(), chain.end(), is_fitted);
  });
}

void Preprocessing::check(std::span<const double> data, int64_t first_row, double limit) const {
  const size_t width = chains_.size();
  if (width == 0) return;
  const size_t rows = data.size() / width;
  for (size_t column = 0; column < width; ++column) {
    const auto& chain = chains_[column];
    // Steps behind the last that restricts its input need not be computed.
    size_t needed = chain.size();
    while (limit == 0 && needed > 0) {
      const auto [low, high] = chain[needed - 1].domain();
      if (low > -kInfinity || high < kInfinity) break;
      --needed;
    }
    for (size_t row = 0; row < rows; ++row) {
      const int64_t named = first_row + static_cast<int64_t>(row);
      double x = data[row * width + column];
      if (!std::isfinite(x)) fail_not_finite(what_, named, column, x);
      const bool large = std::abs(x) > kOrdinary;
      const size_t steps = large ? chain.size() : needed;
      for (size_t i = 0; i < steps; ++i) {
        const PreprocessingStep& step = chain[i];
        if (!inside(step, x)) fail_outside(what_, named, column, x, step);
        if (i + 1 < steps || limit > 0 || large) x = step.forward(x);
      }
      if (large && !(std::abs(x) <= kLargest)) {
        fail(Code::out_of_range, what_, " row ", named, ", column ", column, ": ",
             data[row * width + column], " is ", x, " after preprocessing; allowed: ", -kLargest,
             " to ", kLargest);
      }
      // Rounding may carry the ends of a fitted interval over the limit by an ulp or two.
      if (limit > 0 && std::abs(x) > limit * (1 + 1e-12)) {
        fail(Code::out_of_range, what_, " row ", named, ", column ", column, ": ",
             data[row * width + column], " is ", x, " after preprocessing; allowed: ", -limit,
             " to ", limit, ", the domain of a bounded model");
      }
    }
  }
}

std::string Preprocessing::json() const {
  nlohmann::json columns = nlohmann::json::array();
  for (const auto& chain : chains_) {
    nlohmann::json steps = nlohmann::json::array();
    for (const PreprocessingStep& step : chain) {
      steps.push_back(
          {{"step", step.name}, {"arguments", step.arguments}, {"constants", step.constants}});
    }
    columns.push_back(std::move(steps));
  }
  return nlohmann::json{{"columns", std::move(columns)}}.dump();
}

void Preprocessing::set_json(const std::string& json) {
  try {
    const nlohmann::json columns = nlohmann::json::parse(json).at("columns");
    if (columns.size() != chains_.size()) {
      fail(Code::corrupt_file, "preprocessing of ", what_, " is stored for ", columns.size(),
           " columns, not ", chains_.size());
    }
    std::vector<std::vector<PreprocessingStep>> chains;
    for (size_t column = 0; column < columns.size(); ++column) {
      const Parser parser(what_, column);
      chains.emplace_back();
      for (const nlohmann::json& entry : columns[column]) {
        PreprocessingStep step{Kind::affine,
                               entry.at("step").get<std::string>(),
                               entry.at("arguments").get<std::vector<double>>(),
                               {}};
        parser.finish(step);
        const auto stored = entry.at("constants").get<std::vector<double>>();
        const size_t expected = step.kind == Kind::affine  ? 2
                                : step.kind == Kind::angle ? 1
                                                           : step.constants.size();
        const bool finite =
            std::all_of(stored.begin(), stored.end(), [](double c) { return std::isfinite(c); });
        const bool scaled = step.kind != Kind::affine || stored.size() != 2 || stored[1] != 0;
        // A model that was never fitted has no constants yet.
        const bool unfitted = stored.empty() && step.constants.empty();
        if (!unfitted && (stored.size() != expected || !finite || !scaled)) {
          fail(Code::corrupt_file, "preprocessing of ", what_, " column ", column,
               ": the constants of ", step.text(), " are damaged");
        }
        step.constants = stored;
        chains.back().push_back(std::move(step));
      }
    }
    chains_ = std::move(chains);
  } catch (const nlohmann::json::exception& error) {
    fail(Code::corrupt_file, "preprocessing of ", what_, " is not valid: ", error.what());
  }
}

}  // namespace castalia
