// The classifier test as a metric.
#include <algorithm>
#include <cmath>
#include <vector>

#include "cpp/base/status.h"
#include "cpp/referee/classifier/classifier.h"
#include "cpp/referee/metric.h"

namespace castalia::referee {
namespace {

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

// What the test gives for each seed.
struct Series {
  std::vector<double> values, errors;

  void add(const Estimate& estimate) {
    values.push_back(estimate.value);
    errors.push_back(estimate.error);
  }

  // The spread of the seeds holds that of the training and of the choice of test events; with one
  // seed there is none.
  double spread() const {
    if (values.size() < 2) return 0;
    const double mean = mean_of(values);
    double sum = 0;
    for (const double value : values) sum += (value - mean) * (value - mean);
    return std::sqrt(sum / static_cast<double>(values.size() - 1));
  }

  // The seeds share their events, so that their mean is no more certain than one of them.
  double error() const { return std::max(mean_of(errors), spread()); }
};

Judgement evaluate_classifier(const Comparison& comparison, const FieldValues& values, Work& work) {
  ClassifierOptions options;
  options.inputs =
      values.text("inputs") == "showers" ? ClassifierInputs::showers : ClassifierInputs::features;
  options.hidden = values.integer("hidden");
  options.hidden_layers = values.integer("hidden_layers");
  options.epochs = values.integer("epochs");
  options.batch = values.integer("batch");
  options.learning_rate = values.real("learning_rate");
  options.validation = values.real("validation");
  options.test = values.real("test");
  options.threads = work.pool.threads();
  const int64_t seeds = values.integer("seeds");
  if (options.validation + options.test >= 1) {
    fail(Code::out_of_range, "classifier: validation and test are ", options.validation, " and ",
         options.test, " of the events, which leaves none to train on");
  }

  Series auc, jsd, accuracy;
  std::vector<double> loss;
  ClassifierOutcome outcome;
  for (int64_t seed = 0; seed < seeds; ++seed) {
    options.seed = work.seed + static_cast<uint64_t>(seed);
    const auto report = [&](int64_t epoch, int64_t epochs, double) {
      const double done =
          static_cast<double>(seed) + static_cast<double>(epoch) / static_cast<double>(epochs);
      work.report(done / static_cast<double>(seeds));
      return true;
    };
    outcome = classifier_test(*comparison.generated, *comparison.reference, options, report);
    auc.add(outcome.auc);
    jsd.add(outcome.jsd);
    accuracy.add(outcome.accuracy);
    loss.push_back(outcome.test_loss);
  }
  Judgement out;
  out.figures = {{.name = "auc",
                  .value = mean_of(auc.values),
                  .error = auc.error(),
                  .null_value = 0.5,
                  .null_error = outcome.auc_null_error},
                 {.name = "jsd",
                  .value = mean_of(jsd.values),
                  .error = jsd.error(),
                  .null_value = outcome.jsd_null.value,
                  .null_error = outcome.jsd_null.error},
                 {.name = "accuracy",
                  .value = mean_of(accuracy.values),
                  .error = accuracy.error(),
                  .null_value = outcome.accuracy_null.value,
                  .null_error = outcome.accuracy_null.error}};
  out.details = {{"auc_of_seeds", auc.values},
                 {"jsd_of_seeds", jsd.values},
                 {"test_loss_of_seeds", loss},
                 {"auc_spread", auc.spread()},
                 {"train_events", static_cast<double>(outcome.train_events)},
                 {"validation_events", static_cast<double>(outcome.validation_events)},
                 {"test_events", static_cast<double>(outcome.test_events)}};
  return out;
}

}  // namespace

const Metric& classifier_metric() {
  static const Metric metric{
      .name = "classifier",
      .family = "classifier",
      .summary = "how well a trained network tells generated from reference events",
      .description =
          "A perceptron with leaky rectifiers is trained by binary cross entropy with Adam on a "
          "part "
          "of both samples, of which either counts half; the weights are those of the epoch with "
          "the "
          "least loss on the validation part, on which the probabilities are then calibrated by "
          "isotonic regression. The figures are those of the test part: auc, the area under the "
          "ROC "
          "curve (error: DeLong's, or the spread of the seeds where that is larger), and jsd, the "
          "Jensen-Shannon divergence in bits, a lower bound. The defaults are those of the "
          "CaloChallenge. Null values of jsd and accuracy are from labels in random order: "
          "calibration "
          "on few events takes jsd below 0 where there is nothing to tell. inputs = showers "
          "divides the cells by the incident energy, which is "
          "context "
          "column 0, and adds the logarithm of that.",
      .references = {"2106.05285", "2410.21611"},
      .fields = {{.name = "inputs",
                  .type = FieldType::text,
                  .default_value = R"("features")",
                  .meaning = "what the network sees: features (with the context), or showers",
                  .choices = {"features", "showers"}},
                 {.name = "hidden",
                  .type = FieldType::integer,
                  .default_value = "2048",
                  .meaning = "units of a hidden layer",
                  .least = 1,
                  .greatest = 1 << 16},
                 {.name = "hidden_layers",
                  .type = FieldType::integer,
                  .default_value = "2",
                  .meaning = "hidden layers",
                  .least = 1,
                  .greatest = 64},
                 {.name = "epochs",
                  .type = FieldType::integer,
                  .default_value = "50",
                  .meaning = "passes over the training part",
                  .least = 1,
                  .greatest = 1e6},
                 {.name = "batch",
                  .type = FieldType::integer,
                  .default_value = "1000",
                  .meaning = "events of a step",
                  .least = 2,
                  .greatest = 1 << 20},
                 {.name = "learning_rate",
                  .type = FieldType::real,
                  .default_value = "2e-4",
                  .meaning = "of Adam",
                  .least = 1e-12,
                  .greatest = 10},
                 {.name = "validation",
                  .type = FieldType::real,
                  .default_value = "0.2",
                  .meaning = "share of the events that chooses the epoch and calibrates",
                  .least = 1e-3,
                  .greatest = 0.9},
                 {.name = "test",
                  .type = FieldType::real,
                  .default_value = "0.2",
                  .meaning = "share of the events that the figures come from",
                  .least = 1e-3,
                  .greatest = 0.9},
                 {.name = "seeds",
                  .type = FieldType::integer,
                  .default_value = "1",
                  .meaning = "trainings, with other splits and first weights, whose mean is given",
                  .least = 1,
                  .greatest = 1000}},
      .evaluate = evaluate_classifier};
  return metric;
}

}  // namespace castalia::referee
