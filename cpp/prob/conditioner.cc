#include "cpp/prob/conditioner.h"

#include <span>
#include <string>

#include "cpp/nn/residual_mlp.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/transformer.h"

namespace castalia {

std::vector<Field> conditioner_fields() {
  const std::span<const std::string> activations = activation_names();
  return {
      {.name = "hidden",
       .type = FieldType::integer,
       .default_value = "128",
       .meaning = "units in each hidden layer of a conditioner",
       .least = 1,
       .greatest = 65536},
      {.name = "hidden_layers",
       .type = FieldType::integer,
       .default_value = "2",
       .meaning = "hidden layers of a conditioner",
       .least = 0,
       .greatest = 64},
      {.name = "activation",
       .type = FieldType::text,
       .default_value = R"("relu")",
       .meaning = "activation function of the hidden layers",
       .choices = {activations.begin(), activations.end()}},
  };
}

std::vector<Field> conditioned_fields(const std::string& transformer) {
  std::vector<Field> fields = conditioner_fields();
  const std::vector<Field> more = transformer_fields(transformer);
  fields.insert(fields.end(), more.begin(), more.end());
  return fields;
}

MlpOptions conditioner_options(const FieldValues& values) {
  return {.hidden = values.integer("hidden"),
          .hidden_layers = values.integer("hidden_layers"),
          .activation = values.text("activation"),
          .hidden_weight = kConditionerWeight,
          .hidden_bias = Initializer::bias_uniform,
          .zero_last = true};
}

Value contextual_parameters(Trace& trace, const MlpOptions& network, Value x, Value context,
                            int64_t outputs) {
  if (!context) {
    return broadcast_to(trace.parameter("parameters", {1, outputs}, Initializer::zeros),
                        {x.rows(), outputs});
  }
  const Trace::Part part(trace, "conditioner");
  MlpOptions options = network;
  options.outputs = outputs;
  return mlp(trace, context, options);
}

Field coupling_conditioner_field() {
  return {.name = "conditioner",
          .type = FieldType::text,
          .default_value = R"("mlp")",
          .meaning =
              "network that computes the parameters: 'mlp', or 'residual', of hidden_layers "
              "blocks of two layers beside the identity, which the context gates",
          .choices = {"mlp", "residual"}};
}

CouplingConditioner coupling_conditioner(const FieldValues& values) {
  return {.network = conditioner_options(values), .kind = values.text("conditioner")};
}

Value coupling_parameters(Trace& trace, const CouplingConditioner& conditioner, Value kept,
                          Value context, int64_t outputs) {
  const Trace::Part part(trace, "conditioner");
  const Value seen = !kept ? context : context ? concat({kept, context}, 1) : kept;
  if (conditioner.kind == "residual") {
    return linear(trace, "out", residual_mlp(trace, seen, context, conditioner.network), outputs,
                  Initializer::zeros);
  }
  MlpOptions network = conditioner.network;
  network.outputs = outputs;
  return mlp(trace, seen, network);
}

}  // namespace castalia
