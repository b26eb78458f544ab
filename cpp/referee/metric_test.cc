// What holds for every metric: the description, the refusal of bad input, the same bits for any
// number of threads.
#include "cpp/referee/metric.h"

#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "cpp/base/status.h"
#include "cpp/referee/samples_for_test.h"

namespace castalia::referee {
namespace {

// Two samples and options that a metric takes, small enough to be quick.
struct Example {
  Dataset generated, reference, training;
  std::string options;

  Comparison comparison() const { return {&generated, &reference, &training}; }
};

Example example_of(const std::string& metric) {
  Example out{shower_sample(300, 12, 1), shower_sample(280, 12, 2), shower_sample(100, 12, 3), ""};
  if (metric == "classifier") {
    out.options = R"({"hidden": 8, "epochs": 4, "batch": 60, "learning_rate": 0.01})";
  }
  if (metric == "energy_movers_distance") out.options = R"({"batches": 6, "events": 8})";
  if (metric == "jet_scores") out.options = R"({"batches": 6, "events": 8})";
  if (metric == "optimal_transport") out.options = R"({"batches": 3, "events": 40})";
  if (metric == "sinkhorn") out.options = R"({"batches": 3, "events": 40})";
  if (metric == "frechet_physics_distance") {
    out.options = R"({"min_samples": 50, "max_samples": 250, "batches": 3, "points": 4})";
  }
  if (metric == "kernel_physics_distance") out.options = R"({"batches": 3, "batch_size": 100})";
  if (metric == "amplification") {
    out.options = R"({"quantiles": 5})";
  }
  if (metric == "calibration") out.generated = shower_sample(280 * 5, 12, 1);
  if (metric == "bits_per_dimension") {
    out.generated = normal_sample(300, 1, 1);
    out.reference = normal_sample(280, 1, 2);
    out.training = normal_sample(280, 1, 3);
    out.options = R"({"dimensions": 3})";
  }
  return out;
}

std::string evaluated(const Metric& metric, const Example& example, int threads = 1) {
  ThreadPool pool(threads);
  Work work{.pool = pool, .seed = 7};
  return evaluate(metric, example.comparison(), example.options, work).json;
}

Code refusal(const Metric& metric, const Example& example, std::string* message = nullptr) {
  try {
    evaluated(metric, example);
  } catch (const Error& error) {
    if (message != nullptr) *message = error.what();
    return error.code();
  }
  return Code::ok;
}

class EveryMetric : public testing::TestWithParam<const Metric*> {};

TEST_P(EveryMetric, IsDescribed) {
  const Metric& metric = *GetParam();
  EXPECT_EQ(&find_metric(metric.name), &metric);
  EXPECT_FALSE(metric.family.empty());
  EXPECT_FALSE(metric.summary.empty());
  EXPECT_GT(metric.description.size(), metric.summary.size());
  std::set<std::string> names;
  for (const Field& field : metric.fields) {
    EXPECT_TRUE(names.insert(field.name).second) << field.name;
    EXPECT_FALSE(field.meaning.empty()) << field.name;
  }
}

TEST_P(EveryMetric, GivesFiguresWithErrorsAndNullValues) {
  const auto json = nlohmann::json::parse(evaluated(*GetParam(), example_of(GetParam()->name)));
  EXPECT_EQ(json["metric"], GetParam()->name);
  EXPECT_EQ(json["seed"], 7);
  EXPECT_EQ(json["reference"]["rows"], 280);
  ASSERT_FALSE(json["figures"].empty());
  for (const auto& figure : json["figures"]) {
    for (const char* key : {"value", "error", "null_value", "null_error", "deviation"}) {
      EXPECT_TRUE(figure[key].is_number()) << figure;
    }
    EXPECT_GT(figure["error"].get<double>(), 0) << figure;
    EXPECT_GT(figure["null_error"].get<double>(), 0) << figure;
  }
  for (const Field& field : GetParam()->fields) {
    EXPECT_TRUE(json["settings"].contains(field.name)) << field.name;
  }
}

TEST_P(EveryMetric, HasTheSameBitsForAnyNumberOfThreads) {
  const Example example = example_of(GetParam()->name);
  const std::string one = evaluated(*GetParam(), example);
  EXPECT_EQ(evaluated(*GetParam(), example, 2), one);
  EXPECT_EQ(evaluated(*GetParam(), example, 5), one);
}

TEST_P(EveryMetric, HonoursWeights) {
  // Weights that are all equal change nothing; ones that differ change the first figure.
  Example example = example_of(GetParam()->name);
  const auto figure = [&] {
    return nlohmann::json::parse(evaluated(*GetParam(), example))["figures"][0]["value"]
        .get<double>();
  };
  const double plain = figure();
  const auto set = [](Dataset& data, double low, double high) {
    data.weights.assign(static_cast<size_t>(data.rows), low);
    for (size_t i = 0; i < data.weights.size(); i += 3) data.weights[i] = high;
  };
  set(example.generated, 0.5, 0.5);
  set(example.reference, 3, 3);
  EXPECT_NEAR(figure(), plain, 1e-6 * std::abs(plain) + 1e-9);
  set(example.reference, 3, 1);
  set(example.generated, 0.5, 2);
  const bool ignored = GetParam()->name == "energy_movers_distance";  // its stated convention
  EXPECT_EQ(figure() == plain, ignored);
}

TEST_P(EveryMetric, TakesConstantColumns) {
  Example example = example_of(GetParam()->name);
  if (example.reference.features == 1) GTEST_SKIP() << "has no column to spare";
  for (Dataset* data : {&example.generated, &example.reference, &example.training}) {
    for (int64_t row = 0; row < data->rows; ++row) {
      data->x[static_cast<size_t>(row * data->features + 4)] = 0;
      data->x[static_cast<size_t>(row * data->features + 5)] = 0.1;
    }
  }
  const auto json = nlohmann::json::parse(evaluated(*GetParam(), example));
  EXPECT_TRUE(json["figures"][0]["value"].is_number());
}

TEST_P(EveryMetric, RefusesOtherColumns) {
  Example example = example_of(GetParam()->name);
  Dataset& data = example.generated;
  data.features += 1;
  data.x.resize(static_cast<size_t>(data.rows * data.features), 0.5);
  EXPECT_EQ(refusal(*GetParam(), example), Code::shape_mismatch);
}

TEST_P(EveryMetric, RefusesWhatIsNotFinite) {
  for (const double bad :
       {std::numeric_limits<double>::quiet_NaN(), std::numeric_limits<double>::infinity()}) {
    Example example = example_of(GetParam()->name);
    const auto columns = static_cast<size_t>(example.generated.features);
    example.generated.x[17 * columns] = bad;
    std::string message;
    EXPECT_EQ(refusal(*GetParam(), example, &message), Code::not_finite);
    EXPECT_NE(message.find("row 17, column 0"), std::string::npos) << message;
    example = example_of(GetParam()->name);
    example.reference.weights.assign(static_cast<size_t>(example.reference.rows), 1.0);
    example.reference.weights[3] = bad;
    EXPECT_EQ(refusal(*GetParam(), example), Code::not_finite);
  }
}

TEST_P(EveryMetric, RefusesSenselessWeights) {
  Example example = example_of(GetParam()->name);
  example.generated.weights.assign(static_cast<size_t>(example.generated.rows), 1.0);
  example.generated.weights[2] = -1;
  std::string message;
  EXPECT_EQ(refusal(*GetParam(), example, &message), Code::out_of_range);
  EXPECT_NE(message.find("row 2"), std::string::npos) << message;
  example.generated.weights.assign(static_cast<size_t>(example.generated.rows), 0.0);
  EXPECT_EQ(refusal(*GetParam(), example, &message), Code::out_of_range);
  EXPECT_NE(message.find("sum to zero"), std::string::npos) << message;
}

TEST_P(EveryMetric, RefusesSamplesThatAreTooSmall) {
  Example example = example_of(GetParam()->name);
  example.generated = empty_dataset(0, example.reference.features);
  EXPECT_EQ(refusal(*GetParam(), example), Code::empty_data);
  example = example_of(GetParam()->name);
  for (Dataset* data : {&example.generated, &example.reference}) {
    data->rows = 1;
    data->x.resize(static_cast<size_t>(data->features));
    data->context.resize(static_cast<size_t>(data->context_features));
  }
  std::string message;
  EXPECT_EQ(refusal(*GetParam(), example, &message), Code::empty_data);
  EXPECT_NE(message.find("needs at least"), std::string::npos) << message;
}

TEST_P(EveryMetric, CanBeCancelled) {
  const Example example = example_of(GetParam()->name);
  ThreadPool pool(1);
  Work work{.pool = pool, .seed = 1, .progress = [](double) { return false; }};
  try {
    evaluate(*GetParam(), example.comparison(), example.options, work);
    FAIL() << "was not cancelled";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::cancelled);
  }
}

INSTANTIATE_TEST_SUITE_P(Referee, EveryMetric,
                         testing::ValuesIn(metrics().begin(), metrics().end()),
                         [](const auto& info) { return info.param->name; });

TEST(Metrics, UnknownNamesAreAnsweredWithTheNearest) {
  try {
    find_metric("wassertein");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::not_found);
    EXPECT_NE(std::string(error.what()).find("'wasserstein'"), std::string::npos) << error.what();
  }
}

TEST(Metrics, AreListedAsJson) {
  const auto list = nlohmann::json::parse(metrics_json());
  ASSERT_EQ(list.size(), metrics().size());
  for (const auto& each : list) {
    for (const char* key :
         {"name", "family", "summary", "description", "takes", "fields", "references"}) {
      EXPECT_TRUE(each.contains(key)) << key;
    }
  }
}

}  // namespace
}  // namespace castalia::referee
