#include "models/flow/flow_network.h"

#include <nlohmann/json.hpp>

#include "cpp/base/status.h"
#include "cpp/nn/stages.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/density.h"

namespace castalia {
namespace {

constexpr int64_t kBaseComponents = 8;  // by default

TransformerDomain domain_of(const Specification& s) {
  const double bound = s.text("tails") == "linear" ? s.real("bound") : 1.0;
  return {.tails = s.text("tails"), .lower = -bound, .upper = bound};
}

// A bounded flow needs bounded data: without chains each column's range becomes the domain.
std::vector<std::string> chains(const Specification& s) {
  std::vector<std::string> given = s.texts("preprocessing");
  if (given.empty() && s.text("tails") != "linear") {
    given.assign(static_cast<size_t>(s.integer("features")), "interval");
  }
  return given;
}

}  // namespace

FlowNetwork::FlowNetwork(const Specification& s)
    : features_(s.integer("features")),
      context_features_(s.integer("context_features")),
      domain_(domain_of(s)),
      bounded_(s.text("tails") != "linear"),
      base_(s.text("base")),
      base_components_(s.integer("base_components")),
      preprocessing_(features_, chains(s), "x"),
      context_preprocessing_(context_features_, s.texts("context_preprocessing"), "context") {
  const auto refuse = [&s](const auto&... parts) {
    fail(Code::invalid_argument, s.architecture().name, ": ", parts...);
  };
  if (bounded_ && base_ != "uniform") {
    refuse("tails '", domain_.tails,
           "' makes a flow on a bounded domain, which needs base 'uniform'");
  }
  if (!bounded_ && base_ == "uniform") {
    refuse(
        "base 'uniform' needs tails 'none' or 'circular': linear tails would carry events out of "
        "it");
  }
  if (base_ != "mixture" && base_components_ != kBaseComponents) {
    refuse("base_components is set, but base '", base_, "' has none; it is for base 'mixture'");
  }
  if (base_ == "conditional_normal" && context_features_ == 0) {
    refuse("base 'conditional_normal' needs a context, but context_features is 0");
  }
  if (context_features_ == 0 && !s.texts("context_preprocessing").empty()) {
    refuse("context_preprocessing is given, but context_features is 0");
  }
}

void FlowNetwork::fit_preprocessing(std::span<const double> x, std::span<const double> context) {
  if (x.empty()) {
    preprocessing_.fit_without_data();
    context_preprocessing_.fit_without_data();
    return;
  }
  preprocessing_.fit(x);
  context_preprocessing_.fit(context);
  check_rows(x, context, 0);
}

void FlowNetwork::set_preprocessing(std::span<const std::string> chains) {
  preprocessing_ = Preprocessing(features_, chains, "x");
}

void FlowNetwork::check_rows(std::span<const double> x, std::span<const double> context,
                             int64_t first_row) const {
  preprocessing_.check(x, first_row, bounded_ ? domain_.upper : 0.0);
  context_preprocessing_.check(context, first_row);
}

std::string FlowNetwork::preprocessing_json() const {
  return nlohmann::json{{"x", nlohmann::json::parse(preprocessing_.json())},
                        {"context", nlohmann::json::parse(context_preprocessing_.json())}}
      .dump();
}

void FlowNetwork::set_preprocessing_json(const std::string& text) {
  const nlohmann::json stored = nlohmann::json::parse(text, nullptr, false);
  if (!stored.is_object() || !stored.contains("x") || !stored.contains("context")) {
    fail(Code::corrupt_file, "the stored preprocessing is not an object with x and context");
  }
  preprocessing_.set_json(stored["x"].dump());
  context_preprocessing_.set_json(stored["context"].dump());
}

bool FlowNetwork::fitted() const {
  return preprocessing_.fitted() && context_preprocessing_.fitted();
}

void FlowNetwork::declare(Trace& trace) {
  const auto rows = [&trace](const char* name, int64_t columns) {
    return trace.graph().input(name, {trace.dtype(), {1, columns}});
  };
  const Value context = context_features_ > 0 ? rows("context", context_features_) : Value();
  const Value z = forward(trace, rows("x", features_), context).value;
  base_log_prob(trace, z, context);
}

Value FlowNetwork::loss(Trace& trace, Value x, Value context) {
  return negate(log_prob(trace, x, context));
}

Value FlowNetwork::log_prob(Trace& trace, Value x, Value context) {
  const Value prepared = prepared_context(trace, context);
  const Latent latent = to_latent(trace, x, prepared);
  return base_log_prob(trace, latent.z, prepared) + latent.log_det + latent.constant;
}

Value FlowNetwork::sample(Trace& trace, int64_t rows, Value context) {
  const Value prepared = prepared_context(trace, context);
  const Value y = backward(trace, base_sample(trace, rows, prepared), prepared).value;
  return preprocessing_.inverse(cast(y, DType::float64)).values;
}

Value FlowNetwork::base_log_prob(Trace& trace, Value z, Value context) const {
  if (base_ == "normal") return normal_log_prob(z);
  if (base_ == "uniform") {
    return trace.graph().scalar(uniform_log_prob(features_, domain_.upper), DType::float64);
  }
  const Trace::Part part(trace, "base");
  if (base_ == "mixture") return mixture_log_prob(trace, z, base_components_);
  return conditional_normal_log_prob(trace, z, context);
}

Value FlowNetwork::base_sample(Trace& trace, int64_t rows, Value context, int64_t stage) const {
  if (base_ == "normal") return normal_sample(trace, rows, features_, stage);
  if (base_ == "uniform") {
    return uniform_sample(trace, rows, features_, domain_.upper, stage);
  }
  const Trace::Part part(trace, "base");
  if (base_ == "mixture") {
    return mixture_sample(trace, rows, features_, base_components_, kComponentStage, stage);
  }
  return conditional_normal_sample(trace, features_, context, stage);
}

std::pair<Value, Value> FlowNetwork::transform(Trace& trace, Value x, Value context) {
  const Latent latent = to_latent(trace, x, prepared_context(trace, context));
  return {cast(latent.z, DType::float64), latent.log_det + latent.constant};
}

std::pair<Value, Value> FlowNetwork::inverse(Trace& trace, Value z, Value context) {
  return to_data(trace, cast(z, trace.dtype()), prepared_context(trace, context));
}

std::pair<Value, Value> FlowNetwork::sample_with_log_prob(Trace& trace, int64_t rows,
                                                          Value context) {
  const Value prepared = prepared_context(trace, context);
  const Value z = base_sample(trace, rows, prepared);
  const auto [x, log_det] = to_data(trace, z, prepared);
  return {x, base_log_prob(trace, z, prepared) - log_det};
}

Value FlowNetwork::preprocessed(Trace& trace, Value x, Value context) {
  const Value y = prepared(trace, x);
  return context ? concat({y, prepared_context(trace, context)}, 1) : y;
}

std::pair<Value, Value> FlowNetwork::to_data(Trace& trace, Value z, Value context) const {
  const auto [y, log_det] = backward(trace, z, context);
  const Preprocessing::Traced out = preprocessing_.inverse(cast(y, DType::float64));
  const Value total = out.log_det ? log_det + out.log_det : log_det;
  return {out.values, total + out.constant_log_det};
}

Value FlowNetwork::prepared(Trace& trace, Value x) const {
  return cast(preprocessing_.forward(x).values, trace.dtype());
}

Value FlowNetwork::prepared_context(Trace& trace, Value context) const {
  if (context_features_ == 0) return {};
  return cast(context_preprocessing_.forward(context).values, trace.dtype());
}

FlowNetwork::Latent FlowNetwork::to_latent(Trace& trace, Value x, Value context) const {
  const Preprocessing::Traced in = preprocessing_.forward(x);
  const auto [z, log_det] = forward(trace, cast(in.values, trace.dtype()), context);
  return {z, in.log_det ? log_det + in.log_det : log_det, in.constant_log_det};
}

std::vector<Field> flow_fields(std::vector<Field> own) {
  std::vector<Field> fields = {
      {.name = "features",
       .type = FieldType::integer,
       .default_value = "",
       .meaning = "columns of the data",
       .least = 1,
       .greatest = 65536},
      {.name = "context_features",
       .type = FieldType::integer,
       .default_value = "0",
       .meaning = "columns of the context that the density is conditioned on",
       .least = 0,
       .greatest = 65536},
  };
  fields.insert(fields.end(), own.begin(), own.end());
  const std::vector<Field> last = {
      {.name = "bound",
       .type = FieldType::real,
       .default_value = "5.0",
       .meaning = "with linear tails: a spline, polynomial or network acts on [-bound, bound], in "
                  "units after preprocessing; with other tails the domain is [-1, 1]",
       .least = 0.01,
       .greatest = 1000},
      {.name = "tails",
       .type = FieldType::text,
       .default_value = R"("linear")",
       .meaning =
           "outside the transformers' domain: 'linear' is the identity or a tangent; 'none' is "
           "for data that preprocessing brings into [-1, 1], and other data are an error; "
           "'circular' is 'none' for periodic data, of which -1 and 1 are one point",
       .choices = {"linear", "none", "circular"}},
      {.name = "base",
       .type = FieldType::text,
       .default_value = R"("normal")",
       .meaning = "density of the latent variables: with tails 'none' or 'circular' it is "
                  "'uniform' on [-1, 1]; with linear tails 'normal', or learned: 'mixture' of "
                  "Gaussians, 'conditional_normal', whose centre and widths are linear in the "
                  "context",
       .choices = {"normal", "uniform", "mixture", "conditional_normal"}},
      {.name = "base_components",
       .type = FieldType::integer,
       .default_value = std::to_string(kBaseComponents),
       .meaning = "Gaussians in the mixture, with base 'mixture'",
       .least = 1,
       .greatest = 4096},
      {.name = "preprocessing",
       .type = FieldType::text_list,
       .default_value = "[]",
       .meaning =
           "one chain of steps a feature, such as 'log(1); standardise'; empty: standardise, "
           "or interval with tails other than linear"},
      {.name = "context_preprocessing",
       .type = FieldType::text_list,
       .default_value = "[]",
       .meaning = "the same for the columns of the context"},
  };
  fields.insert(fields.end(), last.begin(), last.end());
  return with_common_fields(std::move(fields));
}

}  // namespace castalia
