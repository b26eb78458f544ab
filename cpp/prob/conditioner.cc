#include "cpp/prob/conditioner.h"

#include <span>
#include <string>

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

MlpOptions conditioner_options(const FieldValues& values) {
  return {.hidden = values.integer("hidden"),
          .hidden_layers = values.integer("hidden_layers"),
          .activation = values.text("activation"),
          .zero_last = true};
}

}  // namespace castalia
