#include "models/preprocessed_network.h"

#include <nlohmann/json.hpp>

#include "cpp/base/status.h"
#include "cpp/ops/ops.h"

namespace castalia {

PreprocessedNetwork::PreprocessedNetwork(const Specification& s,
                                         std::span<const std::string> chains, double limit)
    : PreprocessedNetwork(s, s.integer("features"), chains, limit) {}

PreprocessedNetwork::PreprocessedNetwork(const Specification& s, int64_t columns,
                                         std::span<const std::string> chains, double limit)
    : preprocessing_(columns, chains, "x"),
      context_preprocessing_(s.integer("context_features"), s.texts("context_preprocessing"),
                             "context"),
      limit_(limit) {
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
  context_preprocessing_.fit(context);
}

void PreprocessedNetwork::set_preprocessing(std::span<const std::string> chains) {
  preprocessing_ = Preprocessing(preprocessing_.columns(), chains, "x");
}

void PreprocessedNetwork::check_rows(std::span<const double> x, std::span<const double> context,
                                     int64_t first_row) const {
  preprocessing_.check(x, first_row, limit_);
  context_preprocessing_.check(context, first_row);
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
  return cast(context_preprocessing_.forward(context).values, trace.dtype());
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
