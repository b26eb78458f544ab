#include "cpp/prob/transformer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "cpp/autodiff/custom_gradient.h"
#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/transformers/registry.h"

namespace castalia {
namespace {

Mapped applied(const Operator& op, Value argument, Value params, const Attributes& attributes) {
  const std::vector<Value> out = argument.graph().apply(op, {argument, params}, attributes);
  return {out[0], out[1]};
}

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) out += (out.empty() ? "'" : ", '") + name + "'";
  return out;
}

// A field of another transformer, set: a mistake that would else go unseen.
void refuse_foreign_fields(const std::string& owner, const FieldValues& values,
                           const TransformerKind& kind) {
  const nlohmann::json given = nlohmann::json::parse(values.json());
  for (const Field& field : transformer_fields(kind.name)) {
    const auto named = [&](const Field& own) { return own.name == field.name; };
    if (field.name == "transformer" || std::any_of(kind.fields.begin(), kind.fields.end(), named)) {
      continue;
    }
    if (given.at(field.name) != nlohmann::json::parse(field.default_value)) {
      fail(Code::invalid_argument, owner, ".", field.name, " is set, but the transformer '",
           kind.name, "' has no such setting");
    }
  }
}

}  // namespace

Value row_total(Value log_abs_det) { return sum(log_abs_det, {1}, true, DType::float64); }

Value added(Value log_det, Value term) { return log_det ? log_det + term : term; }

Mapped Transformer::done(Value x, Value params) const {
  return applied(*forward_, x, params, attributes_);
}

Mapped Transformer::undone(Value y, Value params) const {
  if (!implicit_) return applied(*inverse_, y, params, attributes_);
  const Value found =
      applied(*inverse_, stop_gradient(y), stop_gradient(params), attributes_).value;
  const std::vector<Value> given = {y, params};
  const Value x = implicit_root(found, given, [&](Value at) { return done(at, params).value - y; });
  return {x, negate(done(x, params).log_abs_det)};
}

std::span<const TransformerKind* const> transformers() {
  static const std::vector<const TransformerKind*> all = [] {
    std::vector<const TransformerKind*> list = registered_transformers();
    std::sort(list.begin(), list.end(),
              [](const auto* a, const auto* b) { return a->name < b->name; });
    return list;
  }();
  return all;
}

const TransformerKind& find_transformer(const std::string& name) {
  std::vector<std::string> names;
  for (const TransformerKind* each : transformers()) {
    if (each->name == name) return *each;
    names.push_back(each->name);
  }
  fail(Code::not_found, "unknown transformer '", name, "'", suggestion(name, names));
}

Field min_derivative_field() {
  return {.name = "min_derivative",
          .type = FieldType::real,
          .default_value = "0.001",
          .meaning = "least derivative: at the knots of a spline, or anywhere",
          .least = 1e-6,
          .greatest = 0.5};
}

std::vector<Field> transformer_fields(const std::string& default_name) {
  Field choice{.name = "transformer",
               .type = FieldType::text,
               .default_value = text('"', default_name, '"'),
               .meaning = "the monotone map of each element"};
  std::vector<Field> out;
  std::set<std::string> seen;
  for (const TransformerKind* kind : transformers()) {
    choice.choices.push_back(kind->name);
    for (const Field& field : kind->fields) {
      if (seen.insert(field.name).second) out.push_back(field);
    }
  }
  out.insert(out.begin(), choice);
  return out;
}

Transformer make_transformer(const std::string& owner, const FieldValues& values,
                             const TransformerDomain& domain) {
  const TransformerKind& kind = find_transformer(values.text("transformer"));
  if (std::find(kind.tails.begin(), kind.tails.end(), domain.tails) == kind.tails.end()) {
    fail(Code::invalid_argument, owner, ".tails is '", domain.tails, "'; the transformer '",
         kind.name, "' can have ", listed(kind.tails));
  }
  refuse_foreign_fields(owner, values, kind);
  return kind.make(values, domain);
}

std::string transformers_json() {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const TransformerKind* kind : transformers()) {
    nlohmann::ordered_json fields = nlohmann::ordered_json::array();
    for (const Field& field : kind->fields) fields.push_back(describe(field));
    list.push_back({{"name", kind->name},
                    {"summary", kind->summary},
                    {"references", kind->references},
                    {"fields", fields},
                    {"tails", kind->tails}});
  }
  return list.dump(2);
}

}  // namespace castalia
