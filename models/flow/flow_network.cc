#include "models/flow/flow_network.h"

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
    : PreprocessedNetwork(s, chains(s), s.text("tails") == "linear" ? 0.0 : domain_of(s).upper),
      domain_(domain_of(s)),
      bounded_(s.text("tails") != "linear"),
      base_(s.text("base")),
      base_components_(s.integer("base_components")) {
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
  if (base_ == "conditional_normal" && context_features() == 0) {
    refuse("base 'conditional_normal' needs a context, but context_features is 0");
  }
}

void FlowNetwork::declare(Trace& trace) {
  const auto rows = [&trace](const char* name, int64_t columns) {
    return trace.graph().input(name, {trace.dtype(), {1, columns}});
  };
  const Value context = context_features() > 0 ? rows("context", context_features()) : Value();
  const Value z = forward(trace, rows("x", features()), context).value;
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
  return preprocessing().inverse(cast(y, DType::float64)).values;
}

Value FlowNetwork::base_log_prob(Trace& trace, Value z, Value context) const {
  if (base_ == "normal") return normal_log_prob(z);
  if (base_ == "uniform") {
    return trace.graph().scalar(uniform_log_prob(features(), domain_.upper), DType::float64);
  }
  const Trace::Part part(trace, "base");
  if (base_ == "mixture") return mixture_log_prob(trace, z, base_components_);
  return conditional_normal_log_prob(trace, z, context);
}

Value FlowNetwork::base_sample(Trace& trace, int64_t rows, Value context, int64_t stage) const {
  if (base_ == "normal") return normal_sample(trace, rows, features(), stage);
  if (base_ == "uniform") {
    return uniform_sample(trace, rows, features(), domain_.upper, stage);
  }
  const Trace::Part part(trace, "base");
  if (base_ == "mixture") {
    return mixture_sample(trace, rows, features(), base_components_, kComponentStage, stage);
  }
  return conditional_normal_sample(trace, features(), context, stage);
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

std::pair<Value, Value> FlowNetwork::to_data(Trace& trace, Value z, Value context) const {
  const auto [y, log_det] = backward(trace, z, context);
  const Preprocessing::Traced out = preprocessing().inverse(cast(y, DType::float64));
  const Value total = out.log_det ? log_det + out.log_det : log_det;
  return {out.values, total + out.constant_log_det};
}

FlowNetwork::Latent FlowNetwork::to_latent(Trace& trace, Value x, Value context) const {
  const Preprocessing::Traced in = preprocessing().forward(x);
  const auto [z, log_det] = forward(trace, cast(in.values, trace.dtype()), context);
  return {z, in.log_det ? log_det + in.log_det : log_det, in.constant_log_det};
}

std::vector<Field> flow_fields(std::vector<Field> own) {
  std::vector<Field> fields = data_fields("the density is conditioned on");
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
  };
  fields.insert(fields.end(), last.begin(), last.end());
  for (Field& each :
       preprocessing_fields("standardise, or interval with tails other than linear")) {
    fields.push_back(std::move(each));
  }
  return with_common_fields(std::move(fields));
}

}  // namespace castalia
