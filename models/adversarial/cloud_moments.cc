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

constexpr double kTiny = std::numeric_limits<double>::min();  // for sums over empty clouds
// Added to every variance, of logarithms or in units of all particles': a cloud of one has none.
constexpr double kLeastVariance = 1e-6;
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

Value row_constant(Graph& graph, std::span<const double> values) {
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
      count_(2 * rows_.features()),
      flow_(flow(count_, seed)),
      scales_(count_, {}, "moments of clouds", Preprocessing::Constant::shifted) {
  std::vector<int64_t> order = rows_.positive();
  order.insert(order.end(), others_.begin(), others_.end());
  for (int64_t i = 0; i < rows_.features(); ++i) {
    places_of_features_.push_back(std::ranges::find(order, i) - order.begin());
  }
}

std::vector<double> CloudMoments::of_cloud(std::span<const double> cloud) const {
  const std::vector<double> particles = rows_.particles(cloud);
  const auto width = static_cast<size_t>(rows_.features());
  // Sums over the particles of what a function makes of one.
  const auto total = [&](auto&& function) {
    double sum = 0;
    for (size_t at = 0; at < particles.size(); at += width) sum += function(&particles[at]);
    return sum;
  };
  const auto number = static_cast<double>(particles.size() / width);
  std::vector<double> moments;
  std::vector<double> deviations;
  const auto deviation = [](double variance) { return 0.5 * std::log(variance + kLeastVariance); };
  for (const int64_t i : rows_.positive()) {
    moments.push_back(std::log(total([i](const double* p) { return p[i]; })));
    const double mean = total([i](const double* p) { return std::log(p[i]); }) / number;
    deviations.push_back(deviation(
        total([&](const double* p) { return (std::log(p[i]) - mean) * (std::log(p[i]) - mean); }) /
        number));
  }
  const bool even = rows_.positive().empty();
  const auto weight = [&](const double* p) { return even ? 1.0 : p[rows_.positive()[0]]; };
  const double all = total(weight);
  for (size_t k = 0; k < others_.size(); ++k) {
    const auto value = [&](const double* p) { return p[others_[k]] / units_[k]; };
    const double mean = total([&](const double* p) { return weight(p) / all * value(p); });
    moments.push_back(mean);
    deviations.push_back(deviation(total(
        [&](const double* p) { return weight(p) / all * (value(p) - mean) * (value(p) - mean); })));
  }
  moments.insert(moments.end(), deviations.begin(), deviations.end());
  return moments;
}

void CloudMoments::fit(std::span<const double> x) {
  const std::vector<double> particles = rows_.particles(x);
  const auto features = static_cast<size_t>(rows_.features());
  particle_range_ = range_of(particles, features);
  const auto mean_of = [&](int64_t feature, auto&& function) {
    double sum = 0;
    const auto number = static_cast<double>(particles.size() / features);
    for (size_t i = static_cast<size_t>(feature); i < particles.size(); i += features) {
      sum += function(particles[i]) / number;
    }
    return sum;
  };
  typical_.clear();
  for (const int64_t i : rows_.positive()) {
    typical_.push_back(mean_of(i, [](double f) { return f; }));
  }
  units_.clear();
  for (const int64_t i : others_) {
    // Of a feature that is the same for all, any.
    const double half = particle_range_.greatest[static_cast<size_t>(i)] / 2 -
                        particle_range_.least[static_cast<size_t>(i)] / 2;
    const double largest = half > 0 ? half : 1;
    const double mean = mean_of(i, [](double f) { return f; });
    const double square =
        mean_of(i, [&](double f) { return (f - mean) / largest * ((f - mean) / largest); });
    units_.push_back(square > 0 ? largest * std::sqrt(square) : 1);
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
  typical_.assign(rows_.positive().size(), 1);
  units_.assign(others_.size(), 1);
}

std::string CloudMoments::json() const {
  nlohmann::json all = nlohmann::json::parse(scales_.json());
  all["least"] = range_.least;
  all["greatest"] = range_.greatest;
  all["least_of_particles"] = particle_range_.least;
  all["greatest_of_particles"] = particle_range_.greatest;
  all["typical_of_positive"] = typical_;
  all["units_of_others"] = units_;
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
  typical_ = list("typical_of_positive", std::ssize(rows_.positive()));
  units_ = list("units_of_others", std::ssize(others_));
}

CloudMoments::Spread CloudMoments::spread(Value x, Value weights) {
  const Value tiny = x.graph().scalar(kTiny, DType::float64);
  const Value shares = weights / maximum(sum(weights, {1}, true), tiny);
  Spread found;
  found.mean = sum(shares * x, {1}, true);
  found.centred = x - found.mean;
  found.variance = sum(shares * square(found.centred), {1}, true) + kLeastVariance;
  return found;
}

Value CloudMoments::units(Graph& graph) const { return row_constant(graph, units_); }

// Of positive features. Those below the least of the data, which may be negative, go on in a
// straight line: a generator that makes such learns of it, and no two become the same.
Value CloudMoments::logarithm(Value positive) const {
  std::vector<double> least;
  for (const int64_t i : rows_.positive()) {
    least.push_back(particle_range_.least[static_cast<size_t>(i)]);
  }
  const Value bound = row_constant(positive.graph(), least);
  const Value above = maximum(positive, bound);
  return log(above) + (positive - above) / row_constant(positive.graph(), typical_);
}

// Positive features without what is in empty places.
Value CloudMoments::weights(Value positive, Value mask) const {
  return positive ? slice(positive, 2, 0, 1) * mask : mask;
}

Value CloudMoments::of(Value features, Value mask) const {
  std::vector<Value> moments;
  std::vector<Value> deviations;
  const auto add_deviation = [&](const Spread& of) {
    deviations.push_back(0.5 * log(of.variance));
  };
  Value positive;
  if (!rows_.positive().empty()) {
    const Value one = features.graph().scalar(1, DType::float64);
    positive = select(mask, take(features, rows_.positive()), one);
    const Value tiny = features.graph().scalar(kTiny, DType::float64);
    moments.push_back(log(maximum(sum(positive * mask, {1}, true), tiny)));
    add_deviation(spread(log(positive), mask));
  }
  if (!others_.empty()) {
    const Value x = take(features, others_) / units(features.graph());
    const Spread found = spread(x, weights(positive, mask));
    moments.push_back(found.mean);
    add_deviation(found);
  }
  moments.insert(moments.end(), deviations.begin(), deviations.end());
  const Value all = reshape(concat(moments, 2), Shape{features.shape()[0], count_});
  return scales_.forward(clamped(all, range_)).values;
}

Value CloudMoments::given(Value features, Value mask, Value moments) const {
  const Value wanted = scales_.inverse(moments).values;
  const auto part = [&](int64_t first, int64_t columns) {
    return reshape(slice(wanted, 1, first, first + columns), Shape{moments.rows(), 1, columns});
  };
  // The factor that gives a variance the wanted deviation, without what is added to either. No
  // variance counts as less than that: particles that all but coincide are not blown up.
  const auto stretch = [](const Spread& of, Value log_deviation) {
    const Value least = log_deviation.graph().scalar(kLeastVariance, DType::float64);
    const auto own = [&](Value variance) { return maximum(variance - least, least); };
    return sqrt(own(exp(2.0 * log_deviation)) / own(of.variance));
  };
  const int64_t positives = std::ssize(rows_.positive());
  const int64_t others = std::ssize(others_);
  std::vector<Value> made;
  Value positive;
  if (positives > 0) {
    const Value logarithms = logarithm(take(features, rows_.positive()));
    const Spread found = spread(logarithms, mask);
    const Value factor = stretch(found, part(positives + others, positives));
    const Value shares = exp(found.centred * mask * factor);
    // A particle of the mean logarithm has a share of 1: the sum is less for an empty cloud alone.
    const Value one = features.graph().scalar(1, DType::float64);
    positive = shares * (exp(part(0, positives)) / maximum(sum(shares * mask, {1}, true), one));
    made.push_back(positive);
  }
  if (others > 0) {
    const Value unit = units(features.graph());
    const Spread found = spread(take(features, others_) / unit, weights(positive, mask));
    const Value factor = stretch(found, part(2 * positives + others, others));
    made.push_back((found.centred * factor + part(positives, others)) * unit);
  }
  const Value x = take(concat(made, 2), places_of_features_);
  const Value inside = clamped(x, particle_range_);
  return with_slope_of(inside, x - inside);
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
