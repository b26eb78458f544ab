// Training as a whole, on a toy: every optimiser learns and goes on from a checkpoint with the same
// bits; accumulated gradients are those of one large batch; checkpoints of the first release load.
#include "cpp/train/trainer.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/nn/batch_norm.h"
#include "cpp/train/toy_for_test.h"

namespace castalia {
namespace {

// One that learns well for each optimiser; in all, 40 steps.
const char* const kRuns[] = {
    R"("batch": 32, "learning_rate": 0.02)",
    R"("batch": 32, "learning_rate": 0.02, "optimiser": "adam", "schedule": "one_cycle",
       "ema": 0.8)",
    R"("batch": 32, "learning_rate": 0.05, "optimiser": "sgd", "momentum": 0.9, "nesterov": true)",
    R"("batch": 32, "learning_rate": 0.01, "optimiser": "rmsprop", "beta2": 0.9, "momentum": 0.5)",
    R"("batch": 32, "learning_rate": 0.1, "optimiser": "adagrad", "schedule": "step")",
    R"("batch": 32, "learning_rate": 10, "optimiser": "adadelta", "schedule": "constant")",
    R"("batch": 32, "learning_rate": 0.01, "optimiser": "lion", "schedule": "polynomial")",
    R"("batch": 180, "optimiser": "lbfgs", "ema": 0.5)",
    R"("batch": 45, "optimiser": "lbfgs", "accumulate": 4)",
    R"("batch": 16, "learning_rate": 0.02, "accumulate": 3, "schedule": "cosine_restarts")",
    R"("batch": 32, "learning_rate": 0.3, "optimiser": "sgd", "schedule": "reduce_on_plateau",
       "plateau_patience": 1, "validate_every": 2, "plateau_threshold": 0.2)",
    R"("batch": 32, "learning_rate": 0.02, "group_patterns": ["decoder.*"], "group_rates": [0.5])",
    R"("batch": 32, "learning_rate": 0.02, "weight_decay": 0.1, "group_patterns": ["*.bias"],
       "group_decays": [0])",
};

std::string with(const std::string& fields, const std::string& more = "") {
  return R"({"steps": 40, )" + fields + more + "}";
}

template <typename T, typename Toy = ToyNetwork>
void expect_resumed(const std::string& fields, DType dtype) {
  const std::string path = testing::TempDir() + "trainer_test.checkpoint";
  std::filesystem::remove(path);
  const auto whole = toy_trainer<Toy>(dtype, with(fields));
  EXPECT_EQ(whole->advance(100), 40);
  const std::string checkpoint = R"(, "checkpoint_every": 17, "checkpoint": ")" + path + "\"";
  toy_trainer<Toy>(dtype, with(fields, checkpoint))->advance(17);
  const auto resumed = toy_trainer<Toy>(dtype, with(fields, checkpoint));
  EXPECT_EQ(resumed->step(), 17);
  EXPECT_EQ(resumed->advance(100), 23);
  EXPECT_EQ(toy_weights<T>(*resumed), toy_weights<T>(*whole));
  EXPECT_EQ(resumed->history_json(), whole->history_json());
}

TEST(Trainer, GoesOnFromACheckpointWithTheSameBits) {
  for (const char* fields : kRuns) {
    SCOPED_TRACE(fields);
    expect_resumed<float>(fields, DType::float32);
    expect_resumed<double>(fields, DType::float64);
  }
}

TEST(Trainer, LearnsWithEveryOptimiser) {
  for (const char* fields : kRuns) {
    const auto trainer = toy_trainer(DType::float32, with(fields));
    trainer->advance(1);
    const double before = trainer->loss();
    trainer->advance(39);
    EXPECT_LT(trainer->validation_loss(), 0.5 * before) << fields;
  }
}

TEST(Trainer, AccumulatesToTheGradientOfALargeBatch) {
  const char* const more = R"(, "optimiser": "sgd", "momentum": 0.5, "learning_rate": 0.05,
                             "clip_norm": 1, "validation": 0.1)";
  const auto large = toy_trainer(DType::float64, with(R"("batch": 60)", more));
  const auto parts = toy_trainer(DType::float64, with(R"("batch": 20, "accumulate": 3)", more));
  large->advance(40);
  parts->advance(40);
  const auto a = toy_weights<double>(*large);
  const auto b = toy_weights<double>(*parts);
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-12);
  EXPECT_NEAR(large->loss(), parts->loss(), 1e-12);
}

TEST(Trainer, DrawsFreshNoiseInEachStepAndTheSameForTheRowsHeldOut) {
  expect_resumed<float, NoisyToyNetwork>(R"("batch": 32)", DType::float32);
  expect_resumed<float, NoisyToyNetwork>(R"("batch": 16, "accumulate": 2)", DType::float32);
  const auto run = [](const std::string& fields) {
    return toy_trainer<NoisyToyNetwork>(
        DType::float64, with(R"("learning_rate": 1e-30, "validate_every": 1, )" + fields));
  };
  // The weights stand still, and one step sees all events: the noise alone changes its loss.
  const auto trainer = run(R"("batch": 180)");
  trainer->advance(1);
  const double loss = trainer->loss();
  const double held_out = trainer->validation_loss();
  trainer->advance(1);
  EXPECT_GT(std::abs(trainer->loss() / loss - 1), 1e-6);
  EXPECT_EQ(trainer->validation_loss(), held_out);
  // Smaller batches of one step draw what one large batch draws.
  const auto parts = run(R"("batch": 45, "accumulate": 4)");
  parts->advance(1);
  EXPECT_NEAR(parts->loss(), loss, 1e-12);
  const auto other = run(R"("batch": 180, "seed": 2)");
  other->advance(1);
  EXPECT_GT(std::abs(other->loss() / loss - 1), 1e-6);
}

// Normalises its events before it encodes them.
class NormalisingToyNetwork : public ToyNetwork {
 public:
  using ToyNetwork::ToyNetwork;

  Value loss(Trace& trace, Value x, Value context) override {
    const Value normalised = batch_norm(trace, "norm", cast(x, trace.dtype()));
    return ToyNetwork::loss(trace, cast(normalised, DType::float64), context);
  }
};

TEST(Trainer, KeepsRunningStatistics) {
  // First those of the normalisation: scale and bias, mean and variance, three of each.
  constexpr size_t kStatistics = 6;
  constexpr int kSteps = 5;
  const std::shared_ptr<const Dataset> data = toy_data();
  for (const double ema : {0.0, 0.7}) {
    // Every batch holds all events; neither the optimiser nor a decay of weights moves statistics.
    const auto trainer = toy_trainer<NormalisingToyNetwork>(
        DType::float64, text(R"({"steps": 5, "batch": 200, "validation": 0, "learning_rate": 0.05,
            "schedule": "constant", "optimiser": "adam", "weight_decay": 0.1, "ema": )",
                             ema, "}"));
    trainer->advance(kSteps);
    const auto weights = toy_weights<double>(*trainer);
    for (size_t column = 0; column < 3; ++column) {
      double mean = 0;
      double variance = 0;
      for (size_t row = 0; row < 200; ++row) mean += data->x[row * 3 + column] / 200;
      for (size_t row = 0; row < 200; ++row) {
        variance += std::pow(data->x[row * 3 + column] - mean, 2) / 200;
      }
      // Averaged as the weights are.
      double running[2] = {0, 1};
      double averaged[2] = {0, 1};
      for (int step = 1; step <= kSteps; ++step) {
        const double keep = std::min(ema, (step + 1.0) / (step + 10.0));
        for (size_t i = 0; i < 2; ++i) {
          running[i] += 0.1 * ((i == 0 ? mean : variance) - running[i]);
          averaged[i] += (1 - keep) * (running[i] - averaged[i]);
        }
      }
      for (size_t i = 0; i < 2; ++i) {
        const double expected = ema > 0 ? averaged[i] : running[i];
        EXPECT_NEAR(weights[kStatistics + 3 * i + column], expected, 1e-13) << column << ", " << i;
      }
    }
  }
  for (const char* fields : {R"("batch": 32, "ema": 0.8)", R"("batch": 16, "accumulate": 2)"}) {
    expect_resumed<float, NormalisingToyNetwork>(fields, DType::float32);
  }
}

TEST(Trainer, LeavesAFrozenGroup) {
  const auto trainer = toy_trainer(
      DType::float64,
      with(R"("batch": 32, "group_patterns": ["encoder.*"], "group_rates": [0], "validation": 0)"));
  const auto before = toy_weights<double>(*trainer);
  trainer->advance(3);
  const auto after = toy_weights<double>(*trainer);
  for (size_t i = 0; i < after.size(); ++i) EXPECT_EQ(after[i] == before[i], i < 8) << i;
}

// With such a rate no loss is better by a fifth.
TEST(Trainer, LowersTheRateOnAPlateau) {
  const auto trainer = toy_trainer(DType::float64, with(R"("batch": 32, "optimiser": "sgd",
      "learning_rate": 1e-12, "schedule": "reduce_on_plateau", "plateau_patience": 2,
      "plateau_threshold": 0.2, "decay_factor": 0.5, "final_fraction": 0, "validate_every": 1)"));
  trainer->advance(6);
  const std::string history = trainer->history_json();
  const char* const rates = R"("learning_rate":[1e-12,1e-12,1e-12,5e-13,5e-13,2.5e-13])";
  EXPECT_NE(history.find(rates), std::string::npos) << history;
}

TEST(Trainer, KeepsTheLastGoodWeightsWhenItDiverges) {
  for (const char* accumulate : {"1", "3"}) {
    const auto trainer =
        toy_trainer(DType::float32, with(R"("batch": 32, "optimiser": "sgd", "learning_rate": 1000,
            "schedule": "constant", "validation": 0, "accumulate": )" +
                                         std::string(accumulate)));
    try {
      trainer->advance(40);
      FAIL() << "converged";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), Code::numerical);
      EXPECT_NE(std::string(error.what()).find(text("step ", trainer->step() + 1, ": ")),
                std::string::npos)
          << error.what();
    }
    for (const float weight : toy_weights<float>(*trainer)) EXPECT_TRUE(std::isfinite(weight));
  }
}

TEST(Trainer, NeedsEventsForAStep) {
  try {
    toy_trainer(DType::float32, with(R"("batch": 100, "accumulate": 2)"));
    FAIL() << "taken";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Code::empty_data);
    EXPECT_NE(std::string(error.what()).find("training.accumulate = 2"), std::string::npos)
        << error.what();
  }
}

TEST(Trainer, RefusesTheCheckpointOfAnotherOptimiser) {
  const std::string path = testing::TempDir() + "another.checkpoint";
  std::filesystem::remove(path);
  const std::string checkpoint = R"(, "checkpoint": ")" + path + "\"";
  toy_trainer(DType::float32, with(R"("batch": 32)", checkpoint))->advance(40);
  EXPECT_THROW(toy_trainer(DType::float32, with(R"("batch": 32, "optimiser": "adam")", checkpoint)),
               Error);
}

// The file was written by the first release after 20 of 40 steps; the weights are those that it
// came to.
TEST(Trainer, GoesOnFromACheckpointOfTheFirstRelease) {
  const std::string path = testing::TempDir() + "first_release.checkpoint";
  std::filesystem::copy_file("cpp/train/testdata/checkpoint_1.safetensors", path,
                             std::filesystem::copy_options::overwrite_existing);
  const std::string fields = R"({"steps": 40, "batch": 32, "learning_rate": 0.01,
      "schedule": "one_cycle", "weight_decay": 0.1, "clip_norm": 0.5, "ema": 0.9,
      "validate_every": 7, "checkpoint": ")";
  const auto trainer = toy_trainer(DType::float64, fields + path + "\"}");
  EXPECT_EQ(trainer->step(), 20);
  EXPECT_EQ(trainer->advance(100), 20);
  const double expected[kToyWeights] = {
      0.60286053053795008,  0.14216624291659788,  0.4108831710854528,    0.75077236400415959,
      -0.36498818032084962, 0.036863294743255386, 0.045726171669360903,  0.086262583506874255,
      0.45454541658022241,  0.65936580991190752,  -0.60985407104315337,  0.48483022620294541,
      0.40351326832231788,  -0.66308338110129705, -0.046526757553559929, -0.040789014206729847,
      0.056574507312501951};
  const auto weights = toy_weights<double>(*trainer);
  for (size_t i = 0; i < kToyWeights; ++i) EXPECT_NEAR(weights[i], expected[i], 1e-12) << i;
  EXPECT_NEAR(trainer->validation_loss(), 0.45364054603963394, 1e-12);
}

}  // namespace
}  // namespace castalia
