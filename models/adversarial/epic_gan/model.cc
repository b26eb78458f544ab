// EPiC-GAN (arXiv:2301.08128): point clouds of any number of particles.
#include <algorithm>
#include <nlohmann/json.hpp>

#include "cpp/base/status.h"
#include "cpp/ops/activation.h"
#include "cpp/ops/ops.h"
#include "models/adversarial/adversarial_network.h"
#include "models/adversarial/epic_gan/cloud_rows.h"
#include "models/adversarial/epic_gan/epic_sides.h"
#include "models/catalogue.h"

namespace castalia {
namespace {

CloudRows cloud_rows(const Specification& s) {
  return {s.integer("particles"), s.integer("particle_features"), s.integers("positive_features")};
}

// Of the features of a particle.
std::vector<std::string> chains(const CloudRows& rows) {
  std::vector<std::string> all;
  for (int64_t i = 0; i < rows.features(); ++i) {
    all.emplace_back(rows.positive(i) ? "log; standardise" : "standardise");
  }
  return all;
}

EpicSideOptions side_options(const Specification& s, const char* layers) {
  return {.layers = s.integer(layers),
          .global_features = s.integer("global_features"),
          .layer = {.hidden = s.integer("hidden"),
                    .sum_scale = s.real("sum_scale"),
                    .activation = s.text("activation")}};
}

// A preprocessed event is the features of all places, (rows, places * features); its condition is
// the context and then the mask, which generator and critic share.
class EpicGan final : public AdversarialNetwork {
 public:
  explicit EpicGan(const Specification& s)
      : AdversarialNetwork(
            s, s.integer("particle_features"), chains(cloud_rows(s)),
            s.integer("latent") + s.integer("particles") * s.integer("particle_latent")),
        rows_(cloud_rows(s)),
        global_latent_(s.integer("latent")),
        particle_latent_(s.integer("particle_latent")),
        sorted_by_(s.integer("sorted_by")),
        generator_(side_options(s, "generator_layers")),
        critic_(side_options(s, "critic_layers")) {
    if (sorted_by_ >= rows_.features()) {
      fail(Code::out_of_range, "epic_gan.sorted_by names feature ", sorted_by_,
           " of particles that have ", rows_.features(), ", counted from 0");
    }
  }

  int64_t features() const override { return rows_.columns(); }

  void fit_preprocessing(std::span<const double> x, std::span<const double> context) override {
    rows_.check(x, 0);
    const std::vector<double> particles = rows_.particles(x);
    if (!x.empty() && particles.empty()) {
      fail(Code::invalid_argument, "none of the clouds has a particle");
    }
    fit_tables(particles, context);
    std::vector<int64_t> counts = rows_.multiplicities(x);
    if (x.empty()) counts.back() = 1;
    multiplicity_.set(std::move(counts));
    PreprocessedNetwork::check_rows({}, context, 0);
  }
  bool fitted() const override { return PreprocessedNetwork::fitted() && multiplicity_.fitted(); }
  void check_rows(std::span<const double> x, std::span<const double> context,
                  int64_t first_row) const override {
    rows_.check(x, first_row);
    PreprocessedNetwork::check_rows({}, context, first_row);
  }

  std::string preprocessing_json() const override {
    nlohmann::json all = nlohmann::json::parse(PreprocessedNetwork::preprocessing_json());
    all["multiplicity"] = multiplicity_.counts();
    return all.dump();
  }
  void set_preprocessing_json(const std::string& text) override {
    PreprocessedNetwork::set_preprocessing_json(text);
    const nlohmann::json stored = nlohmann::json::parse(text);
    const auto counts = stored.find("multiplicity");
    const auto valid = [](const nlohmann::json& each) { return each.is_number_unsigned(); };
    const auto some = [](const nlohmann::json& each) { return each != 0; };
    if (counts == stored.end() || !counts->is_array() ||
        std::ssize(*counts) != rows_.places() + 1 ||
        !std::all_of(counts->begin(), counts->end(), valid) ||
        std::none_of(counts->begin(), counts->end(), some)) {
      fail(Code::corrupt_file, "the stored multiplicity is not ", rows_.places() + 1,
           " numbers of clouds");
    }
    multiplicity_.set(counts->get<std::vector<int64_t>>());
  }

  // As columns: the features of all places, the context, the mask.
  Value preprocessed(Trace& trace, Value x, Value context) override {
    return concat({prepared(trace, x), condition(trace, x.rows(), x, context)}, 1);
  }

 private:
  Value generate(Trace& trace, Value latent, Value condition) const override {
    const Told told = told_by(condition);
    const int64_t rows = latent.rows();
    const Value global = slice(latent, 1, 0, global_latent_);
    const Value rest = slice(latent, 1, global_latent_, latent.columns());
    const Cloud cloud = {reshape(rest, Shape{rows, rows_.places(), particle_latent_}),
                         told.context ? concat({global, told.context}, 1) : global, told.mask};
    const Value made = epic_generator(trace, cloud, rows_.features(), generator_);
    return reshape(made, Shape{rows, preprocessed_features()});
  }

  Criticism criticise(Trace& trace, Value events, Value condition) const override {
    const Told told = told_by(condition);
    const Shape shape{events.rows(), rows_.places(), rows_.features()};
    return {.score = epic_critic(trace, {reshape(events, shape), told.context, told.mask}, critic_),
            .estimate = {}};
  }

  int64_t preprocessed_features() const override { return rows_.places() * rows_.features(); }
  int64_t condition_features() const override { return context_features() + rows_.places(); }

  // A made cloud has as many particles as the true one of its row.
  Value condition(Trace& trace, int64_t rows, Value x, Value context) const override {
    const Value mask = cast(x ? rows_.mask(x) : multiplicity_.draw(trace, rows), trace.dtype());
    return context ? concat({prepared_context(trace, context), mask}, 1) : mask;
  }

  Value prepared(Trace& trace, Value x) const override {
    const int64_t places = x.rows() * rows_.places();
    const Value mask = reshape(rows_.mask(x), Shape{places, 1});
    // What lies in an empty place need not be in the domain of a logarithm.
    const Shape one{1, rows_.features()};
    const std::vector<double> zeros(static_cast<size_t>(rows_.features()));
    const Value typical =
        preprocessing().inverse(x.graph().constant(one, DType::float64, zeros)).values;
    const Value features = select(mask, rows_.features_of_places(x), typical);
    const Value scaled = preprocessing().forward(features).values * mask;
    return cast(reshape(scaled, Shape{x.rows(), preprocessed_features()}), trace.dtype());
  }

  Value restored(Value events, Value condition) const override {
    const Value matrix = reshape(events, Shape{events.rows() * rows_.places(), rows_.features()});
    const Value mask = slice(condition, 1, context_features(), condition_features());
    const Value clouds =
        rows_.joined(preprocessing().inverse(matrix).values, cast(mask, DType::float64));
    return sorted_by_ < 0 ? clouds : rows_.sorted(clouds, sorted_by_);
  }

  struct Told {
    Value context;  // null where there is none
    Value mask;     // (rows, places, 1)
  };
  Told told_by(Value condition) const {
    const int64_t context = context_features();
    const Value mask = slice(condition, 1, context, condition_features());
    return {.context = context > 0 ? slice(condition, 1, 0, context) : Value(),
            .mask = reshape(mask, Shape{condition.rows(), rows_.places(), 1})};
  }

  CloudRows rows_;
  Multiplicity multiplicity_;
  int64_t global_latent_;
  int64_t particle_latent_;
  int64_t sorted_by_;  // negative: not sorted
  EpicSideOptions generator_;
  EpicSideOptions critic_;
};

std::vector<Field> epic_gan_fields() {
  std::vector<Field> fields = {
      {.name = "particles",
       .type = FieldType::integer,
       .default_value = "",
       .meaning = "places for particles in a row: their greatest number",
       .least = 1,
       .greatest = 65536},
      {.name = "particle_features",
       .type = FieldType::integer,
       .default_value = "3",
       .meaning = "columns of a particle before its mask: (eta_rel, phi_rel, pt_rel)",
       .least = 1,
       .greatest = 1024},
      {.name = "positive_features",
       .type = FieldType::integer_list,
       .default_value = "[2]",
       .meaning = "those of them, counted from 0, that are above 0, as momenta are: their "
                  "logarithms are learned",
       .least = 0,
       .greatest = 1023},
      {.name = "sorted_by",
       .type = FieldType::integer,
       .default_value = "-1",
       .meaning = "generated particles come in descending order of this feature; -1: in none. For "
                  "data that are so ordered (JetNet: 2): training.judge compares place by place",
       .least = -1,
       .greatest = 1023},
      {.name = "context_features",
       .type = FieldType::integer,
       .default_value = "0",
       .meaning = "columns of the context that the clouds are generated for",
       .least = 0,
       .greatest = 65536},
      {.name = "latent",
       .type = FieldType::integer,
       .default_value = "10",
       .meaning = "random numbers of a cloud as a whole",
       .least = 1,
       .greatest = 65536},
      {.name = "particle_latent",
       .type = FieldType::integer,
       .default_value = "3",
       .meaning = "random numbers of each particle",
       .least = 1,
       .greatest = 1024},
      {.name = "latent_distribution",
       .type = FieldType::text,
       .default_value = R"("normal")",
       .meaning = "theirs: standard normal, or uniform in (-1, 1)",
       .choices = {"normal", "uniform"}},
      {.name = "hidden",
       .type = FieldType::integer,
       .default_value = "128",
       .meaning = "units of the hidden layers, and of a particle between layers",
       .least = 1,
       .greatest = 65536},
      {.name = "global_features",
       .type = FieldType::integer,
       .default_value = "10",
       .meaning = "units of a cloud as a whole between layers",
       .least = 1,
       .greatest = 65536},
      {.name = "generator_layers",
       .type = FieldType::integer,
       .default_value = "6",
       .meaning = "EPiC layers of the generator",
       .least = 1,
       .greatest = 64},
      {.name = "critic_layers",
       .type = FieldType::integer,
       .default_value = "3",
       .meaning = "EPiC layers of the critic",
       .least = 1,
       .greatest = 64},
      {.name = "sum_scale",
       .type = FieldType::real,
       .default_value = "0.01",
       .meaning = "what sums over particles are multiplied by: keeps them in the size of the means",
       .least = 1e-6,
       .greatest = 1},
      {.name = "activation",
       .type = FieldType::text,
       .default_value = R"("leaky_relu")",
       .meaning = "what follows each hidden layer",
       .choices = {activation_names().begin(), activation_names().end()}},
      {.name = "context_preprocessing",
       .type = FieldType::text_list,
       .default_value = "[]",
       .meaning = "one chain of steps a column of the context, such as 'log; standardise'; empty: "
                  "standardise"}};
  return with_common_fields(std::move(fields));
}

}  // namespace

const Architecture& epic_gan_architecture() {
  static const Architecture architecture = {
      .name = "epic_gan",
      .family = "adversarial",
      .summary = "point clouds of any number of particles by EPiC layers",
      .description =
          "Generates sets of particles, such as the constituents of jets, whatever their order. A "
          "row is place after place, each the features of a particle and a mask, 1 where there is "
          "one and 0 where there is none: the layout of JetNet (eta_rel, phi_rel, pt_rel, mask). "
          "Each feature is standardised over the particles, the positive ones by their logarithm. "
          "Generated clouds have as many particles as those seen in training, as often, whatever "
          "the context; they come first, and empty places are zeros. A cloud may be empty. The "
          "training fields adversarial_loss and regularisers say how both sides learn: both see "
          "clouds of the same number of particles.",
      .fields = epic_gan_fields(),
      .capabilities = {Capability::sample},
      .references = {"2301.08128"},
      .build = [](const Specification& s) { return std::make_unique<EpicGan>(s); },
      .examples = {R"({"particles": 5, "hidden": 12, "global_features": 4, "latent": 3,
                       "particle_latent": 2, "generator_layers": 2, "critic_layers": 1,
                       "sum_scale": 0.1, "sorted_by": 2})",
                   R"({"particles": 3, "particle_features": 2, "positive_features": [],
                       "context_features": 1, "hidden": 10, "global_features": 3, "latent": 2,
                       "generator_layers": 1, "critic_layers": 2, "activation": "silu",
                       "latent_distribution": "uniform"})"},
      .make_event = [](const Specification& s,
                       std::span<double> row) { cloud_rows(s).make_cloud(row); },
  };
  return architecture;
}

}  // namespace castalia
