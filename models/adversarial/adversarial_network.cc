#include "models/adversarial/adversarial_network.h"

#include <cmath>

#include "cpp/nn/stages.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/density.h"

namespace castalia {

AdversarialNetwork::AdversarialNetwork(const Specification& s)
    : PreprocessedNetwork(s, s.texts("preprocessing"), 0, s.integer("classes")),
      latent_(s.integer("latent")),
      normal_(s.text("latent_distribution") == "normal") {}

AdversarialNetwork::AdversarialNetwork(const Specification& s, int64_t columns,
                                       std::span<const std::string> chains, int64_t latent,
                                       int64_t classes)
    : PreprocessedNetwork(s, columns, chains, 0, classes),
      latent_(latent),
      normal_(s.text("latent_distribution") == "normal") {}

void AdversarialNetwork::declare(Trace& trace) {
  const auto rows = [&trace](const char* name, int64_t columns) {
    return columns > 0 ? trace.graph().input(name, {trace.dtype(), {1, columns}}) : Value();
  };
  const Value condition = rows("condition", condition_features());
  {
    const Trace::Part part(trace, "generator");
    generate(trace, rows("latent", latent_), condition);
  }
  criticised(trace, rows("events", seen_features()), condition);
}

AdversarialNetwork::Contest AdversarialNetwork::contest(Trace& trace, Value x, Value context) {
  const Value condition = this->condition(trace, x.rows(), x, context);
  Contest contest;
  Game& game = contest.games.emplace_back();
  const Value events = made(trace, x.rows(), condition);
  game.real = seen(prepared(trace, x));
  game.made = seen(events);
  game.critic = [this, &trace, condition](Value events) {
    return criticised(trace, events, condition).score;
  };
  contest.further.of_generator = further_of_generator(trace, x, events, condition);
  if (auxiliary_weight() == 0) return contest;
  const auto errors = [&](Value events) {
    return auxiliary_weight() *
           estimation_errors(criticised(trace, events, condition).estimate, condition);
  };
  Value& of_generator = contest.further.of_generator;
  of_generator = of_generator ? of_generator + errors(game.made) : errors(game.made);
  contest.further.of_critic = errors(game.real);
  return contest;
}

Value AdversarialNetwork::estimation_errors(Value estimate, Value condition) const {
  const int64_t numbers = condition.columns() - classes();
  const auto part = [](Value columns, int64_t first, int64_t last) {
    return cast(slice(columns, 1, first, last), DType::float64);
  };
  Value errors;
  if (numbers > 0) {
    errors = sum(square(part(estimate, 0, numbers) - part(condition, 0, numbers)), {1}, true);
  }
  if (classes() == 0) return errors;
  const Value logits = part(estimate, numbers, condition.columns());
  const Value of_class = sum(logits * part(condition, numbers, condition.columns()), {1}, true);
  const Value entropy = reshape(logsumexp(logits), of_class.shape()) - of_class;
  return errors ? errors + entropy : entropy;
}

Value AdversarialNetwork::further_of_generator(Trace&, Value, Value, Value) const { return {}; }

Value AdversarialNetwork::made(Trace& trace, int64_t rows, Value condition) const {
  const Trace::Part part(trace, "generator");
  const Value latent = normal_ ? normal_sample(trace, rows, latent_, kBaseStage)
                               : uniform_sample(trace, rows, latent_, 1.0, kBaseStage);
  return generate(trace, latent, condition);
}

AdversarialNetwork::Criticism AdversarialNetwork::criticised(Trace& trace, Value events,
                                                             Value condition) const {
  const Trace::Part part(trace, kCritic);
  return criticise(trace, events, condition);
}

Value AdversarialNetwork::sample(Trace& trace, int64_t rows, Value context) {
  const Value told = condition(trace, rows, Value(), context);
  return restored(cast(made(trace, rows, told), DType::float64), told);
}

Value AdversarialNetwork::restored(Value events, Value) const {
  return preprocessing().inverse(events).values;
}

Value AdversarialNetwork::condition(Trace& trace, int64_t, Value, Value context) const {
  return prepared_context(trace, context);
}

Field classes_field() {
  return {.name = "classes",
          .type = FieldType::integer,
          .default_value = "0",
          .meaning =
              "so many kinds of events: the last column of the context is a whole number "
              "from 0 to classes - 1; 0: all its columns are numbers",
          .least = 0,
          .greatest = 65536};
}

void make_class(const Specification& s, std::span<double> context) {
  const int64_t classes = s.integer("classes");
  if (classes == 0) return;
  const auto label =
      static_cast<int64_t>(std::floor(context.back() * static_cast<double>(classes)));
  context.back() = static_cast<double>(label % classes);
}

std::vector<Field> adversarial_fields(std::vector<Field> own) {
  std::vector<Field> fields = data_fields("the events are generated for");
  const auto append = [&fields](std::vector<Field> more) {
    for (Field& each : more) fields.push_back(std::move(each));
  };
  fields.push_back(classes_field());
  append({{.name = "latent",
           .type = FieldType::integer,
           .default_value = "32",
           .meaning = "random numbers that an event is made from",
           .least = 1,
           .greatest = 65536},
          {.name = "latent_distribution",
           .type = FieldType::text,
           .default_value = R"("normal")",
           .meaning = "theirs: standard normal, or uniform in (-1, 1)",
           .choices = {"normal", "uniform"}}});
  append(std::move(own));
  append(preprocessing_fields("standardise"));
  return with_common_fields(std::move(fields));
}

}  // namespace castalia
