// A student learns what its teacher knows.
#include "models/flow/distillation.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <numeric>
#include <string>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "models/fit.h"
#include "models/model.h"

namespace castalia {
namespace {

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

// A ring whose radius is the context.
std::shared_ptr<const Dataset> ring(int64_t rows, uint64_t seed) {
  auto data = std::make_shared<Dataset>();
  data->rows = rows;
  data->features = 2;
  data->context_features = 1;
  for (int64_t row = 0; row < rows; ++row) {
    double normal[2];
    double uniform[2];
    fill_normal(Stream{seed, static_cast<uint64_t>(row), 1, 0}, normal);
    fill_uniform(Stream{seed, static_cast<uint64_t>(row), 2, 0}, uniform);
    const double radius = 1 + uniform[0];
    const double angle = 3 * uniform[1];
    data->x.push_back((radius + 0.1 * normal[0]) * std::cos(angle));
    data->x.push_back((radius + 0.1 * normal[0]) * std::sin(angle) + 0.05 * normal[1]);
    data->context.push_back(radius);
  }
  return data;
}

constexpr char kFields[] = R"("features": 2, "context_features": 1, "layers": 2, "hidden": 24)";

std::shared_ptr<Model> flow(const std::string& more) {
  return Model::create("autoregressive_flow", std::string("{") + kFields + more + "}");
}

std::shared_ptr<Model> student() { return flow(R"(, "direction": "inverse", "inverted": true)"); }

void fit(Model& model, const std::string& options) {
  const std::unique_ptr<Trainer> trainer =
      make_trainer(model, ring(2000, 1), TrainingOptions(options), 1);
  while (!trainer->finished()) trainer->advance(1);
  adopt(model, *trainer);
}

double held_out(const Model& model) {
  const std::shared_ptr<const Dataset> data = ring(1000, 2);
  std::vector<double> out(1000);
  model.log_prob(data->x, data->context, out);
  return std::accumulate(out.begin(), out.end(), 0.0) / 1000;
}

std::string bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class Distillation : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    teacher_ = flow("");
    fit(*teacher_, R"({"steps": 600, "batch": 128, "learning_rate": 0.01, "validation": 0,
                       "schedule": "one_cycle"})");
    path_ = new std::string(testing::TempDir() + "/teacher.safetensors");
    teacher_->save(*path_);
  }
  static void TearDownTestSuite() {
    std::remove(path_->c_str());
    delete path_;
    teacher_.reset();
  }

  static std::string with_teacher(const std::string& options) {
    return R"({"teacher": ")" + *path_ + R"(", "batch": 128, "learning_rate": 0.01, )" + options +
           "}";
  }

  static std::shared_ptr<Model> teacher_;
  static std::string* path_;
};

std::shared_ptr<Model> Distillation::teacher_;
std::string* Distillation::path_ = nullptr;

TEST_F(Distillation, AStudentOfTheSameSizeReachesTheDensityOfItsTeacher) {
  const std::string before = bytes(*path_);
  const double known = held_out(*teacher_);
  for (const char* losses :
       {R"("distil_parameters": 0.1)",
        R"("distil_data": 0, "distil_latent": 0, "distil_layers": 0, "distil_density": 1)"}) {
    const std::shared_ptr<Model> model = student();
    fit(*model, with_teacher(std::string(losses) +
                             R"(, "steps": 1200, "schedule": "one_cycle", "validation": 0)"));
    EXPECT_GT(held_out(*model), known - 0.05) << losses;
    EXPECT_EQ(model->preprocessing_json(), teacher_->preprocessing_json());
  }
  EXPECT_EQ(bytes(*path_), before);
}

TEST_F(Distillation, GoesOnFromACheckpointWithTheSameBits) {
  const std::string checkpoint = testing::TempDir() + "/student.checkpoint";
  std::remove(checkpoint.c_str());
  const TrainingOptions options(with_teacher(
      R"("steps": 20, "checkpoint_every": 10, "validate_every": 5, "ema": 0.9, "checkpoint": ")" +
      checkpoint + '"'));
  const auto trainer = [&](Model& model) { return make_trainer(model, ring(2000, 1), options, 2); };
  const std::shared_ptr<Model> whole = student();
  const std::unique_ptr<Trainer> first = trainer(*whole);
  first->advance(12);  // saved at 10
  const std::shared_ptr<Model> resumed = student();
  const std::unique_ptr<Trainer> second = trainer(*resumed);
  EXPECT_EQ(second->step(), 10);
  second->advance(20);
  first->advance(20);
  adopt(*whole, *first);
  adopt(*resumed, *second);
  EXPECT_EQ(resumed->parameter_values(), whole->parameter_values());
  EXPECT_EQ(second->validation_loss(), first->validation_loss());

  // Another teacher in the same file makes another run.
  const std::string kept = bytes(*path_);
  const std::shared_ptr<Model> other = flow("");
  fit(*other, R"({"steps": 1, "batch": 128})");
  other->save(*path_);
  expect_error(Code::invalid_argument, "belongs to another run", [&] { trainer(*student()); });
  std::ofstream(*path_, std::ios::binary) << kept;
  std::remove(checkpoint.c_str());
}

TEST_F(Distillation, RefusesWhatDoesNotFit) {
  const auto train = [](std::shared_ptr<Model> model, const std::string& more = R"("steps": 1)") {
    return [model, more] { fit(*model, with_teacher(more)); };
  };
  expect_error(Code::invalid_argument, "a student has direction 'inverse'", train(flow("")));
  expect_error(Code::invalid_argument, "autoregressive_flow.bins is 5, but 8 in the teacher",
               train(flow(R"(, "direction": "inverse", "bins": 5)")));
  expect_error(Code::invalid_argument, "autoregressive_flow.inverted must be true",
               train(flow(R"(, "direction": "inverse")"), R"("distil_parameters": 1)"));
  expect_error(Code::unsupported, "coupling_flow has no autoregressive layers",
               train(Model::create("coupling_flow", R"({"features": 2, "context_features": 1})")));
  expect_error(Code::invalid_argument, "all 0",
               train(student(), R"("distil_data": 0, "distil_latent": 0, "distil_layers": 0)"));
  expect_error(Code::invalid_argument, "there is no training.teacher",
               [] { fit(*student(), R"({"distil_density": 1})"); });
  expect_error(Code::io_error, "nowhere", [] { fit(*student(), R"({"teacher": "nowhere"})"); });
  const std::shared_ptr<Model> other = student();
  other->fit_preprocessing(ring(50, 3)->x, ring(50, 3)->context);
  expect_error(Code::invalid_argument, "other preprocessing", train(other));
  const std::string untrained = testing::TempDir() + "/untrained.safetensors";
  flow("")->save(untrained);
  expect_error(Code::invalid_argument, "has not been trained",
               [&] { fit(*student(), R"({"teacher": ")" + untrained + R"("})"); });
  std::remove(untrained.c_str());
}

}  // namespace
}  // namespace castalia
