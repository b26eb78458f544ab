// What a report says, before it is set on a page: everything here is a function of its content.
#ifndef CASTALIA_BINDINGS_CLI_REPORT_REPORT_H_
#define CASTALIA_BINDINGS_CLI_REPORT_REPORT_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "bindings/cli/report/compare.h"

namespace castalia_cli::report {

using Json = nlohmann::ordered_json;

// Where a sample comes from: "showers.h5:showers", or a model that drew it.
struct Source {
  std::string place;
  int64_t events = 0;
};

struct Column {
  std::string name, units, meaning;
  std::vector<double> generated, reference;
  std::vector<double> training = {};  // empty where there is none
};

// What describes whole samples: a mean image (rank 2, or 3 for one a layer) or a spectrum (rank 1).
struct Detail {
  std::string name, units, meaning;
  std::vector<int64_t> shape;
  std::vector<double> generated, reference;  // as many as the shape says
};

// A weight for each event; empty where each counts for one.
struct Weights {
  std::vector<double> generated, reference, training;
};

struct Content {
  std::string title;
  std::string command;  // the line that makes this report again
  Source generated, reference;
  std::optional<Source> training;
  std::string observables;           // what the columns are, for people
  std::vector<std::string> remarks;  // what the reader has to know
  std::vector<Column> columns;
  Weights weights;
  // What castalia_evaluate gave of all columns by chi_square, separation_power and wasserstein
  // (`scaling` none), and the same of the training events.
  std::vector<Json> column_judgements, column_floors;
  std::vector<Detail> details;
  // What castalia_evaluate gave, or {metric, failure} where it could not.
  std::vector<Json> judgements;
  // The same of the training events against the reference: what no generator can be better than.
  std::vector<Json> floors;
  Json settings = Json::object();
};

enum class Verdict { indistinguishable, hint, differs, not_judged };

// In standard deviations: from there on equality is in doubt, and from there on out of question.
inline constexpr double kHint = 3, kDiffers = 5;

Verdict verdict_of(double deviation);
const char* words(Verdict verdict);  // "indistinguishable", "hint", "differs", "not judged"

// One figure of one metric.
struct Finding {
  std::string metric, figure;
  bool quoted = false;  // the first of its metric
  double value = kUnknown, error = kUnknown, null_value = kUnknown, null_error = kUnknown;
  double deviation = kUnknown;
  double floor = kUnknown, floor_error = kUnknown;
  Verdict verdict = Verdict::not_judged;
  std::string failure;  // why there is no value
};

// How far two samples of one observable are apart, by the details of column_judgements, and what is
// expected of two samples of one distribution. Unknown where a metric had too few events.
struct Distance {
  double chi2_per_ndf = kUnknown;
  int ndf = 0;
  double shape_deviation = kUnknown;  // the normal deviate of that chi2, above 0 for too far apart
  double mean_deviation = kUnknown;
  double separation = kUnknown, separation_expected = kUnknown;
  // Area between the distribution functions, in units of the observable.
  double wasserstein = kUnknown, wasserstein_expected = kUnknown;

  // The greater of the two deviations.
  double deviation() const;
};

struct Observation {
  const Column* column = nullptr;  // lives in the content
  Binning binning;
  Histogram generated, reference;
  Summary generated_summary, reference_summary;
  Distance distance;              // generated from reference
  std::optional<Distance> floor;  // training from reference
  Verdict verdict = Verdict::not_judged;
};

struct Report {
  Content content;
  std::vector<Finding> findings;
  std::vector<Observation> observations;  // in the order of the columns
  std::vector<size_t> worst_first;        // numbers of observations
  Verdict verdict = Verdict::not_judged;
  std::string sentence;

  Report() = default;
  Report(Report&&) = default;
  Report& operator=(Report&&) = default;
};

// The whole differs where one comparison does. It is a hint only where the greatest deviation is
// more than chance gives among so many: one of a hundred comparisons of equal samples exceeds 2.6
// standard deviations.
Report judge(Content content);

// A self-contained page, HTML and well-formed XML at once.
std::string page(const Report& report);
// The same for programs; NaN is null.
Json twin(const Report& report);
// The verdict for a terminal.
std::string table(const Report& report);

}  // namespace castalia_cli::report

#endif  // CASTALIA_BINDINGS_CLI_REPORT_REPORT_H_
