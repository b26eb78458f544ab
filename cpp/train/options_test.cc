// Training fields that do not go together are refused, and the message names them.
#include "cpp/train/options.h"

#include <string>

#include <gtest/gtest.h>

#include "cpp/base/status.h"

namespace castalia {
namespace {

// The message with which the fields are refused; empty when they are not.
std::string refusal(const std::string& json) {
  try {
    TrainingOptions{json};
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

void expect_refused(const std::string& json, const std::vector<std::string>& parts) {
  const std::string message = refusal(json);
  EXPECT_NE(message, "") << json;
  for (const std::string& part : parts) {
    EXPECT_NE(message.find(part), std::string::npos) << json << ": " << message;
  }
}

TEST(TrainingOptions, HaveTheDefaultsOfTheTable) {
  const TrainingOptions options("");
  EXPECT_EQ(options.optimiser, OptimiserKind::adamw);
  EXPECT_EQ(options.schedule, Schedule::cosine);
  EXPECT_EQ(options.accumulate, 1);
}

TEST(TrainingOptions, TakeWhatTheyWrite) {
  const TrainingOptions options(
      R"({"optimiser": "sgd", "momentum": 0.9, "nesterov": true, "schedule": "multi_step",
          "milestones": [10, 20], "group_patterns": ["*.bias"], "group_rates": [2]})");
  EXPECT_EQ(refusal(options.json), "");
  EXPECT_EQ(TrainingOptions(options.json).json, options.json);
}

TEST(TrainingOptions, RefuseFieldsThatNothingReads) {
  expect_refused(R"({"optimiser": "adam", "momentum": 0.9})",
                 {"training.momentum", "adam", "sgd, rmsprop"});
  expect_refused(R"({"optimiser": "sgd", "beta2": 0.9})", {"training.beta2", "lion"});
  expect_refused(R"({"optimiser": "lbfgs", "learning_rate": 0.1})", {"training.learning_rate"});
  expect_refused(R"({"optimiser": "lbfgs", "clip_norm": 1})", {"training.clip_norm"});
  expect_refused(R"({"lbfgs_history": 3})", {"training.lbfgs_history", "adamw", "lbfgs"});
  expect_refused(R"({"schedule": "cosine", "milestones": [3]})",
                 {"training.milestones", "cosine", "multi_step"});
  expect_refused(R"({"plateau_patience": 3})", {"training.plateau_patience", "reduce_on_plateau"});
}

TEST(TrainingOptions, RefuseWhatDoesNotGoTogether) {
  expect_refused(R"({"schedule": "multi_step"})", {"training.milestones"});
  expect_refused(R"({"schedule": "multi_step", "milestones": [5, 5]})", {"increase", "5"});
  expect_refused(R"({"optimiser": "sgd", "nesterov": true})", {"training.momentum"});
  expect_refused(R"({"group_patterns": ["a", "b"], "group_rates": [1]})",
                 {"group_patterns", "2", "group_rates", "1"});
  expect_refused(R"({"group_patterns": ["a"], "group_decays": [1, 2], "weight_decay": 1})",
                 {"group_patterns", "1", "group_decays", "2"});
  expect_refused(R"({"group_patterns": ["a"], "group_decays": [0]})", {"training.weight_decay"});
  expect_refused(R"({"group_patterns": ["a"]})", {"group_rates", "group_decays"});
  expect_refused(R"({"schedule": "reduce_on_plateau", "validation": 0})", {"training.validation"});
  expect_refused(R"({"optimiser": "adan"})", {"training.optimiser", "adam"});
}

}  // namespace
}  // namespace castalia
