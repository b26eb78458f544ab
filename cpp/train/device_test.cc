// Training on a device that fails: what is left of it, and how it goes on.
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/runtime/cuda/emulated_device.h"
#include "cpp/train/toy_for_test.h"

namespace castalia {
namespace {

constexpr char kRun[] = R"("steps": 40, "batch": 32, "learning_rate": 0.02)";

std::string run_with(const std::string& more = "") { return "{" + std::string(kRun) + more + "}"; }

Resources on_device() { return {1, &cuda::emulated_device()}; }

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The Error with which the trainer stops.
Error stop_of(Trainer& trainer) {
  try {
    trainer.advance(100);
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "a device without trouble";
  return {Code::ok, ""};
}

bool contains(const Error& error, const std::string& words) {
  return std::string(error.what()).find(words) != std::string::npos;
}

TEST(TrainingOnADevice, GoesOnFromTheLastCheckpointWhenTheDeviceWasLost) {
  const std::string path = testing::TempDir() + "device_test.checkpoint";
  std::filesystem::remove(path);
  const std::string fields = run_with(R"(, "checkpoint_every": 7, "checkpoint": ")" + path + "\"");
  const auto whole = toy_trainer(DType::float32, run_with(), on_device());
  EXPECT_EQ(whole->advance(100), 40);
  {
    const auto trainer = toy_trainer(DType::float32, fields, on_device());
    trainer->advance(16);
    const std::string checkpoint = bytes_of(path);
    const cuda::TroubledDevices lost({.waits = 3});
    const Error stop = stop_of(*trainer);
    EXPECT_EQ(stop.code(), Code::internal);
    EXPECT_TRUE(contains(stop, text("training on emulated stopped after step ", trainer->step())))
        << stop.what();
    EXPECT_TRUE(contains(stop, "launch failure")) << stop.what();
    EXPECT_TRUE(contains(stop, "the checkpoint '" + path + "' of step 14 is whole")) << stop.what();
    EXPECT_GE(trainer->step(), 16);
    EXPECT_LT(trainer->step(), 21);
    // Whatever is tried then, the file stays what it was.
    EXPECT_EQ(stop_of(*trainer).code(), Code::internal);
    EXPECT_THROW(trainer->save_checkpoint(path), Error);
    EXPECT_FALSE(checkpoint.empty());
    EXPECT_EQ(bytes_of(path), checkpoint);
  }
  const auto resumed = toy_trainer(DType::float32, fields, on_device());
  EXPECT_EQ(resumed->step(), 14);
  EXPECT_EQ(resumed->advance(100), 26);
  EXPECT_EQ(toy_weights<float>(*resumed), toy_weights<float>(*whole));
}

TEST(TrainingOnADevice, SaysThatThereIsNoCheckpoint) {
  const auto trainer = toy_trainer(DType::float32, run_with(), on_device());
  const cuda::TroubledDevices lost({.waits = 5});
  const Error stop = stop_of(*trainer);
  EXPECT_TRUE(contains(stop, "no step has written training.checkpoint")) << stop.what();
}

TEST(TrainingOnADevice, GoesOnWhenThereIsMemoryAgain) {
  const size_t before = cuda::emulated_bytes_in_use();
  {
    const auto whole = toy_trainer(DType::float64, run_with(), on_device());
    EXPECT_EQ(whole->advance(100), 40);
    const auto trainer = toy_trainer(DType::float64, run_with(), on_device());
    const size_t used = cuda::emulated_bytes_in_use();
    // Each time the allocations go further before one fails.
    for (const size_t more : {0, 512, 1024, 4096}) {
      const cuda::TroubledDevices full({.memory = used + more});
      const Error stop = stop_of(*trainer);
      EXPECT_EQ(stop.code(), Code::out_of_memory);
      EXPECT_TRUE(contains(stop, "stopped after step 0: emulated has no memory for "))
          << stop.what();
      EXPECT_TRUE(contains(stop, text(" of ", used + more, " are free"))) << stop.what();
    }
    EXPECT_EQ(trainer->advance(100), 40);
    EXPECT_EQ(toy_weights<double>(*trainer), toy_weights<double>(*whole));
  }
  EXPECT_EQ(cuda::emulated_bytes_in_use(), before);
}

}  // namespace
}  // namespace castalia
