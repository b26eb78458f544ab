#include "models/adversarial/cloud_network.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "cpp/base/status.h"
#include "cpp/ops/ops.h"

namespace castalia {
namespace {

// Of positive features, where no data were seen.
constexpr double kLeastUnseen = std::numeric_limits<float>::min();

CloudRows cloud_rows(const Specification& s) {
  return {s.integer("particles"), s.integer("particle_features"), s.integers("positive_features")};
}

std::vector<std::string> chains(const Specification& s, const std::string& usual) {
  std::vector<std::string> given = s.texts("preprocessing");
  if (!given.empty()) return given;
  return std::vector<std::string>(static_cast<size_t>(s.integer("particle_features")), usual);
}

// The least value of each feature among the particles, (particles, features).
std::vector<double> least_of(std::span<const double> particles, size_t features) {
  std::vector<double> least(particles.begin(),
                            particles.begin() + static_cast<std::ptrdiff_t>(features));
  for (size_t i = features; i < particles.size(); ++i) {
    least[i % features] = std::min(least[i % features], particles[i]);
  }
  return least;
}

// What is done with the table of the particles: its rows are no events.
template <typename Action>
void of_particles(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    fail(error.code(), "among the particles of all clouds, ", error.what());
  }
}

}  // namespace

CloudAdversarialNetwork::CloudAdversarialNetwork(const Specification& s, int64_t latent,
                                                 const std::string& usual_chain)
    : AdversarialNetwork(s, s.integer("particle_features"), chains(s, usual_chain), latent),
      rows_(cloud_rows(s)),
      sorted_by_(s.integer("sorted_by")) {
  const auto check_feature = [&](const char* field, int64_t feature) {
    if (feature < rows_.features()) return;
    fail(Code::out_of_range, s.architecture().name, ".", field, " names feature ", feature,
         " of particles that have ", rows_.features(), ", counted from 0");
  };
  for (const int64_t each : rows_.positive()) check_feature("positive_features", each);
  check_feature("sorted_by", sorted_by_);
  if (s.boolean("cloud_moments")) moments_.emplace(rows_, s.seed());
}

void CloudAdversarialNetwork::fit_preprocessing(std::span<const double> x,
                                                std::span<const double> context) {
  rows_.check(x, 0);
  const std::vector<double> particles = rows_.particles(x);
  if (!x.empty() && particles.empty()) {
    fail(Code::invalid_argument, "none of the clouds has a particle");
  }
  of_particles([&] { fit_tables(particles, context); });
  std::vector<int64_t> counts = rows_.multiplicities(x);
  const auto features = static_cast<size_t>(rows_.features());
  if (x.empty()) {
    counts.back() = 1;
    least_.assign(features, kLeastUnseen);
  } else {
    least_ = least_of(particles, features);
  }
  multiplicity_.set(std::move(counts));
  if (moments_) {
    if (x.empty()) {
      moments_->fit_without_data();
    } else {
      moments_->fit(x);
    }
  }
  PreprocessedNetwork::check_rows({}, context, 0);
}

bool CloudAdversarialNetwork::fitted() const {
  return PreprocessedNetwork::fitted() && multiplicity_.fitted();
}

void CloudAdversarialNetwork::check_rows(std::span<const double> x, std::span<const double> context,
                                         int64_t first_row) const {
  rows_.check(x, first_row);
  of_particles([&] { preprocessing().check(rows_.particles(x)); });
  PreprocessedNetwork::check_rows({}, context, first_row);
}

std::string CloudAdversarialNetwork::preprocessing_json() const {
  nlohmann::json all = nlohmann::json::parse(PreprocessedNetwork::preprocessing_json());
  all["multiplicity"] = multiplicity_.counts();
  all["least"] = least_;
  if (moments_) all["moments"] = nlohmann::json::parse(moments_->json());
  return all.dump();
}

void CloudAdversarialNetwork::set_preprocessing_json(const std::string& text) {
  PreprocessedNetwork::set_preprocessing_json(text);
  const nlohmann::json stored = nlohmann::json::parse(text);
  const auto list = [&](const char* name, int64_t size, auto&& valid) {
    const auto found = stored.find(name);
    const bool right = found != stored.end() && found->is_array() && std::ssize(*found) == size &&
                       std::all_of(found->begin(), found->end(), valid);
    return right ? *found : nlohmann::json();
  };
  const nlohmann::json counts =
      list("multiplicity", rows_.places() + 1,
           [](const nlohmann::json& each) { return each.is_number_unsigned(); });
  const auto some = [](const nlohmann::json& each) { return each != 0; };
  if (std::none_of(counts.begin(), counts.end(), some)) {
    fail(Code::corrupt_file, "the stored multiplicity is not ", rows_.places() + 1,
         " numbers of clouds");
  }
  const nlohmann::json least =
      list("least", rows_.features(), [](const nlohmann::json& each) { return each.is_number(); });
  if (least.empty()) {
    fail(Code::corrupt_file, "the stored least values are not ", rows_.features(), " numbers");
  }
  multiplicity_.set(counts.get<std::vector<int64_t>>());
  least_ = least.get<std::vector<double>>();
  if (moments_) {
    if (!stored.contains("moments")) {
      fail(Code::corrupt_file, "the stored preprocessing has no moments of clouds");
    }
    moments_->set_json(stored["moments"].dump());
  }
}

Value CloudAdversarialNetwork::preprocessed(Trace& trace, Value x, Value context) {
  return concat({prepared(trace, x), condition(trace, x.rows(), x, context)}, 1);
}

void CloudAdversarialNetwork::declare(Trace& trace) {
  if (moments_) moments_->declare(trace, context_features());
  AdversarialNetwork::declare(trace);
}

Value CloudAdversarialNetwork::generate(Trace& trace, Value latent, Value condition) const {
  const Told told = told_by(condition);
  Value made = make(trace, latent, told);
  // Parameters are declared before anything is fitted.
  if (moments_ && fitted()) {
    const Shape table{latent.rows() * rows_.places(), rows_.features()};
    const Value mask = cast(told.mask, DType::float64);
    const Value features =
        preprocessing().inverse(cast(reshape(made, table), DType::float64)).values;
    const Value clouds = moments_->given(reshape(features, made.shape()), mask,
                                         cast(moments_in(condition), DType::float64));
    const Value scaled = preprocessing().forward(reshape(clouds, table)).values;
    made = cast(reshape(scaled, made.shape()) * mask, trace.dtype());
  }
  return reshape(made, Shape{latent.rows(), preprocessed_features()});
}

AdversarialNetwork::Criticism CloudAdversarialNetwork::criticise(Trace& trace, Value events,
                                                                 Value condition) const {
  const Shape shape{events.rows(), rows_.places(), rows_.features()};
  return {.score = score(trace, reshape(events, shape), told_by(condition)), .estimate = {}};
}

int64_t CloudAdversarialNetwork::condition_features() const {
  return context_features() + rows_.places() + (moments_ ? moments_->count() : 0);
}

Value CloudAdversarialNetwork::condition(Trace& trace, int64_t rows, Value x, Value context) const {
  const Value mask = x ? rows_.mask(x) : multiplicity_.draw(trace, rows);
  std::vector<Value> all;
  if (context) all.push_back(prepared_context(trace, context));
  all.push_back(cast(mask, trace.dtype()));
  if (moments_) {
    const Shape places{rows, rows_.places(), 1};
    const Shape features{rows, rows_.places(), rows_.features()};
    const Value moments =
        x ? moments_->of(reshape(rows_.features_of_places(x), features), reshape(mask, places))
          : moments_->draw(trace, reshape(mask, places), context ? all[0] : Value());
    all.push_back(cast(moments, trace.dtype()));
  }
  return concat(all, 1);
}

Value CloudAdversarialNetwork::further_of_generator(Trace& trace, Value, Value,
                                                    Value condition) const {
  if (!moments_) return {};
  const Value mask = reshape(mask_in(condition), Shape{condition.rows(), rows_.places(), 1});
  return moments_->surprise(trace, moments_in(condition), mask, context_in(condition));
}

Value CloudAdversarialNetwork::prepared(Trace& trace, Value x) const {
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

Value CloudAdversarialNetwork::restored(Value events, Value condition) const {
  const Shape places{events.rows() * rows_.places(), rows_.features()};
  Value features = preprocessing().inverse(reshape(events, places)).values;
  std::vector<double> floor(least_.size(), std::numeric_limits<double>::lowest());
  for (const int64_t each : rows_.positive()) {
    floor[static_cast<size_t>(each)] = least_[static_cast<size_t>(each)];
  }
  if (!rows_.positive().empty()) {
    const Shape one{1, rows_.features()};
    features = maximum(features, events.graph().constant(one, DType::float64, floor));
  }
  const Value clouds = rows_.joined(features, cast(mask_in(condition), DType::float64));
  return sorted_by_ < 0 ? clouds : rows_.sorted(clouds, sorted_by_);
}

CloudAdversarialNetwork::Told CloudAdversarialNetwork::told_by(Value condition) const {
  std::vector<Value> known;
  for (const Value& each : {context_in(condition), moments_in(condition)}) {
    if (each) known.push_back(each);
  }
  return {.context = known.empty() ? Value() : concat(known, 1),
          .mask = reshape(mask_in(condition), Shape{condition.rows(), rows_.places(), 1})};
}

Value CloudAdversarialNetwork::context_in(Value condition) const {
  return context_features() > 0 ? slice(condition, 1, 0, context_features()) : Value();
}

Value CloudAdversarialNetwork::mask_in(Value condition) const {
  return slice(condition, 1, context_features(), context_features() + rows_.places());
}

Value CloudAdversarialNetwork::moments_in(Value condition) const {
  if (!moments_) return {};
  return slice(condition, 1, context_features() + rows_.places(), condition_features());
}

std::vector<Field> particle_cloud_fields(std::vector<Field> own, const std::string& usual_chain) {
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
       .meaning = "those of them, counted from 0, that are above 0, as momenta are: what is "
                  "generated below the least value of the data becomes this value",
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
      {.name = "latent_distribution",
       .type = FieldType::text,
       .default_value = R"("normal")",
       .meaning = "that of the random numbers: standard normal, or uniform in (-1, 1)",
       .choices = {"normal", "uniform"}},
      cloud_moments_field()};
  for (Field& each : own) fields.push_back(std::move(each));
  fields.push_back(
      {.name = "preprocessing",
       .type = FieldType::text_list,
       .default_value = "[]",
       .meaning = "one chain of steps a feature of a particle, such as 'log; standardise'; "
                  "empty: " +
                  usual_chain});
  fields.push_back({.name = "context_preprocessing",
                    .type = FieldType::text_list,
                    .default_value = "[]",
                    .meaning = "the same for the columns of the context; empty: standardise"});
  return with_common_fields(std::move(fields));
}

std::string cloud_description() {
  return "A row is place after place, each the features of a particle and a mask, 1 where there is "
         "one and 0 where there is none: the layout of JetNet (eta_rel, phi_rel, pt_rel, mask). "
         "Each feature is scaled by all particles together. Generated clouds have as many "
         "particles as those seen in training, as often, whatever the context; they come first, "
         "and empty places are zeros. A cloud may be empty. In training both sides see clouds of "
         "the same number of particles.";
}

void make_cloud_row(const Specification& specification, std::span<double> row) {
  cloud_rows(specification).make_cloud(row);
}

}  // namespace castalia
