// A model on a device through the C interface: how its products read their operands, and what
// happens when the device has no memory left. The device is emulated (CASTALIA_CUDA_LIBRARY), and
// holds what CASTALIA_EMULATED_MEMORY says.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "tests/toy/toy.h"

namespace {

castalia_context* context_on(const char* device) {
  castalia_context* context = nullptr;
  TOY(castalia_context_create(&context));
  TOY(castalia_context_set_device(context, device));
  return context;
}

// A trained model in a file.
const std::string& saved() {
  static const std::string path = [] {
    std::string made = testing::TempDir() + "device_test.safetensors";
    castalia_model* model = toy_trained(nullptr);
    TOY(castalia_model_save(model, made.c_str()));
    TOY(castalia_model_destroy(model));
    return made;
  }();
  return path;
}

castalia_status load(castalia_context* context, const char* products, castalia_model** out) {
  castalia_config* options =
      toy_config((R"({"products": ")" + std::string(products) + "\"}").c_str());
  const castalia_status status = castalia_model_load(context, saved().c_str(), options, out);
  TOY(castalia_config_destroy(options));
  return status;
}

castalia_status sample(castalia_model* model, int64_t rows, std::vector<double>* events) {
  events->assign(static_cast<size_t>(rows * TOY_FEATURES), 0);
  const castalia_array x = toy_array(events->data(), rows, TOY_FEATURES);
  return castalia_model_sample(model, 1, 0, nullptr, &x);
}

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::fabs(a[i] - b[i]));
  return largest;
}

TEST(Device, ReadsOperandsOfProductsAsItIsTold) {
  castalia_context* context = context_on("cuda:0");
  std::vector<double> exact, events;
  double moved[2] = {0, 0};
  castalia_model* model = nullptr;
  TOY(load(context, "float32", &model));
  TOY(sample(model, 500, &exact));
  TOY(castalia_model_destroy(model));
  const char* const formats[] = {"bfloat16", "tf32"};
  for (int i = 0; i < 2; ++i) {
    TOY(load(context, formats[i], &model));
    TOY(sample(model, 500, &events));
    moved[i] = largest_difference(exact, events);
    TOY(castalia_model_destroy(model));
  }
  EXPECT_GT(moved[1], 0);
  EXPECT_LT(moved[1], moved[0]);
  TOY(castalia_context_destroy(context));
}

TEST(Device, IsNeededForTf32) {
  castalia_context* context = nullptr;
  TOY(castalia_context_create(&context));
  castalia_model* model = nullptr;
  EXPECT_EQ(load(context, "tf32", &model), CASTALIA_DEVICE_UNAVAILABLE);
  EXPECT_NE(std::string(castalia_last_error()).find("a CUDA device computes them"),
            std::string::npos)
      << castalia_last_error();
  EXPECT_EQ(model, nullptr);
  // Where the device was changed since, it shows when the model is asked.
  TOY(castalia_context_set_device(context, "cuda:0"));
  TOY(load(context, "tf32", &model));
  TOY(castalia_context_set_device(context, "cpu"));
  std::vector<double> events;
  EXPECT_EQ(sample(model, 10, &events), CASTALIA_DEVICE_UNAVAILABLE);
  TOY(castalia_context_set_device(context, "cuda:0"));
  EXPECT_EQ(sample(model, 10, &events), CASTALIA_OK);
  TOY(castalia_model_destroy(model));
  EXPECT_EQ(load(context, "tf16", &model), CASTALIA_OUT_OF_RANGE);
  EXPECT_NE(std::string(castalia_last_error()).find("tf32"), std::string::npos)
      << castalia_last_error();
  TOY(castalia_context_destroy(context));
}

TEST(Device, WithoutMemoryForARequestServesASmallerOne) {
  castalia_context* context = context_on("cuda:0");
  castalia_model* model = nullptr;
  TOY(load(context, "float32", &model));
  std::vector<double> small, again, large;
  TOY(sample(model, 100, &small));
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(sample(model, 8192, &large), CASTALIA_OUT_OF_MEMORY);
    const std::string said = castalia_last_error();
    EXPECT_NE(said.find("no memory for "), std::string::npos) << said;
    EXPECT_NE(said.find(" are free"), std::string::npos) << said;
    TOY(sample(model, 100, &again));
    EXPECT_EQ(again, small);
  }
  TOY(castalia_model_destroy(model));
  TOY(castalia_context_destroy(context));
}

}  // namespace
