#include "models/model.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/io/safetensors.h"
#include "models/fit.h"

namespace castalia {
namespace {

constexpr char kSmall[] = R"({"features": 2, "context_features": 1, "layers": 2, "hidden": 8})";
constexpr int64_t kRows = 50;

template <typename Function>
void expect_error(Code code, const std::string& part, Function&& function) {
  try {
    function();
    ADD_FAILURE() << "no error; expected: " << part;
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << error.what();
    EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
  }
}

std::vector<double> normal_numbers(size_t count, uint64_t event) {
  std::vector<double> out(count);
  fill_normal(Stream{5, event, 0, 0}, out);
  return out;
}

std::shared_ptr<Model> fitted_model() {
  std::shared_ptr<Model> model = Model::create("coupling_flow", kSmall);
  model->fit_preprocessing(normal_numbers(2 * kRows, 0), normal_numbers(kRows, 1));
  return model;
}

TEST(Specification, NamesTheFieldAndWhatIsAllowed) {
  const auto create = [](const std::string& json) {
    return [json] { Model::create("coupling_flow", json); };
  };
  expect_error(Code::not_found, "did you mean 'coupling_flow'?",
               [] { Model::create("coupling_flwo", "{}"); });
  expect_error(Code::invalid_argument, "coupling_flow.features is required", create("{}"));
  expect_error(Code::not_found, "did you mean 'hidden'?", create(R"({"features": 2, "hiden": 3})"));
  expect_error(Code::invalid_argument, "coupling_flow.layers must be of type integer",
               create(R"({"features": 2, "layers": "8"})"));
  expect_error(Code::out_of_range, "coupling_flow.layers is 0; allowed: 1 to 256",
               create(R"({"features": 2, "layers": 0})"));
  expect_error(Code::out_of_range, "allowed: linear, none",
               create(R"({"features": 2, "tails": "cubic"})"));
  expect_error(Code::invalid_argument, "a coupling needs a second feature or a context",
               create(R"({"features": 1})"));
  expect_error(Code::invalid_argument, "needs base 'uniform'",
               create(R"({"features": 2, "tails": "none"})"));
  expect_error(Code::invalid_argument, "needs tails 'none'",
               create(R"({"features": 2, "base": "uniform"})"));
  expect_error(Code::out_of_range, "min_bin_width",
               create(R"({"features": 2, "bins": 100, "min_bin_width": 0.01})"));
  expect_error(Code::shape_mismatch, "has 1 text for 2 columns",
               create(R"({"features": 2, "preprocessing": ["log"]})"));
  expect_error(Code::shape_mismatch, "feature_names has 3 entries for 2 columns",
               create(R"({"features": 2, "feature_names": ["a", "b", "c"]})"));
}

TEST(Catalogue, IsCompleteForEveryArchitecture) {
  const auto list = nlohmann::json::parse(catalogue_json());
  ASSERT_EQ(list.size(), catalogue().size());
  for (const auto& entry : list) {
    for (const char* key : {"name", "family", "summary", "description"}) {
      EXPECT_FALSE(entry[key].get<std::string>().empty()) << key;
    }
    EXPECT_FALSE(entry["capabilities"].empty());
    EXPECT_FALSE(entry["references"].empty());
    for (const auto& field : entry["fields"]) {
      EXPECT_FALSE(field["meaning"].get<std::string>().empty()) << field["name"];
      EXPECT_NE(field["required"].get<bool>(), field.contains("default")) << field["name"];
    }
  }
  for (const Architecture* architecture : catalogue()) {
    EXPECT_FALSE(architecture->examples.empty()) << architecture->name;
  }
}

TEST(Model, RefusesWhatItCannotEvaluate) {
  std::vector<double> out(2);
  expect_error(Code::invalid_argument, "has not been trained yet", [&] {
    Model::create("coupling_flow", kSmall)->sample(1, 0, std::vector<double>{0.0}, out);
  });
  const std::shared_ptr<Model> model = fitted_model();
  std::vector<double> log_prob(1);
  expect_error(Code::invalid_argument, "the context is missing",
               [&] { model->sample(1, 0, {}, out); });
  expect_error(Code::shape_mismatch, "a context of 3 values for 1 rows", [&] {
    model->sample(1, 0, std::vector<double>{0, 0, 0}, out);
  });
  expect_error(Code::not_finite, "x row 0, column 1", [&] {
    model->log_prob(std::vector<double>{0.0, NAN}, std::vector<double>{0.0}, log_prob);
  });
  expect_error(Code::not_finite, "context row 0, column 0", [&] {
    model->log_prob(std::vector<double>{0.0, 1.0}, std::vector<double>{INFINITY}, log_prob);
  });
  expect_error(Code::shape_mismatch, "x of 3 values is not made of rows of 2", [&] {
    model->log_prob(std::vector<double>{0, 1, 2}, std::vector<double>{0.0}, log_prob);
  });
}

// The likelihood of a wide inverse flow is no way to train it; all else works.
TEST(AutoregressiveFlow, RefusesToLearnFeatureByFeatureWhatIsTooWide) {
  const std::shared_ptr<Model> model =
      Model::create("autoregressive_flow",
                    R"({"features": 200, "layers": 3, "hidden": 16, "direction": "inverse"})");
  auto data = std::make_shared<Dataset>();
  data->rows = 32;
  data->features = 200;
  data->x = normal_numbers(32 * 200, 1);
  expect_error(Code::unsupported, "600 passes, more than 512", [&] {
    make_trainer(*model, data, TrainingOptions(R"({"steps": 1, "batch": 16})"), 1);
  });
  model->fit_preprocessing(data->x, {});
  std::vector<double> x(2 * 200);
  std::vector<double> log_prob(2);
  model->sample(1, 0, {}, x);
  model->log_prob(x, {}, log_prob);
  EXPECT_TRUE(std::isfinite(log_prob[0] + log_prob[1]));
}

TEST(Model, IsBusyWhileOthersUseIt) {
  const std::shared_ptr<Model> model = fitted_model();
  {
    const Sampler sampler(model, 1);
    expect_error(Code::busy, "in use by a sampler", [&] { Model::Hold hold(*model); });
  }
  std::vector<double> out(2);
  {
    const Model::Hold hold(*model);
    expect_error(Code::busy, "is being fitted",
                 [&] { model->sample(1, 0, std::vector<double>{0.0}, out); });
    expect_error(Code::busy, "is being fitted", [&] { Sampler(model, 1); });
    expect_error(Code::busy, "is being fitted", [&] { Model::Hold second(*model); });
  }
  EXPECT_NO_THROW(model->sample(1, 0, std::vector<double>{0.0}, out));
}

TEST(Model, FollowsAChangeOfItsPreprocessing) {
  const std::shared_ptr<Model> model = fitted_model();
  std::vector<double> before(20);
  std::vector<double> after(20);
  const std::vector<double> context = {0.3};
  model->sample(1, 0, context, before);
  std::vector<double> scaled = normal_numbers(2 * kRows, 0);
  for (double& value : scaled) value *= 100;
  {
    const Model::Hold hold(*model);
    model->fit_preprocessing(scaled, normal_numbers(kRows, 1));
  }
  model->sample(1, 0, context, after);
  for (size_t i = 0; i < before.size(); ++i) EXPECT_NEAR(after[i], 100 * before[i], 1e-3);
}

TEST(Model, NamesAContextOutsideItsTraining) {
  const std::shared_ptr<Model> model = Model::create(
      "coupling_flow", R"({"features": 2, "context_features": 2, "layers": 2, "hidden": 8,
                           "context_names": ["energy", "eta"]})");
  EXPECT_EQ(model->outside_training(std::vector<double>{1e9, 0}), "");
  const std::vector<double> context = {1, -0.5, 50, 0.25, 8, 2};
  model->fit_preprocessing(normal_numbers(6, 0), context);
  EXPECT_EQ(model->outside_training(context), "");
  const std::vector<double> outside = {1, -0.5, 2, 2.5, 51, 0};
  const std::string message =
      "context row 1, column 1 (eta): 2.5 lies outside the range of the training, -0.5 to 2";
  EXPECT_EQ(model->outside_training(outside), message);
  EXPECT_EQ(model->converted(DType::float64)->outside_training(outside), message);
  EXPECT_EQ(model->outside_training(std::vector<double>{0.5, 0}),
            "context row 0, column 0 (energy): 0.5 lies outside the range of the training, 1 to "
            "50");
}

TEST(Sampler, ManyThreadsDrawFromOneModel) {
  const std::shared_ptr<Model> model =
      Model::create("coupling_flow", R"({"features": 2, "layers": 2, "hidden": 8})");
  model->fit_preprocessing(normal_numbers(2 * kRows, 0), {});
  std::vector<double> expected(2 * 500);
  model->sample(7, 0, {}, expected);
  std::vector<std::vector<double>> drawn(8, std::vector<double>(expected.size()));
  std::vector<std::thread> threads;
  for (size_t t = 0; t < drawn.size(); ++t) {
    threads.emplace_back([&, t] {
      Sampler sampler(model, 7);
      const size_t rows = t + 1;
      for (size_t row = 0; row < 500;) {
        const size_t now = std::min(rows, 500 - row);
        sampler.next(std::span(drawn[t]).subspan(2 * row, 2 * now));
        row += now;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const auto& each : drawn) EXPECT_EQ(each, expected);
}

class ModelFile : public testing::Test {
 protected:
  void SetUp() override {
    path_ = testing::TempDir() + "/model_test.safetensors";
    fitted_model()->save(path_);
  }
  void TearDown() override { std::remove(path_.c_str()); }

  // Writes the file anew with its "castalia" entry or its tensors changed.
  template <typename Change>
  void rewrite(Change&& change) {
    const SafetensorsFile file = read_safetensors(path_);
    nlohmann::json header = nlohmann::json::parse(file.metadata.at("castalia"));
    std::vector<TensorToWrite> tensors;
    for (const StoredTensor& t : file.tensors) {
      tensors.push_back({t.name, t.dtype, t.shape, t.data.get()});
    }
    change(header, tensors);
    write_safetensors(path_, tensors, {{"castalia", header.dump()}});
  }

  std::string path_;
};

TEST_F(ModelFile, FromANewerReleaseSaysSo) {
  rewrite([](nlohmann::json& header, auto&) { header["format_version"] = 2; });
  expect_error(Code::newer_version, "format version 2", [&] { Model::load(path_); });
}

TEST_F(ModelFile, ThatLacksAPartIsCorrupt) {
  rewrite([](nlohmann::json&, auto& tensors) {
    std::erase_if(tensors, [](const TensorToWrite& t) {
      return t.name == "coupling_1.conditioner.linear_2.bias";
    });
  });
  expect_error(Code::corrupt_file, "lacks the tensor", [&] { Model::load(path_); });
}

TEST_F(ModelFile, OfAnotherProgramIsCorrupt) {
  write_safetensors(path_, {}, {});
  expect_error(Code::corrupt_file, "is not a Castalia model", [&] { Model::load(path_); });
}

TEST_F(ModelFile, WithAFieldItCannotHaveIsCorrupt) {
  rewrite([](nlohmann::json& header, auto&) { header["specification"]["layers"] = -3; });
  expect_error(Code::corrupt_file, "coupling_flow.layers is -3", [&] { Model::load(path_); });
}

TEST_F(ModelFile, KeepsTheRangesOfTheContext) {
  const std::vector<double> far = {100.0};
  EXPECT_NE(Model::load(path_)->outside_training(far), "");
  rewrite([](nlohmann::json& header, auto&) { header["context_ranges"] = {{-1, 200}}; });
  EXPECT_EQ(Model::load(path_)->outside_training(far), "");
  for (const nlohmann::json& damaged :
       {nlohmann::json("all"), nlohmann::json({{1, 2}, {3, 4}}), nlohmann::json({{1, "x"}})}) {
    rewrite([&](nlohmann::json& header, auto&) { header["context_ranges"] = damaged; });
    expect_error(Code::corrupt_file, "ranges", [&] { Model::load(path_); });
  }
  // Files of before have none.
  rewrite([](nlohmann::json& header, auto&) { header.erase("context_ranges"); });
  EXPECT_EQ(Model::load(path_)->outside_training(far), "");
}

TEST_F(ModelFile, IsHeldToItsReference) {
  std::vector<double> wrong(8, 123.0);
  rewrite([&](nlohmann::json&, auto& tensors) {
    for (TensorToWrite& tensor : tensors) {
      if (tensor.name == "reference.log_prob") tensor.data = wrong.data();
    }
  });
  expect_error(Code::corrupt_file, "does not give what its file says", [&] { Model::load(path_); });
  EXPECT_NO_THROW(Model::load(path_, false));
}

TEST_F(ModelFile, WithFlippedOrMissingBytesIsCorrupt) {
  std::ifstream in(path_, std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(in), {});
  for (size_t at = 0; at < bytes.size(); at += bytes.size() / 40 + 1) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x10);
    std::ofstream(path_, std::ios::binary) << damaged;
    expect_error(Code::corrupt_file, "", [&] { Model::load(path_); });
  }
  for (const size_t length : {size_t{0}, size_t{7}, bytes.size() / 2, bytes.size() - 1}) {
    std::ofstream(path_, std::ios::binary) << bytes.substr(0, length);
    expect_error(Code::corrupt_file, "", [&] { Model::load(path_); });
  }
}

TEST_F(ModelFile, ThatCannotBeWrittenOrReadIsAnIoError) {
  expect_error(Code::io_error, "/no/such",
               [&] { fitted_model()->save("/no/such/folder/m.safetensors"); });
  expect_error(Code::io_error, "/no/such", [&] { Model::load("/no/such/m.safetensors"); });
}

}  // namespace
}  // namespace castalia
