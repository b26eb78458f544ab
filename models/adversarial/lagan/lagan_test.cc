// Images as the networks read them, what a class changes, and what is refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/compile/compile.h"
#include "cpp/nn/adversarial.h"
#include "cpp/nn/evaluate_for_test.h"
#include "cpp/ops/ops.h"
#include "cpp/runtime/workspace.h"
#include "models/adversarial/lagan/image_sides.h"
#include "models/adversarial/lagan/pixel_scale.h"
#include "models/fit.h"
#include "models/model.h"

namespace castalia {
namespace {

constexpr size_t kPixels = 30;  // 5 x 6
constexpr char kFields[] = R"("shape": [5, 6], "latent": 8, "generator_channels": [4, 6, 3, 3],
    "critic_channels": [4, 3, 3, 3], "minibatch_features": 3, "dtype": "float64")";

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

// A bright row for each class, 1 and 3; two thirds of the other pixels are empty.
std::shared_ptr<Dataset> images(int64_t rows) {
  auto data = std::make_shared<Dataset>();
  data->rows = rows;
  data->features = kPixels;
  data->context_features = 1;
  for (int64_t row = 0; row < rows; ++row) {
    double u[2 * kPixels];
    fill_uniform(Stream{3, static_cast<uint64_t>(row), 1, 0}, u);
    const int64_t label = row % 2;
    for (size_t i = 0; i < kPixels; ++i) {
      const bool bright = static_cast<int64_t>(i / 6) == 1 + 2 * label;
      data->x.push_back(bright ? 20 + 10 * u[i] : u[i] < 2.0 / 3 ? 0 : 2 * u[kPixels + i]);
    }
    data->context.push_back(static_cast<double>(label));
  }
  return data;
}

std::shared_ptr<Model> fitted(const std::string& more = "", int64_t rows = 300) {
  const std::string classes = R"(, "context_features": 1, "classes": 2)";
  std::shared_ptr<Model> model =
      Model::create("lagan", std::string("{") + kFields + classes + more + "}");
  const std::shared_ptr<Dataset> data = images(rows);
  model->fit_preprocessing(data->x, data->context);
  return model;
}

std::vector<double> drawn(const Model& model, const std::vector<double>& classes) {
  std::vector<double> out(classes.size() * kPixels);
  model.sample(7, 0, classes, out);
  return out;
}

std::vector<double> alternating(size_t rows) {
  std::vector<double> classes;
  for (size_t row = 0; row < rows; ++row) classes.push_back(static_cast<double>(row % 2));
  return classes;
}

// The mean over the rows of one class of the energy in the bright row of a class.
double mean_in_band(const std::vector<double>& x, size_t of_class, size_t band) {
  double sum = 0;
  size_t rows = 0;
  for (size_t row = of_class; row < x.size() / kPixels; row += 2, ++rows) {
    for (size_t i = 0; i < 6; ++i) sum += x[row * kPixels + (1 + 2 * band) * 6 + i];
  }
  return sum / static_cast<double>(rows);
}

// What a contest gives for the first rows of the data.
class Contested {
 public:
  Contested(Model& model, int64_t rows) : data_(images(rows)) {
    const Value flat =
        graph_.state("parameters", {DType::float64, {model.parameter_table().count()}});
    trace_.emplace(graph_, model.parameter_table(), flat, DType::float64);
    trace_->seed = graph_.scalar(11, DType::int64);
    trace_->first_event = graph_.scalar(0, DType::int64);
    const Value x = graph_.input("x", {DType::float64, {rows, kPixels}});
    const Value context = graph_.input("context", {DType::float64, {rows, 1}});
    contest = model.network().adversarial()->contest(*trace_, x, context);
    parameters_ = model.parameters();
  }

  const double* output(const std::string& name) {
    if (!workspace_) {
      workspace_.emplace(compile(graph_, {.rows_independent = false}));
      workspace_->bind_state("parameters", parameters_);
      std::memcpy(workspace_->input("x"), data_->x.data(), data_->x.size() * sizeof(double));
      std::memcpy(workspace_->input("context"), data_->context.data(),
                  data_->context.size() * sizeof(double));
      workspace_->run();
    }
    return static_cast<const double*>(workspace_->output(name));
  }
  Graph& graph() { return graph_; }
  const Dataset& data() const { return *data_; }

  Adversarial::Contest contest;

 private:
  std::shared_ptr<Dataset> data_;
  Graph graph_;
  std::optional<Trace> trace_;
  void* parameters_ = nullptr;
  std::optional<Workspace> workspace_;
};

double brightest_of(const std::vector<double>& x) {
  double sum = 0;
  for (size_t first = 0; first < x.size(); first += kPixels) {
    sum += *std::max_element(x.begin() + static_cast<long>(first),
                             x.begin() + static_cast<long>(first + kPixels));
  }
  return sum / static_cast<double>(x.size() / kPixels);
}

TEST(Lagan, NetworksReadPixelsByTheMeanBrightest) {
  constexpr int64_t kRows = 40;
  constexpr double kThreshold = 0.8;
  for (const double softness : {0.0, 0.01}) {
    const std::shared_ptr<Model> model =
        fitted(text(R"(, "threshold": )", kThreshold, R"(, "softness": )", softness), kRows);
    Contested contested(*model, kRows);
    contested.graph().output("real", contested.contest.games[0].real);
    const double* read = contested.output("real");
    const std::vector<double>& x = contested.data().x;
    const double brightest = brightest_of(x);
    for (size_t i = 0; i < x.size(); ++i) {
      const double share = x[i] < kThreshold ? 0 : x[i] / brightest;
      const double expected =
          softness == 0 ? share : std::log(1 + share / softness) / std::log(1 + 1 / softness);
      EXPECT_NEAR(read[i], expected, 1e-13) << i;
    }
  }
}

TEST(Lagan, ReadingIsUndone) {
  for (const double softness : {0.0, 1e-3}) {
    PixelScale scale(4, softness, 0.5);
    scale.set_brightest(80);
    Graph graph;
    const Value x = graph.input("x", {DType::float64, {1, 4}});
    graph.output("back", scale.pixels(scale.read(x)));
    Workspace workspace(compile(graph));
    const std::vector<double> pixels = {0, 0.7, 80, 600};
    std::copy(pixels.begin(), pixels.end(), static_cast<double*>(workspace.input("x")));
    workspace.run();
    const auto* back = static_cast<const double*>(workspace.output("back"));
    for (size_t i = 0; i < 4; ++i) EXPECT_NEAR(back[i], pixels[i], 1e-12 * pixels[i]) << i;
  }
}

TEST(Lagan, PixelsAreEmptyOrAboveTheThreshold) {
  constexpr double kThreshold = 1.5;
  const std::vector<double> pixels =
      drawn(*fitted(text(R"(, "threshold": )", kThreshold)), alternating(200));
  size_t empty = 0;
  for (const double pixel : pixels) {
    EXPECT_TRUE(pixel == 0 || pixel >= kThreshold) << pixel;
    empty += pixel == 0 ? 1 : 0;
  }
  EXPECT_GT(empty, pixels.size() / 10);
  EXPECT_LT(empty, pixels.size());
}

// The generator by plain loops, at the published size of 25 x 25 down to odd ones.
class PlainImage {
 public:
  PlainImage(int64_t height, int64_t width, int64_t channels)
      : height(height),
        width(width),
        channels(channels),
        values(static_cast<size_t>(height * width * channels)) {}
  double& at(int64_t y, int64_t x, int64_t c) {
    return values[static_cast<size_t>((y * width + x) * channels + c)];
  }
  double read(int64_t y, int64_t x, int64_t c) const {
    if (y < 0 || x < 0 || y >= height || x >= width) return 0;
    return values[static_cast<size_t>((y * width + x) * channels + c)];
  }
  PlainImage twice() const {
    PlainImage out(2 * height, 2 * width, channels);
    for (int64_t y = 0; y < out.height; ++y) {
      for (int64_t x = 0; x < out.width; ++x) {
        for (int64_t c = 0; c < channels; ++c) out.at(y, x, c) = read(y / 2, x / 2, c);
      }
    }
    return out;
  }
  PlainImage cropped(int64_t rows, int64_t columns) const {
    PlainImage out(rows, columns, channels);
    for (int64_t y = 0; y < rows; ++y) {
      for (int64_t x = 0; x < columns; ++x) {
        for (int64_t c = 0; c < channels; ++c) out.at(y, x, c) = read(y, x, c);
      }
    }
    return out;
  }

  int64_t height;
  int64_t width;
  int64_t channels;
  std::vector<double> values;
};

// One layer, with the weights from where they lie: everywhere the same ones (a convolution) or
// others at every place; biases are zero at first.
PlainImage layer(const PlainImage& in, const double*& weights, int64_t channels, int64_t kernel,
                 int64_t padding, bool local, double slope) {
  PlainImage out(in.height + 2 * padding - kernel + 1, in.width + 2 * padding - kernel + 1,
                 channels);
  const int64_t of_place = kernel * kernel * in.channels * channels;
  for (int64_t y = 0; y < out.height; ++y) {
    for (int64_t x = 0; x < out.width; ++x) {
      const double* weight = weights + (local ? (y * out.width + x) * of_place : 0);
      for (int64_t o = 0; o < channels; ++o) {
        double sum = 0;
        for (int64_t j = 0; j < kernel; ++j) {
          for (int64_t i = 0; i < kernel; ++i) {
            for (int64_t c = 0; c < in.channels; ++c) {
              sum += in.read(y + j - padding, x + i - padding, c) *
                     weight[((j * kernel + i) * in.channels + c) * channels + o];
            }
          }
        }
        out.at(y, x, o) = sum > 0 ? sum : slope * sum;
      }
    }
  }
  weights += of_place * (local ? out.height * out.width : 1);
  return out;
}

TEST(Lagan, TheGeneratorIsThePublishedChainOfLayers) {
  constexpr int64_t kLatent = 3;
  const std::vector<int64_t> channels = {2, 3, 2, 3};
  for (const ImageShape shape : {ImageShape{5, 6}, ImageShape{9, 4}}) {
    const auto trace_generator = [&](Trace& trace, const std::vector<Value>& in) {
      return std::vector<Value>{generate_image(trace, in[0], in[1], shape, channels)};
    };
    const std::vector<double> latent = {0.3, -1.2, 0.7};
    const std::vector<double> condition = {0, 1};
    const std::vector<double> found =
        evaluate_layer({{.name = "latent", .shape = {1, kLatent}, .values = latent},
                        {.name = "condition", .shape = {1, 2}, .values = condition}},
                       trace_generator);

    ParameterTable table;
    Graph graph;
    Trace trace(graph, table, Value(), DType::float64);
    trace_generator(trace, {graph.input("latent", {DType::float64, {1, kLatent}}),
                            graph.input("condition", {DType::float64, {1, 2}})});
    table.close();
    const std::vector<double> all = initial_values(table, 1);
    const auto weights_of = [&](const std::string& name) {
      for (const Parameter& each : table.parameters()) {
        if (each.name == name + ".weight") return all.data() + each.offset;
      }
      throw std::runtime_error(name);
    };
    const double* embedding = weights_of("embedding");
    const double* dense = weights_of("dense");
    PlainImage image((shape.height + 6) / 4, (shape.width + 6) / 4, channels[0]);
    for (size_t i = 0; i < image.values.size(); ++i) {
      for (size_t j = 0; j < kLatent; ++j) {
        const double* of_class = embedding + 2 * kLatent;  // of class 1: scales, then shifts
        image.values[i] += (latent[j] * (1 + of_class[j]) + of_class[kLatent + j]) *
                           dense[j * image.values.size() + i];
      }
    }
    const double* weights = weights_of("convolution");
    image = layer(image, weights, channels[1], 5, 2, false, 0.3).twice();
    weights = weights_of("local_0");
    image = layer(image, weights, channels[2], 5, 2, true, 0.3).twice();
    image = image.cropped(shape.height + 3, shape.width + 3);
    weights = weights_of("local_1");
    image = layer(image, weights, channels[3], 3, 0, true, 0.3);
    weights = weights_of("local_2");
    image = layer(image, weights, 1, 2, 0, true, 0);
    ASSERT_EQ(image.height, shape.height);
    ASSERT_EQ(image.width, shape.width);
    ASSERT_EQ(found.size(), image.values.size());
    for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], image.values[i], 1e-12) << i;
  }
}

TEST(Lagan, TheAuxiliaryErrorIsTheCrossEntropyOfTheClass) {
  constexpr int64_t kRows = 12;
  const std::shared_ptr<Model> model = fitted(R"(, "auxiliary_weight": 3)", kRows);
  std::vector<double> weights = model->parameter_values();
  const auto change = [&](const std::string& name, double value) {
    for (const Parameter& each : model->parameter_table().parameters()) {
      if (each.name != name) continue;
      for (int64_t i = 0; i < each.shape.count(); ++i) {
        weights[static_cast<size_t>(each.offset + i)] = i == 1 ? value : 0;
      }
    }
  };
  // Logits 0 and 1.5 for every image.
  change("critic.estimate.weight", 0);
  change("critic.estimate.bias", 1.5);
  model->set_parameter_values(weights);
  Contested contested(*model, kRows);
  contested.graph().output("critic", contested.contest.further.of_critic);
  contested.graph().output("generator", contested.contest.further.of_generator);
  for (size_t row = 0; row < kRows; ++row) {
    const double logit = row % 2 == 1 ? 1.5 : 0;
    const double expected = 3 * (std::log(1 + std::exp(1.5)) - logit);
    EXPECT_NEAR(contested.output("critic")[row], expected, 1e-13);
    EXPECT_NEAR(contested.output("generator")[row], expected, 1e-13);
  }
  EXPECT_FALSE(Contested(*fitted(R"(, "auxiliary_weight": 0)"), 4).contest.further.of_critic);
}

TEST(Lagan, LearnsTheImagesOfEachClass) {
  constexpr int64_t kSteps = 400;
  const std::shared_ptr<Dataset> data = images(1000);
  const std::shared_ptr<Model> model = fitted();
  const std::unique_ptr<Trainer> trainer = make_trainer(
      *model, data,
      TrainingOptions(text(R"({"batch": 32, "learning_rate": 2e-3, "beta1": 0.5, "steps": )",
                           kSteps, R"(, "critic_rate": 2, "regularisers": ["r1"],
                           "regulariser_weights": [0.1]})")),
      1);
  trainer->advance(kSteps);
  adopt(*model, *trainer);
  const std::vector<double> found = drawn(*model, data->context);
  for (const size_t of_class : {0, 1}) {
    const double own = mean_in_band(found, of_class, of_class);
    const double expected = mean_in_band(data->x, of_class, of_class);
    EXPECT_NEAR(own, expected, 0.3 * expected) << of_class;
    EXPECT_GT(own, 3 * mean_in_band(found, of_class, 1 - of_class)) << of_class;
  }
}

TEST(Lagan, RefusesWhatIsNoImage) {
  const std::shared_ptr<Model> model = fitted();
  const auto with = [](size_t index, double value) {
    std::vector<double> x = images(3)->x;
    x[index] = value;
    return x;
  };
  const std::vector<double> classes = {0, 1, 0};
  expect_error(Code::out_of_range, "x row 1, column 4: the value is -1; pixels are 0 or above",
               [&] { model->fit_preprocessing(with(kPixels + 4, -1), classes); });
  expect_error(Code::not_finite, "x row 2, column 0", [&] {
    model->fit_preprocessing(with(2 * kPixels, std::numeric_limits<double>::quiet_NaN()), classes);
  });
  expect_error(Code::invalid_argument, "x has no image with a pixel above 0",
               [&] { model->fit_preprocessing(std::vector<double>(3 * kPixels, 0), classes); });
  for (const double wrong : {-1.0, 2.0, 0.5}) {
    expect_error(Code::out_of_range,
                 text("context row 1, column 0: ", wrong,
                      " is not a class; allowed: whole numbers from 0 to 1"),
                 [&] {
                   drawn(*model, {0, wrong});
                 });
  }
  expect_error(Code::not_finite, "context row 0, column 0",
               [&] { drawn(*model, {std::numeric_limits<double>::infinity()}); });
}

TEST(Lagan, RefusesFieldsThatDoNotGoTogether) {
  expect_error(Code::invalid_argument, "lagan.shape has 1 entries",
               [] { Model::create("lagan", R"({"shape": [25]})"); });
  expect_error(Code::out_of_range, "shape", [] { Model::create("lagan", R"({"shape": [3, 9]})"); });
  expect_error(Code::invalid_argument, "lagan.critic_channels has 2 entries: give 4",
               [] { Model::create("lagan", R"({"critic_channels": [8, 8]})"); });
  expect_error(Code::invalid_argument, "lagan.classes is 3, but context_features is 0",
               [] { Model::create("lagan", R"({"classes": 3})"); });
  expect_error(Code::corrupt_file, "the stored brightest pixel", [] {
    fitted()->set_preprocessing_json(
        R"({"x": {"columns": []}, "context": {"columns": []}, "brightest": -1})");
  });
}

}  // namespace
}  // namespace castalia
