// Integrals of positive networks (arXiv:1908.05164).
#include "cpp/prob/transformer.h"
#include "cpp/base/status.h"
#include "cpp/ops/ops.h"

namespace castalia {

const TransformerKind& unconstrained_monotonic_transformer() {
  static const TransformerKind kind{
      .name = "unconstrained_monotonic",
      .summary = "integral of a positive network with weights of its own for every element",
      .references = {"1908.05164"},
      .fields = {{.name = "integrand_units",
                  .type = FieldType::integer,
                  .default_value = "8",
                  .meaning = "hidden units of the network that is integrated",
                  .least = 1,
                  .greatest = 128},
                 {.name = "integrand_nodes",
                  .type = FieldType::integer,
                  .default_value = "32",
                  .meaning =
                      "intervals of the numerical integral, an even number: with 32 its derivative "
                      "is right to 1e-7",
                  .least = 8,
                  .greatest = 256}},
      .tails = {"linear"},
      .make =
          [](const FieldValues& values, const TransformerDomain& domain) {
            const UnconstrainedMonotonicOptions options{.units = values.integer("integrand_units"),
                                                        .nodes = values.integer("integrand_nodes"),
                                                        .lower = domain.lower,
                                                        .upper = domain.upper};
            if (options.nodes % 2 != 0) {
              fail(Code::out_of_range, "integrand_nodes is ", options.nodes,
                   "; allowed: an even number");
            }
            return Transformer(unconstrained_monotonic_operator(),
                               unconstrained_monotonic_inverse_operator(), options.attributes(),
                               unconstrained_monotonic_parameters(options), true);
          },
      .examples = {"{}", R"({"integrand_units": 3, "integrand_nodes": 24})"},
  };
  return kind;
}

}  // namespace castalia
