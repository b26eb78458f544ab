// Sampling goes on in a child process made by fork(), where no thread but one is left: frameworks
// of experiments fork their workers after loading everything.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <vector>

#include "tests/toy/toy.h"

namespace {

constexpr int64_t kEvents = 1000;
constexpr unsigned kPatience = 60;  // seconds until a child that hangs is ended

// Runs the work in a child; whether it returned true.
bool in_child(const std::function<bool()>& work) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(kPatience);
    _exit(work() ? 0 : 1);
  }
  int status = -1;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_FALSE(WIFSIGNALED(status)) << "ended by signal " << WTERMSIG(status);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

std::vector<double> sample(castalia_model* model, uint64_t seed) {
  std::vector<double> x(kEvents * TOY_FEATURES);
  const castalia_array array = toy_array(x.data(), kEvents, TOY_FEATURES);
  TOY(castalia_model_sample(model, seed, 0, nullptr, &array));
  return x;
}

std::vector<double> next(castalia_sampler* sampler) {
  std::vector<double> x(kEvents * TOY_FEATURES);
  const castalia_array array = toy_array(x.data(), kEvents, TOY_FEATURES);
  TOY(castalia_sampler_next(sampler, nullptr, &array));
  return x;
}

// With one sampling thread (the default), and with two, of which the child has only its own.
class Fork : public testing::TestWithParam<int> {
 protected:
  Fork() {
    TOY(castalia_context_create(&context_));
    TOY(castalia_context_set_threads(context_, GetParam(), 2));
    model_ = toy_trained(context_);
  }
  ~Fork() override {
    TOY(castalia_model_destroy(model_));
    TOY(castalia_context_destroy(context_));
  }

  castalia_context* context_ = nullptr;
  castalia_model* model_ = nullptr;
};

TEST_P(Fork, AChildDrawsTheEventsOfItsParent) {
  const std::vector<double> before = sample(model_, 1);
  const std::vector<double> other = sample(model_, 2);
  EXPECT_TRUE(in_child([&] { return sample(model_, 1) == before && sample(model_, 2) == other; }));
  EXPECT_EQ(sample(model_, 1), before);
}

TEST_P(Fork, AChildDrawsFirst) {
  std::vector<double> drawn(kEvents * TOY_FEATURES);
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  const auto bytes = static_cast<ssize_t>(drawn.size() * sizeof(double));
  // As much as a pipe holds without a reader.
  ASSERT_LE(bytes, 65536);
  EXPECT_TRUE(in_child([&] {
    const std::vector<double> own = sample(model_, 1);
    return write(ends[1], own.data(), static_cast<size_t>(bytes)) == bytes;
  }));
  ASSERT_EQ(read(ends[0], drawn.data(), static_cast<size_t>(bytes)), bytes);
  close(ends[0]);
  close(ends[1]);
  EXPECT_EQ(drawn, sample(model_, 1));
}

TEST_P(Fork, ASamplerGoesOnInBothProcesses) {
  castalia_sampler* sampler = nullptr;
  TOY(castalia_sampler_create(model_, 3, &sampler));
  next(sampler);
  TOY(castalia_sampler_seek(sampler, kEvents));
  const std::vector<double> second = next(sampler);
  TOY(castalia_sampler_seek(sampler, kEvents));
  EXPECT_TRUE(in_child([&] { return next(sampler) == second; }));
  EXPECT_EQ(next(sampler), second);
  TOY(castalia_sampler_destroy(sampler));
}

TEST_P(Fork, AChildMayDestroyEverything) {
  sample(model_, 1);
  castalia_sampler* sampler = nullptr;
  TOY(castalia_sampler_create(model_, 3, &sampler));
  next(sampler);
  EXPECT_TRUE(in_child([&] {
    return castalia_sampler_destroy(sampler) == CASTALIA_OK &&
           castalia_model_destroy(model_) == CASTALIA_OK &&
           castalia_context_destroy(context_) == CASTALIA_OK;
  }));
  TOY(castalia_sampler_destroy(sampler));
}

TEST_P(Fork, AChildTrainsAModelOfItsOwn) {
  sample(model_, 1);
  EXPECT_TRUE(in_child([&] {
    castalia_model* own = toy_trained(context_);
    const bool same = sample(own, 1) == sample(model_, 1);
    return castalia_model_destroy(own) == CASTALIA_OK && same;
  }));
}

TEST_P(Fork, ATrainerOfTheParentDisturbsNoChild) {
  castalia_model* busy = toy_model(context_);
  castalia_dataset* dataset = toy_dataset();
  castalia_trainer* trainer = nullptr;
  TOY(castalia_trainer_create(busy, dataset, nullptr, &trainer));
  TOY(castalia_trainer_advance(trainer, 2));
  const std::vector<double> before = sample(model_, 1);
  EXPECT_TRUE(in_child([&] {
    if (sample(model_, 1) != before) return false;
    // The child's copy of the trainer goes on with one thread.
    return castalia_trainer_advance(trainer, 2) == CASTALIA_OK &&
           castalia_trainer_destroy(trainer) == CASTALIA_OK;
  }));
  TOY(castalia_trainer_advance(trainer, 2));
  TOY(castalia_trainer_destroy(trainer));
  TOY(castalia_dataset_destroy(dataset));
  TOY(castalia_model_destroy(busy));
}

INSTANTIATE_TEST_SUITE_P(SamplingThreads, Fork, testing::Values(1, 2));

}  // namespace
