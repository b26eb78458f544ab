// Whether a generated sample tells more about the truth than the sample it was trained on.
#include <algorithm>
#include <cmath>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/referee/metric.h"
#include "cpp/referee/sample.h"

namespace castalia::referee {
namespace {

// Upper edges of bins with equal shares of the reference's weight, (columns, quantiles - 1), and
// the shares that the bins have (repeated values make them unequal), (columns, quantiles).
struct Quantiles {
  int64_t columns, count;
  std::vector<double> edges;
  std::vector<double> shares;
};

std::vector<double> shares_of(const Dataset& data, std::span<const int64_t> rows,
                              const Quantiles& quantiles) {
  std::vector<double> out(static_cast<size_t>(quantiles.columns * quantiles.count), 0.0);
  double total = 0;
  for (const int64_t row : rows) {
    const double weight = data.weights.empty() ? 1.0 : data.weights[static_cast<size_t>(row)];
    total += weight;
    for (int64_t column = 0; column < quantiles.columns; ++column) {
      const double* edges = quantiles.edges.data() + column * (quantiles.count - 1);
      const double x = data.x[static_cast<size_t>(row * data.features + column)];
      const int64_t bin = std::upper_bound(edges, edges + quantiles.count - 1, x) - edges;
      out[static_cast<size_t>(column * quantiles.count + bin)] += weight;
    }
  }
  if (total <= 0) fail(Code::out_of_range, "amplification: the weights of a part sum to zero");
  for (double& share : out) share /= total;
  return out;
}

std::vector<int64_t> all_rows(const Dataset& data) { return choose_rows(data.rows, 0, 0, 0); }

Quantiles quantiles_of(const Dataset& reference, int64_t count) {
  Quantiles out{reference.features, count, {}, {}};
  const std::vector<double> weights = normalised_weights(reference);
  for (int64_t column = 0; column < reference.features; ++column) {
    std::vector<std::pair<double, double>> sorted;
    for (int64_t row = 0; row < reference.rows; ++row) {
      sorted.emplace_back(reference.x[static_cast<size_t>(row * reference.features + column)],
                          weights[static_cast<size_t>(row)]);
    }
    std::sort(sorted.begin(), sorted.end());
    double below = 0;
    size_t at = 0;
    for (int64_t edge = 1; edge < count; ++edge) {
      const double wanted = static_cast<double>(edge) / static_cast<double>(count);
      while (at + 1 < sorted.size() && below + sorted[at].second <= wanted) {
        below += sorted[at++].second;
      }
      out.edges.push_back(sorted[at].first);
    }
  }
  out.shares = shares_of(reference, all_rows(reference), out);
  return out;
}

// The mean squared difference of the shares from the reference's.
double quantile_error(const Dataset& data, std::span<const int64_t> rows,
                      const Quantiles& quantiles) {
  const std::vector<double> shares = shares_of(data, rows, quantiles);
  double sum = 0;
  for (size_t i = 0; i < shares.size(); ++i) {
    sum += (shares[i] - quantiles.shares[i]) * (shares[i] - quantiles.shares[i]);
  }
  return sum / static_cast<double>(shares.size());
}

// The variance of a share for one event, the mean over the bins.
double unit_variance(const Quantiles& quantiles) {
  double sum = 0;
  for (const double share : quantiles.shares) sum += share * (1 - share);
  return sum / static_cast<double>(quantiles.shares.size());
}

Judgement evaluate_amplification(const Comparison& comparison, const FieldValues& values,
                                 Work& work) {
  if (comparison.training == nullptr) {
    fail(Code::invalid_argument, "amplification needs the training sample, too");
  }
  const Dataset& generated = *comparison.generated;
  const Dataset& training = *comparison.training;
  const Dataset& reference = *comparison.reference;
  const int64_t count = values.integer("quantiles");
  const std::string purpose = text("shares of ", count, " quantiles");
  require_rows(generated, "generated", 2 * count, purpose);
  require_rows(training, "training", 2 * count, purpose);
  require_rows(reference, "reference", 20 * count, purpose);
  const Quantiles quantiles = quantiles_of(reference, count);
  const double unit = unit_variance(quantiles);
  if (unit <= 0) {
    fail(Code::invalid_argument, "amplification: all columns of the reference are constant");
  }
  const double n = effective_rows(normalised_weights(generated));
  const double m = effective_rows(normalised_weights(training));
  const double truth = effective_rows(normalised_weights(reference));

  // Growing parts of the generated sample, in one random order.
  const std::vector<int64_t> order = permutation(work.seed, kChooseGenerated, generated.rows);
  std::vector<double> sizes, errors;
  for (int64_t size = 2 * count;; size *= 2) {
    size = std::min(size, generated.rows);
    sizes.push_back(static_cast<double>(size));
    errors.push_back(
        quantile_error(generated, std::span(order).first(static_cast<size_t>(size)), quantiles));
    work.report(sizes.back() / static_cast<double>(generated.rows) / 2);
    if (size == generated.rows) break;
  }
  const double found = errors.back();
  const double training_error = quantile_error(training, all_rows(training), quantiles);
  // A sum of count - 1 squares in each column; columns may be as good as equal.
  const double relative = std::sqrt(2.0 / static_cast<double>(count - 1));
  const auto error_figure = [&](const char* name, double value, double events) {
    const double null = unit * (1 / events + 1 / truth);
    return Figure{.name = name,
                  .value = value,
                  .error = relative * value,
                  .null_value = null,
                  .null_error = relative * null};
  };
  // So many true events would have the error of the generated sample. Where that is within the
  // reference's own error only a bound is known: its number of events.
  const double own = found - unit / truth;
  const double equivalent = own > unit / truth ? unit / own : truth;
  const double null = n / m;
  Judgement out;
  out.figures = {Figure{.name = "amplification",
                        .value = equivalent / m,
                        .error = relative * equivalent / m,
                        .null_value = std::min(null, truth / m),
                        .null_error = relative * std::min(null, truth / m)},
                 error_figure("quantile_error", found, n),
                 error_figure("training_quantile_error", training_error, m)};
  out.details = {{"sizes", sizes}, {"quantile_errors", errors}, {"equivalent_events", equivalent}};
  return out;
}

}  // namespace

const Metric& amplification_metric() {
  static const Metric metric{
      .name = "amplification",
      .family = "conditional",
      .summary = "how many true events a generated sample is worth, per event it was trained on",
      .description =
          "The quantile error of a sample is the mean squared difference between its share of "
          "events in quantiles of a large reference and the reference's. It falls as one over the "
          "number of true events; that of a generated sample reaches a plateau. The number of true "
          "events with the same error, over the effective number of training events, is the "
          "amplification: above 1 the generator adds what it knows of the shape. Quantiles are "
          "taken column by column and averaged. The null value is that of generated events which "
          "are true. The details give the error of growing parts of the generated sample. Needs "
          "the training sample, too; weights are honoured.",
      .references = {"2008.06545"},
      .fields = {{.name = "quantiles",
                  .type = FieldType::integer,
                  .default_value = "20",
                  .meaning = "number of quantiles of each column",
                  .least = 2,
                  .greatest = 10000}},
      .evaluate = evaluate_amplification};
  return metric;
}

}  // namespace castalia::referee
