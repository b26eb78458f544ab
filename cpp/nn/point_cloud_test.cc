#include "cpp/nn/point_cloud.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/compile/compile.h"
#include "cpp/nn/evaluate_for_test.h"

namespace castalia {
namespace {

constexpr int64_t kParticles = 5;
constexpr int64_t kFeatures = 4;
constexpr int64_t kGlobal = 3;

std::vector<double> normals(uint64_t which, int64_t count) {
  std::vector<double> values(static_cast<size_t>(count));
  fill_normal(Stream{7, which, 1, 0}, values);
  return values;
}

// The particles, and then the global features, that a layer makes of these.
std::vector<double> epic(const std::vector<double>& particles, const std::vector<double>& global,
                         const std::vector<double>& mask) {
  return evaluate_layer({{"particles", {1, kParticles, kFeatures}, particles},
                         {"global", {1, kGlobal}, global},
                         {"mask", {1, kParticles, 1}, mask}},
                        [](Trace& trace, const std::vector<Value>& in) {
                          const Cloud cloud = {masked(in[0], in[2]), in[1], in[2]};
                          const Cloud out = epic_layer(trace, "epic", cloud, {.hidden = 8});
                          return std::vector<Value>{out.particles, out.global};
                        });
}

TEST(EpicLayer, CarriesParticlesAlongInAnyOrder) {
  const std::vector<double> particles = normals(0, kParticles * kFeatures);
  const std::vector<double> global = normals(1, kGlobal);
  const std::vector<double> mask(kParticles, 1.0);
  const std::vector<double> straight = epic(particles, global, mask);
  std::vector<double> turned = particles;
  std::rotate(turned.begin(), turned.begin() + kFeatures, turned.end());
  std::vector<double> expected = straight;
  std::rotate(expected.begin(), expected.begin() + kFeatures,
              expected.begin() + kParticles * kFeatures);
  const std::vector<double> found = epic(turned, global, mask);
  ASSERT_EQ(found.size(), expected.size());
  for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-12) << i;
  EXPECT_NE(straight, found);
}

TEST(EpicLayer, DoesNotSeePlacesWithoutAParticle) {
  std::vector<double> particles = normals(0, kParticles * kFeatures);
  const std::vector<double> global = normals(1, kGlobal);
  const std::vector<double> mask = {1, 1, 1, 0, 0};
  const std::vector<double> before = epic(particles, global, mask);
  for (size_t i = 3 * kFeatures; i < particles.size(); ++i) particles[i] = 100;
  EXPECT_EQ(epic(particles, global, mask), before);
  for (size_t i = 3 * kFeatures; i < kParticles * kFeatures; ++i) EXPECT_EQ(before[i], 0);
  EXPECT_NE(before[0], 0);
}

TEST(Pooled, IsTheMeanAndTheScaledSum) {
  const std::vector<double> particles = {1, 2, 3, 5, 100, 100};  // the last is not always there
  const auto pool = [&](const std::vector<double>& mask) {
    return evaluate_layer({{"particles", {1, 3, 2}, particles}, {"mask", {1, 3, 1}, mask}},
                          [](Trace&, const std::vector<Value>& in) {
                            const Cloud cloud = {masked(in[0], in[1]), Value(), in[1]};
                            return std::vector<Value>{pooled(cloud, 0.5)};
                          });
  };
  EXPECT_EQ(pool({1, 1, 0}), (std::vector<double>{2, 3.5, 2, 3.5}));
  EXPECT_EQ(pool({0, 0, 0}), (std::vector<double>{0, 0, 0, 0}));
  const std::vector<double> all = evaluate_layer(
      {{"particles", {1, 3, 2}, particles}}, [](Trace&, const std::vector<Value>& in) {
        return std::vector<Value>{pooled({in[0], Value(), Value()}, 1.0)};
      });
  EXPECT_NEAR(all[0], 104.0 / 3, 1e-12);
  EXPECT_EQ(all[2], 104);
}

TEST(EpicLayer, NamesShapesThatDoNotFit) {
  Graph graph;
  ParameterTable table;
  Trace trace(graph, table, Value(), DType::float64);
  const Value particles = graph.input("particles", {DType::float64, {2, 5, 4}});
  const Value global = graph.input("global", {DType::float64, {3, 3}});
  try {
    epic_layer(trace, "epic", {particles, global, Value()});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("[2, 5, 4]"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("[3, 3]"), std::string::npos) << error.what();
  }
}

// Multiplies all values of the parameters whose names end so.
ChangeParameters scaled(const std::string& ending, double factor) {
  return [=](const ParameterTable& table, std::vector<double>& values) {
    for (const Parameter& each : table.parameters()) {
      if (!each.name.ends_with(ending)) continue;
      for (int64_t i = 0; i < each.shape.count(); ++i) {
        values[static_cast<size_t>(each.offset + i)] *= factor;
      }
    }
  };
}

TEST(EpicLinear, NormalisesWeights) {
  const std::vector<double> x = normals(4, 3 * 5);
  const auto evaluate = [&](const ChangeParameters& change) {
    return evaluate_layer(
        {{"x", {3, 5}, x}},
        [](Trace& trace, const std::vector<Value>& in) {
          return std::vector{epic_linear(trace, "layer", in[0], 2, {.weight_norm = true})};
        },
        change);
  };
  std::vector<double> direction;
  const std::vector<double> plain =
      evaluate([&](const ParameterTable& table, std::vector<double>& values) {
        const Parameter& first = table.parameters().front();
        ASSERT_EQ(first.name, "layer.direction");
        direction.assign(values.begin() + first.offset, values.begin() + first.offset + 10);
      });
  // Each column of the weight has the length 1 / sqrt(3).
  for (size_t row = 0; row < 3; ++row) {
    for (size_t k = 0; k < 2; ++k) {
      double squares = 0, product = 0;
      for (size_t i = 0; i < 5; ++i) {
        squares += direction[2 * i + k] * direction[2 * i + k];
        product += x[5 * row + i] * direction[2 * i + k];
      }
      EXPECT_NEAR(plain[2 * row + k], product / std::sqrt(3 * squares), 1e-12);
    }
  }
  const std::vector<double> turned = evaluate(scaled("direction", 7));
  const std::vector<double> longer = evaluate(scaled("length", 2));
  for (size_t i = 0; i < plain.size(); ++i) {
    EXPECT_NEAR(turned[i], plain[i], 1e-12);
    EXPECT_NEAR(longer[i], 2 * plain[i], 1e-12);
  }
  for (const double each : evaluate(scaled("direction", 0))) EXPECT_EQ(each, 0);
}

// The layer by plain loops: messages one by one, from the concatenation of what they are made of.
class MessagesByLoops {
 public:
  explicit MessagesByLoops(const MessagePassingOptions& options) : options_(options) {}

  void read(const ParameterTable& table, const std::vector<double>& values) {
    for (const Parameter& each : table.parameters()) {
      const auto first = values.begin() + each.offset;
      parameters_[each.name] = {each.shape.back(), {first, first + each.shape.count()}};
    }
  }

  // Of one cloud; particles without a mask are at the end.
  std::vector<double> operator()(const std::vector<double>& x, const std::vector<double>& global,
                                 size_t present, size_t count) const {
    const size_t features = x.size() / count;
    const auto particle = [&](size_t i) { return std::span(x).subspan(i * features, features); };
    std::vector<double> out;
    for (size_t i = 0; i < present; ++i) {
      std::vector<double> gathered;
      for (size_t j = 0; j < present; ++j) {
        std::vector<double> message = bias("edge_0");
        add("edge_0.receiver", particle(i), message);
        add("edge_0.sender", particle(j), message);
        add("edge_0.from_global", global, message);
        if (options_.distances) {
          double squares = 0;
          for (size_t k = 0; k < features; ++k) {
            squares += (particle(i)[k] - particle(j)[k]) * (particle(i)[k] - particle(j)[k]);
          }
          add("edge_0.distance", std::vector{std::sqrt(squares)}, message);
        }
        activate(message);
        for (size_t layer = 1; layer < options_.edge_layers.size(); ++layer) {
          message = dense(text("edge_", layer), message);
          activate(message);
        }
        gathered.resize(message.size());
        for (size_t k = 0; k < message.size(); ++k) {
          gathered[k] +=
              message[k] / (options_.mean ? static_cast<double>(present) : 1 / options_.sum_scale);
        }
      }
      gathered.insert(gathered.end(), particle(i).begin(), particle(i).end());
      for (size_t layer = 0; layer < options_.node_layers.size(); ++layer) {
        std::vector<double> next = dense(text("node_", layer), gathered);
        if (layer == 0) add("node_0.from_global", global, next);
        activate(next);
        gathered = next;
      }
      const auto made = dense(text("node_", options_.node_layers.size()), gathered);
      out.insert(out.end(), made.begin(), made.end());
    }
    return out;
  }

 private:
  std::vector<double> bias(const std::string& layer) const {
    return parameters_.at("layer." + layer + ".bias").second;
  }
  void add(const std::string& weight, std::span<const double> x, std::vector<double>& to) const {
    if (x.empty()) return;
    const auto& [width, values] = parameters_.at("layer." + weight);
    for (size_t k = 0; k < to.size(); ++k) {
      for (size_t i = 0; i < x.size(); ++i) {
        to[k] += x[i] * values[i * static_cast<size_t>(width) + k];
      }
    }
  }
  std::vector<double> dense(const std::string& layer, const std::vector<double>& x) const {
    std::vector<double> out = bias(layer);
    add(layer + ".weight", x, out);
    return out;
  }
  void activate(std::vector<double>& values) const {
    for (double& value : values) value = value > 0 ? value : options_.slope * value;
  }

  MessagePassingOptions options_;
  std::map<std::string, std::pair<int64_t, std::vector<double>>> parameters_;
};

TEST(MessagePassing, IsWhatLoopsGive) {
  constexpr size_t kPresent = 3;
  const MessagePassingOptions layers = {
      .edge_layers = {6, 4}, .node_layers = {7}, .sum_scale = 0.3};
  std::vector<MessagePassingOptions> all(3, layers);
  all[1].mean = true;
  all[1].distances = true;
  all[2].edge_layers = {5};
  all[2].node_layers = {6, 3};
  all[2].slope = 0;
  for (const MessagePassingOptions& options : all) {
    for (const int64_t width : {0, 2}) {
      SCOPED_TRACE(width);
      MessagesByLoops loops(options);
      std::vector<double> particles = normals(5, kParticles * kFeatures);
      const std::vector<double> global = normals(6, width);
      const auto evaluate = [&] {
        std::vector<LayerInput> inputs = {{"particles", {1, kParticles, kFeatures}, particles},
                                          {"mask", {1, kParticles, 1}, {1, 1, 1, 0, 0}}};
        if (width > 0) inputs.push_back({"global", {1, width}, global});
        return evaluate_layer(
            inputs,
            [&](Trace& trace, const std::vector<Value>& in) {
              const Cloud cloud = {in[0], width > 0 ? in[2] : Value(), in[1]};
              return std::vector{message_passing_layer(trace, "layer", cloud, 2, options)};
            },
            [&](const ParameterTable& table, std::vector<double>& values) {
              // Biases and the distance's weight are first 0.
              for (size_t i = 0; i < values.size(); ++i) {
                values[i] += 0.1 * std::sin(static_cast<double>(i));
              }
              loops.read(table, values);
            });
      };
      const std::vector<double> found = evaluate();
      const std::vector<double> expected = loops(particles, global, kPresent, kParticles);
      for (size_t i = 0; i < expected.size(); ++i) EXPECT_NEAR(found[i], expected[i], 1e-12) << i;
      // What lies in empty places does not matter.
      for (size_t i = kPresent * kFeatures; i < particles.size(); ++i) particles[i] = 100;
      const std::vector<double> again = evaluate();
      for (size_t i = 0; i < expected.size(); ++i) EXPECT_EQ(again[i], found[i]);
    }
  }
}

TEST(MessagePassing, DropsOutWhereThereIsASeed) {
  const auto evaluate = [](double rate, std::optional<int64_t> seed) {
    return evaluate_layer(
        {{"particles", {1, kParticles, kFeatures}, normals(5, kParticles * kFeatures)}},
        [=](Trace& trace, const std::vector<Value>& in) {
          if (seed) {
            trace.seed = trace.graph().scalar(static_cast<double>(*seed), DType::int64);
            trace.first_event = trace.graph().scalar(0, DType::int64);
          }
          return std::vector{message_passing_layer(
              trace, "layer", {in[0], Value(), Value()}, 400,
              {.edge_layers = {6, 4}, .node_layers = {7}, .dropout = rate, .dropout_stage = 100})};
        });
  };
  const std::vector<double> plain = evaluate(0, {});
  EXPECT_EQ(evaluate(0.5, {}), plain);
  EXPECT_EQ(evaluate(0, 1), plain);
  const std::vector<double> dropped = evaluate(0.5, 1);
  EXPECT_EQ(evaluate(0.5, 1), dropped);
  EXPECT_NE(evaluate(0.5, 2), dropped);
  const auto zeros = std::count(dropped.begin(), dropped.end(), 0.0);
  EXPECT_NEAR(static_cast<double>(zeros) / static_cast<double>(dropped.size()), 0.5, 0.06);
}

}  // namespace
}  // namespace castalia
