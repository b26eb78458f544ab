#include "models/adversarial/cloud_moments.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "cpp/base/status.h"
#include "cpp/nn/stages.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/density.h"
#include "cpp/prob/transformer.h"

namespace castalia {
namespace {

constexpr double kLeastTotal = std::numeric_limits<double>::min();  // of an empty cloud
constexpr double kLeastDeviation = 1e-3;    // of a cloud's feature, in deviations of all particles
constexpr double kLeastOwnVariance = 1e-6;  // of what is added
constexpr double kNoise = 0.02;
constexpr int64_t kFlowLayers = 6;
constexpr int64_t kFlowHidden = 64;
constexpr double kFlowBound = 6;  // of its splines, in deviations
constexpr double kVast = 1e6;     // what bounds features and moments where no data were seen

std::vector<int64_t> not_positive(const CloudRows& rows) {
  std::vector<int64_t> others;
  for (int64_t i = 0; i < rows.features(); ++i) {
    if (!rows.positive(i)) others.push_back(i);
  }
  return others;
}

CouplingLayers flow(int64_t moments, uint64_t seed) {
  const TransformerKind& kind = find_transformer("rational_quadratic_spline");
  const FieldValues values("cloud_moments", kind.fields, "{}");
  const CouplingLayersOptions options = {
      .features = moments,
      .layers = kFlowLayers,
      .seed = seed,
      .conditioner = {.network = {.hidden = kFlowHidden,
                                  .hidden_weight = kConditionerWeight,
                                  .hidden_bias = Initializer::bias_uniform,
                                  .zero_last = true}}};
  return {options, kind.make(values, {.lower = -kFlowBound, .upper = kFlowBound})};
}

// The least and the greatest of each column of a table.
CloudMoments::Range range_of(std::span<const double> table, size_t columns) {
  std::vector<double> least(columns, std::numeric_limits<double>::infinity());
  std::vector<double> greatest(columns, -std::numeric_limits<double>::infinity());
  for (size_t i = 0; i < table.size(); ++i) {
    least[i % columns] = std::min(least[i % columns], table[i]);
    greatest[i % columns] = std::max(greatest[i % columns], table[i]);
  }
  return {least, greatest};
}

Value row_constant(Graph& graph, const std::vector<double>& values) {
  return graph.constant({1, std::ssize(values)}, DType::float64, values);
}

// Of x, (..., columns).
Value clamped(Value x, const CloudMoments::Range& range) {
  return minimum(maximum(x, row_constant(x.graph(), range.least)),
                 row_constant(x.graph(), range.greatest));
}

}  // namespace

CloudMoments::CloudMoments(CloudRows rows, uint64_t seed)
    : rows_(std::move(rows)),
      others_(not_positive(rows_)),
      count_(std::ssize(rows_.positive()) + 2 * std::ssize(others_)),
      flow_(flow(count_, seed)),
      scales_(count_, {}, "moments of clouds", Preprocessing::Constant::shifted) {
  std::vector<int64_t> order = rows_.positive();
  order.insert(order.end(), others_.begin(), others_.end());
  for (int64_t i = 0; i < rows_.features(); ++i) {
    places_of_features_.push_back(std::ranges::find(order, i) - order.begin());
  }
}

std::vector<double> CloudMoments::of_cloud(std::span<const double> cloud) const {
  const auto& positive = rows_.positive();
  const auto weight = [&](const double* particle) {
    return positive.empty() ? 1.0 : particle[positive[0]];
  };
  const std::vector<double> particles = rows_.particles(cloud);
  const auto width = static_cast<size_t>(rows_.features());
  double weights = 0;
  std::vector<double> totals(positive.size());
  std::vector<double> means(others_.size());
  std::vector<double> variances = least_variances_;
  for (size_t at = 0; at < particles.size(); at += width) {
    const double* particle = &particles[at];
    weights += weight(particle);
    for (size_t i = 0; i < positive.size(); ++i) totals[i] += particle[positive[i]];
    for (size_t i = 0; i < others_.size(); ++i) means[i] += weight(particle) * particle[others_[i]];
  }
  for (double& mean : means) mean /= weights;
  for (size_t at = 0; at < particles.size(); at += width) {
    const double* particle = &particles[at];
    for (size_t i = 0; i < others_.size(); ++i) {
      const double apart = particle[others_[i]] - means[i];
      variances[i] += weight(particle) / weights * apart * apart;
    }
  }
  std::vector<double> moments;
  for (const double total : totals) moments.push_back(std::log(total));
  moments.insert(moments.end(), means.begin(), means.end());
  for (const double variance : variances) moments.push_back(0.5 * std::log(variance));
  return moments;
}

void CloudMoments::fit(std::span<const double> x) {
  const std::vector<double> particles = rows_.particles(x);
  const auto features = static_cast<size_t>(rows_.features());
  particle_range_ = range_of(particles, features);
  least_variances_.clear();
  for (const int64_t feature : others_) {
    double mean = 0;
    double square = 0;
    const auto number = static_cast<double>(particles.size() / features);
    for (size_t i = static_cast<size_t>(feature); i < particles.size(); i += features) {
      mean += particles[i] / number;
    }
    for (size_t i = static_cast<size_t>(feature); i < particles.size(); i += features) {
      square += (particles[i] - mean) * (particles[i] - mean) / number;
    }
    least_variances_.push_back(kLeastDeviation * kLeastDeviation * square);
  }
  std::vector<double> moments;
  const auto width = static_cast<size_t>(rows_.columns());
  for (size_t row = 0; row < x.size(); row += width) {
    const std::span<const double> cloud = x.subspan(row, width);
    if (rows_.multiplicities(cloud)[0] > 0) continue;
    const std::vector<double> own = of_cloud(cloud);
    moments.insert(moments.end(), own.begin(), own.end());
  }
  scales_.fit(moments);
  range_ = range_of(moments, static_cast<size_t>(count_));
}

void CloudMoments::fit_without_data() {
  scales_.fit_without_data();
  const auto all = [](int64_t columns) {
    const auto n = static_cast<size_t>(columns);
    return Range{std::vector<double>(n, -kVast), std::vector<double>(n, kVast)};
  };
  range_ = all(count_);
  particle_range_ = all(rows_.features());
  for (const int64_t feature : rows_.positive()) {
    particle_range_.least[static_cast<size_t>(feature)] = 1 / kVast;
  }
  least_variances_.assign(others_.size(), kLeastDeviation * kLeastDeviation);
}

std::string CloudMoments::json() const {
  nlohmann::json all = nlohmann::json::parse(scales_.json());
  all["least"] = range_.least;
  all["greatest"] = range_.greatest;
  all["least_of_particles"] = particle_range_.least;
  all["greatest_of_particles"] = particle_range_.greatest;
  all["least_variances"] = least_variances_;
  return all.dump();
}

void CloudMoments::set_json(const std::string& text) {
  scales_.set_json(text);
  const nlohmann::json stored = nlohmann::json::parse(text);
  const auto list = [&](const char* name, int64_t size) {
    const auto found = stored.find(name);
    const auto number = [](const nlohmann::json& each) { return each.is_number(); };
    if (found == stored.end() || !found->is_array() || std::ssize(*found) != size ||
        !std::all_of(found->begin(), found->end(), number)) {
      fail(Code::corrupt_file, "the stored moments of clouds have no ", size, " numbers '", name,
           "'");
    }
    return found->get<std::vector<double>>();
  };
  range_ = {list("least", count_), list("greatest", count_)};
  particle_range_ = {list("least_of_particles", rows_.features()),
                     list("greatest_of_particles", rows_.features())};
  least_variances_ = list("least_variances", std::ssize(others_));
}

CloudMoments::Raw CloudMoments::raw(Value features, Value mask) const {
  Raw raw;
  const Value tiny = features.graph().scalar(kLeastTotal, DType::float64);
  Value weights = mask;
  if (!rows_.positive().empty()) {
    const Value positive = take(features, rows_.positive()) * mask;
    raw.totals = maximum(sum(positive, {1}, true), tiny);
    weights = slice(positive, 2, 0, 1);
  }
  if (others_.empty()) return raw;
  const Value shares = weights / maximum(sum(weights, {1}, true), tiny);
  const Value others = take(features, others_);
  raw.means = sum(shares * others, {1}, true);
  raw.centred = others - raw.means;
  raw.variances = sum(shares * square(raw.centred), {1}, true) +
                  row_constant(features.graph(), least_variances_);
  return raw;
}

Value CloudMoments::of(Value features, Value mask) const {
  const Raw raw = this->raw(features, mask);
  std::vector<Value> all;
  if (raw.totals) all.push_back(log(raw.totals));
  if (raw.means) {
    all.push_back(raw.means);
    all.push_back(0.5 * log(raw.variances));
  }
  const Value moments = reshape(concat(all, 2), Shape{features.shape()[0], count_});
  return scales_.forward(clamped(moments, range_)).values;
}

Value CloudMoments::given(Value features, Value mask, Value moments) const {
  const auto in_range = [](Value x, const Range& range) {
    const Value inside = clamped(x, range);
    return with_slope_of(inside, x - inside);
  };
  // Before they are moved only what has to be positive has to be so.
  Range first = particle_range_;
  for (const int64_t other : others_) {
    first.least[static_cast<size_t>(other)] = std::numeric_limits<double>::lowest();
    first.greatest[static_cast<size_t>(other)] = std::numeric_limits<double>::max();
  }
  const Value x = in_range(features, first);
  const Raw raw = this->raw(x, mask);
  const Value wanted = scales_.inverse(moments).values;
  const auto part = [&](int64_t first, int64_t columns) {
    return reshape(slice(wanted, 1, first, first + columns), Shape{moments.rows(), 1, columns});
  };
  const int64_t positive = std::ssize(rows_.positive());
  const int64_t others = std::ssize(others_);
  std::vector<Value> parts;
  if (positive > 0)
    parts.push_back(take(x, rows_.positive()) * (exp(part(0, positive)) / raw.totals));
  if (others > 0) {
    // Without what is added to a variance, but never quite nothing: of one particle it is.
    const Value added = row_constant(x.graph(), least_variances_);
    const auto own = [&](Value variance) {
      return maximum(variance - added, kLeastOwnVariance * added);
    };
    const Value stretch =
        sqrt(own(exp(2.0 * part(positive + others, others))) / own(raw.variances));
    parts.push_back(raw.centred * stretch + part(positive, others));
  }
  return in_range(take(concat(parts, 2), places_of_features_), particle_range_);
}

Value CloudMoments::known(Trace& trace, Value mask, Value context) const {
  const Value number = sum(reshape(mask, Shape{mask.rows(), rows_.places()}), {1}, true);
  const auto places = static_cast<double>(rows_.places());
  const Value counts = concat({number / places, log1p(number) / std::log1p(places)}, 1);
  const Value all = cast(counts, trace.dtype());
  return context ? concat({context, all}, 1) : all;
}

Value CloudMoments::surprise(Trace& trace, Value moments, Value mask, Value context) const {
  const Trace::Part part(trace, "moments");
  Value seen = cast(moments, trace.dtype());
  if (trace.seed) {
    seen = seen + kNoise * normal_sample(trace, moments.rows(), count_, kMomentNoiseStage);
  }
  const Mapped latent = flow_.forward(trace, seen, known(trace, mask, context));
  const Value density = normal_log_prob(latent.value) + latent.log_abs_det;
  const Value some = cast(reshape(max(mask, 1), density.shape()), DType::float64);
  return -(density * some);
}

Value CloudMoments::draw(Trace& trace, Value mask, Value context) const {
  const Trace::Part part(trace, "moments");
  const Value latent = normal_sample(trace, mask.rows(), count_, kMomentStage);
  const Value drawn = flow_.backward(trace, latent, known(trace, mask, context)).value;
  const Value moments = scales_.inverse(cast(drawn, DType::float64)).values;
  return scales_.forward(clamped(moments, range_)).values;
}

void CloudMoments::declare(Trace& trace, int64_t context) const {
  const auto row = [&trace](const char* name, const Shape& shape) {
    return trace.graph().input(name, {trace.dtype(), shape});
  };
  surprise(trace, row("moments", {1, count_}), row("mask", {1, rows_.places(), 1}),
           context > 0 ? row("context", {1, context}) : Value());
}

Field cloud_moments_field() {
  return {.name = "cloud_moments",
          .type = FieldType::boolean,
          .default_value = "false",
          .meaning =
              "a flow learns what clouds are as a whole (sums of positive features, and means "
              "and deviations of the others, weighted by the first positive one), and "
              "generated clouds are given what it draws: a jet's momentum, axis and mass are "
              "then those of the data (as in 2305.04847)"};
}

}  // namespace castalia
