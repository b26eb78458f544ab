// What is left of a training that does not come to its end.
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "tests/toy/toy.h"

namespace {

std::vector<double> parameters(castalia_model* model) {
  int64_t count = 0;
  const std::unique_ptr<double, decltype(&std::free)> values(toy_parameters(model, &count),
                                                             &std::free);
  return {values.get(), values.get() + count};
}

std::vector<double> events(castalia_model* model) {
  std::vector<double> x(100 * TOY_FEATURES);
  const castalia_array array = toy_array(x.data(), 100, TOY_FEATURES);
  TOY(castalia_model_sample(model, 1, 0, nullptr, &array));
  return x;
}

class Unfinished : public testing::Test {
 protected:
  ~Unfinished() override { TOY(castalia_model_destroy(model_)); }

  castalia_model* const model_ = toy_trained(nullptr);
  const std::vector<double> weights_ = parameters(model_);
  const std::vector<double> events_ = events(model_);
};

TEST_F(Unfinished, CancelledKeepsTheWeights) {
  int64_t steps = 0;
  const auto stop = [](int64_t step, int64_t, double, double, void* user) {
    *static_cast<int64_t*>(user) = step;
    return 1;
  };
  EXPECT_EQ(toy_fit(model_, R"({"steps": 100000, "batch": 64})", stop, &steps), CASTALIA_CANCELLED);
  EXPECT_GT(steps, 0);
  EXPECT_NE(std::string(castalia_last_error()).find("step " + std::to_string(steps)),
            std::string::npos)
      << castalia_last_error();
  EXPECT_EQ(parameters(model_), weights_);
  EXPECT_EQ(events(model_), events_);
}

TEST_F(Unfinished, NumericalFailureNamesStepAndOperatorAndKeepsTheWeights) {
  EXPECT_EQ(toy_fit(model_,
                    R"({"steps": 300, "batch": 64, "learning_rate": 1e3, "weight_decay": 1e3,
              "schedule": "constant"})",
                    nullptr, nullptr),
            CASTALIA_NUMERICAL);
  const std::string message = castalia_last_error();
  EXPECT_NE(message.find("step "), std::string::npos) << message;
  EXPECT_NE(message.find("operator '"), std::string::npos) << message;
  EXPECT_EQ(parameters(model_), weights_);
  EXPECT_EQ(events(model_), events_);
}

TEST_F(Unfinished, UnwritableCheckpointKeepsTheWeights) {
  EXPECT_EQ(toy_fit(model_, R"({"steps": 3, "batch": 64, "checkpoint": "/nowhere/checkpoint"})",
                    nullptr, nullptr),
            CASTALIA_IO_ERROR);
  EXPECT_EQ(parameters(model_), weights_);
  EXPECT_EQ(events(model_), events_);
}

TEST_F(Unfinished, DestroyedTrainerKeepsTheWeights) {
  castalia_dataset* dataset = toy_dataset();
  castalia_trainer* trainer = nullptr;
  TOY(castalia_trainer_create(model_, dataset, nullptr, &trainer));
  TOY(castalia_trainer_advance(trainer, 3));
  std::vector<double> x(TOY_FEATURES);
  const castalia_array array = toy_array(x.data(), 1, TOY_FEATURES);
  EXPECT_EQ(castalia_model_sample(model_, 1, 0, nullptr, &array), CASTALIA_BUSY);
  TOY(castalia_trainer_destroy(trainer));
  TOY(castalia_dataset_destroy(dataset));
  EXPECT_EQ(parameters(model_), weights_);
  EXPECT_EQ(events(model_), events_);
}

// A checkpoint after a cancelled fit: the same call goes on from it, to the weights of one that was
// never cancelled.
TEST(Cancelled, GoesOnFromItsCheckpoint) {
  const std::string path = testing::TempDir() + "cancelled.checkpoint";
  std::filesystem::remove(path);
  const std::string training =
      R"({"steps": 60, "batch": 128, "checkpoint_every": 20, "checkpoint": ")" + path + R"("})";

  castalia_model* whole = toy_model(nullptr);
  TOY(toy_fit(whole, training.c_str(), nullptr, nullptr));
  std::filesystem::remove(path);

  castalia_model* model = toy_model(nullptr);
  castalia_dataset* dataset = toy_dataset();
  castalia_config* config = toy_config(training.c_str());
  castalia_trainer* trainer = nullptr;
  TOY(castalia_trainer_create(model, dataset, config, &trainer));
  TOY(castalia_trainer_advance(trainer, 33));
  TOY(castalia_trainer_destroy(trainer));
  EXPECT_NE(parameters(model), parameters(whole));
  TOY(castalia_model_fit(model, dataset, config, nullptr, nullptr));
  EXPECT_EQ(parameters(model), parameters(whole));

  // Another run must not go on from it.
  castalia_model* other = toy_model(nullptr);
  TOY(castalia_config_set_real(config, "learning_rate", 2e-3));
  EXPECT_EQ(castalia_model_fit(other, dataset, config, nullptr, nullptr),
            CASTALIA_INVALID_ARGUMENT);
  EXPECT_NE(std::string(castalia_last_error()).find("another run"), std::string::npos)
      << castalia_last_error();

  TOY(castalia_config_destroy(config));
  TOY(castalia_dataset_destroy(dataset));
  for (castalia_model* each : {whole, model, other}) TOY(castalia_model_destroy(each));
}

}  // namespace
