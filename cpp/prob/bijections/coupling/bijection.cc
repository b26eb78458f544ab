// The coupling layer (arXiv:1605.08803): leaves some features alone and maps the others element by
// element, by a transformer whose parameters a network computes from those and the context.
#include <algorithm>

#include "cpp/base/status.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/bijection.h"
#include "cpp/prob/conditioner.h"

namespace castalia {
namespace {

using Places = std::vector<int64_t>;

class Coupling final : public Bijection {
 public:
  Coupling(Transformer transformer, CouplingConditioner conditioner, Places kept, Places mapped)
      : transformer_(std::move(transformer)),
        conditioner_(std::move(conditioner)),
        kept_(std::move(kept)),
        mapped_(std::move(mapped)) {
    Places joined = kept_;
    joined.insert(joined.end(), mapped_.begin(), mapped_.end());
    back_.resize(joined.size());
    for (size_t i = 0; i < joined.size(); ++i) {
      back_[static_cast<size_t>(joined[i])] = static_cast<int64_t>(i);
    }
  }

  Mapped forward(Trace& trace, Value x, Value context) const override {
    const Value kept = features(x, kept_);
    const Value params = parameters(trace, kept, context);
    return joined(kept, transformer_.forward(features(x, mapped_), params));
  }

  Mapped inverse(Trace& trace, Value y, Value context) const override {
    const Value kept = features(y, kept_);
    const Value params = parameters(trace, kept, context);
    return joined(kept, transformer_.inverse(features(y, mapped_), params));
  }

 private:
  // Null when there are none.
  static Value features(Value x, const Places& places) {
    if (places.empty()) return {};
    const bool together = places.back() - places.front() == std::ssize(places) - 1;
    return together ? slice(x, 1, places.front(), places.back() + 1) : take(x, places);
  }

  Value parameters(Trace& trace, Value kept, Value context) const {
    return coupling_parameters(trace, conditioner_, kept, context,
                               std::ssize(mapped_) * transformer_.parameters());
  }

  Mapped joined(Value kept, const Mapped& mapped) const {
    const Value all = kept ? concat({kept, mapped.value}, 1) : mapped.value;
    const bool in_order = std::is_sorted(back_.begin(), back_.end());
    return {in_order ? all : take(all, back_), row_total(mapped.log_abs_det)};
  }

  Transformer transformer_;
  CouplingConditioner conditioner_;
  Places kept_;
  Places mapped_;
  Places back_;  // where each feature stands in kept and mapped, joined
};

std::unique_ptr<const Bijection> make_coupling(const std::string& owner, const FieldValues& values,
                                               const BijectionPlace& place) {
  if (place.features == 1 && place.context_features == 0) {
    fail(Code::invalid_argument, owner,
         " has one feature and no context: a coupling needs a second feature or a context to be "
         "conditioned on");
  }
  const bool halves = values.text("split") == "halves";
  Places kept;
  Places mapped;
  for (int64_t i = 0; i < place.features; ++i) {
    const bool is_kept = halves ? i < place.features / 2 : i % 2 == 1;
    (is_kept ? kept : mapped).push_back(i);
  }
  if (values.boolean("swap") && !kept.empty()) std::swap(kept, mapped);
  return std::make_unique<Coupling>(make_transformer(owner, values, place.domain),
                                    coupling_conditioner(values), std::move(kept),
                                    std::move(mapped));
}

std::vector<Field> coupling_fields() {
  std::vector<Field> fields = {
      {.name = "split",
       .type = FieldType::text,
       .default_value = R"("halves")",
       .meaning = "which features are mapped: of 'halves' the second, 'alternating' the first, "
                  "third, and so on",
       .choices = {"halves", "alternating"}},
      {.name = "swap",
       .type = FieldType::boolean,
       .default_value = "false",
       .meaning = "maps the other features instead"}};
  for (const std::vector<Field>& more :
       {transformer_fields("rational_quadratic_spline"), conditioner_fields()}) {
    fields.insert(fields.end(), more.begin(), more.end());
  }
  fields.push_back(coupling_conditioner_field());
  return fields;
}

}  // namespace

const BijectionKind& coupling_bijection() {
  static const BijectionKind kind{
      .name = "coupling",
      .summary = "maps some features by a transformer conditioned on the others",
      .references = {"1605.08803", "1906.04032"},
      .fields = coupling_fields(),
      .tails = {"linear", "none"},
      .conditional = true,
      .make = make_coupling,
      .examples = {{.settings = R"({"hidden": 8, "activation": "silu"})", .features = 5},
                   {.settings = R"({"hidden": 8, "activation": "tanh", "split": "alternating",
                                    "swap": true, "transformer": "quadratic_spline", "bins": 4})",
                    .features = 2,
                    .context_features = 1,
                    .tails = "none"},
                   {.settings = R"({"hidden": 8, "activation": "silu", "hidden_layers": 1})",
                    .features = 1,
                    .context_features = 1},
                   {.settings = R"({"hidden": 4, "activation": "tanh", "hidden_layers": 1,
                                    "conditioner": "residual", "transformer": "affine"})",
                    .features = 3,
                    .context_features = 2}},
  };
  return kind;
}

}  // namespace castalia
