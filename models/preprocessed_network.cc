#include "models/preprocessed_network.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "cpp/base/status.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

// Columns of the context beside the class.
int64_t number_columns(const Specification& s, int64_t classes) {
  const int64_t columns = s.integer("context_features");
  if (classes == 0) return columns;
  if (columns == 0) {
    fail(Code::invalid_argument, s.architecture().name, ".classes is ", classes,
         ", but context_features is 0: the class is the last column of the context");
  }
  return columns - 1;
}

}  // namespace

PreprocessedNetwork::PreprocessedNetwork(const Specification& s,
                                         std::span<const std::string> chains, double limit,
                                         int64_t classes)
    : PreprocessedNetwork(s, s.integer("features"), chains, limit, classes) {}

PreprocessedNetwork::PreprocessedNetwork(const Specification& s, int64_t columns,
                                         std::span<const std::string> chains, double limit,
                                         int64_t classes)
    : preprocessing_(columns, chains, "x"),
      // A condition that was always the same, as in showers of one energy, says nothing and harms
      // nothing.
      context_preprocessing_(number_columns(s, classes), s.texts("context_preprocessing"),
                             "context", Preprocessing::Constant::shifted),
      limit_(limit),
      classes_(classes) {
  if (context_features() == 0 && !s.texts("context_preprocessing").empty()) {
    fail(Code::invalid_argument, s.architecture().name,
         ": context_preprocessing is given, but context_features is 0");
  }
}

void PreprocessedNetwork::fit_preprocessing(std::span<const double> x,
                                            std::span<const double> context) {
  fit_tables(x, context);
  if (!x.empty()) check_rows(x, context, 0);
}

void PreprocessedNetwork::fit_tables(std::span<const double> x, std::span<const double> context) {
  if (x.empty()) {
    preprocessing_.fit_without_data();
    context_preprocessing_.fit_without_data();
    return;
  }
  preprocessing_.fit(x);
  context_preprocessing_.fit(classes_ > 0 ? numbers_of(context) : context);
}

std::vector<double> PreprocessedNetwork::numbers_of(std::span<const double> context) const {
  std::vector<double> numbers;
  const auto columns = static_cast<size_t>(context_preprocessing_.columns());
  for (size_t first = 0; columns > 0 && first < context.size(); first += columns + 1) {
    const std::span<const double> row = context.subspan(first, columns);
    numbers.insert(numbers.end(), row.begin(), row.end());
  }
  return numbers;
}

void PreprocessedNetwork::check_context(std::span<const double> context, int64_t first_row) const {
  if (classes_ == 0) {
    context_preprocessing_.check(context, first_row);
    return;
  }
  context_preprocessing_.check(numbers_of(context), first_row);
  const auto columns = static_cast<size_t>(context_features());
  for (size_t i = columns - 1; i < context.size(); i += columns) {
    const double value = context[i];
    const int64_t row = first_row + static_cast<int64_t>(i / columns);
    if (!std::isfinite(value)) {
      fail(Code::not_finite, "context row ", row, ", column ", columns - 1, ": the value is ",
           value);
    }
    if (value < 0 || value >= static_cast<double>(classes_) || value != std::floor(value)) {
      fail(Code::out_of_range, "context row ", row, ", column ", columns - 1, ": ", value,
           " is not a class; allowed: whole numbers from 0 to ", classes_ - 1);
    }
  }
}

void PreprocessedNetwork::set_preprocessing(std::span<const std::string> chains) {
  preprocessing_ = Preprocessing(preprocessing_.columns(), chains, "x");
}

void PreprocessedNetwork::check_rows(std::span<const double> x, std::span<const double> context,
                                     int64_t first_row) const {
  preprocessing_.check(x, first_row, limit_);
  check_context(context, first_row);
}

std::string PreprocessedNetwork::preprocessing_json() const {
  return nlohmann::json{{"x", nlohmann::json::parse(preprocessing_.json())},
                        {"context", nlohmann::json::parse(context_preprocessing_.json())}}
      .dump();
}

void PreprocessedNetwork::set_preprocessing_json(const std::string& text) {
  const nlohmann::json stored = nlohmann::json::parse(text, nullptr, false);
  if (!stored.is_object() || !stored.contains("x") || !stored.contains("context")) {
    fail(Code::corrupt_file, "the stored preprocessing is not an object with x and context");
  }
  preprocessing_.set_json(stored["x"].dump());
  context_preprocessing_.set_json(stored["context"].dump());
}

bool PreprocessedNetwork::fitted() const {
  return preprocessing_.fitted() && context_preprocessing_.fitted();
}

Value PreprocessedNetwork::preprocessed(Trace& trace, Value x, Value context) {
  const Value y = prepared(trace, x);
  return context ? concat({y, prepared_context(trace, context)}, 1) : y;
}

Value PreprocessedNetwork::prepared(Trace& trace, Value x) const {
  return cast(preprocessing_.forward(x).values, trace.dtype());
}

Value PreprocessedNetwork::prepared_context(Trace& trace, Value context) const {
  if (context_features() == 0) return {};
  const auto numbers = [&](Value columns) {
    return cast(context_preprocessing_.forward(columns).values, trace.dtype());
  };
  if (classes_ == 0) return numbers(context);
  const int64_t last = context.columns() - 1;
  const Value label = reshape(slice(context, 1, last, last + 1), Shape{context.rows()});
  const Value label_columns = one_hot(cast(label, DType::int64), classes_, trace.dtype());
  return last == 0 ? label_columns
                   : concat({numbers(slice(context, 1, 0, last)), label_columns}, 1);
}

std::vector<Field> data_fields(const std::string& condition) {
  return {{.name = "features",
           .type = FieldType::integer,
           .default_value = "",
           .meaning = "columns of the data",
           .least = 1,
           .greatest = 65536},
          {.name = "context_features",
           .type = FieldType::integer,
           .default_value = "0",
           .meaning = "columns of the context that " + condition,
           .least = 0,
           .greatest = 65536}};
}

std::vector<Field> preprocessing_fields(const std::string& otherwise) {
  return {{.name = "preprocessing",
           .type = FieldType::text_list,
           .default_value = "[]",
           .meaning =
               "one chain of steps a feature, such as 'log(1); standardise'; empty: " + otherwise},
          {.name = "context_preprocessing",
           .type = FieldType::text_list,
           .default_value = "[]",
           .meaning = "the same for the columns of the context"}};
}

}  // namespace castalia
