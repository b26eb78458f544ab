// Event generation by an adversarial network whose resonances are sharpened by a kernel distance
// (arXiv:1907.03764).
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/ops/ops.h"
#include "models/adversarial/dense_network.h"
#include "models/catalogue.h"

namespace castalia {
namespace {

constexpr int64_t kMomentum = 3;  // px, py, pz of a particle
// Collinear massless particles have no mass; the root's slope would be infinite there.
constexpr double kLeastSquare = 1e-9;

// Particles whose invariant mass is looked at: "0 1" is the mass of the first two.
std::vector<int64_t> particles_of(const std::string& text, int64_t particles) {
  std::istringstream in(text);
  std::vector<int64_t> found;
  int64_t particle = 0;
  while (in >> particle) {
    if (particle < 0 || particle >= particles) {
      fail(Code::out_of_range, "event_gan.resonances: '", text, "' names particle ", particle,
           "; event_gan.masses has ", particles, ", counted from 0");
    }
    if (std::ranges::count(found, particle) > 0) {
      fail(Code::invalid_argument, "event_gan.resonances: '", text, "' names particle ", particle,
           " twice");
    }
    found.push_back(particle);
  }
  if (!in.eof() || found.size() < 2) {
    fail(Code::invalid_argument, "event_gan.resonances: '", text,
         "' is not a list of two or more particles, such as '0 1'");
  }
  return found;
}

class EventGan final : public DenseAdversarialNetwork {
 public:
  explicit EventGan(const Specification& s)
      : DenseAdversarialNetwork(s),
        masses_(s.reals("masses")),
        weight_(s.real("mmd_weight")),
        widths_(s.reals("mmd_widths")),
        shown_(s.boolean("critic_masses")) {
    const auto particles = std::ssize(masses_);
    if (features() != kMomentum * particles) {
      fail(Code::shape_mismatch, "event_gan: features is ", features(), ", but px, py, pz of ",
           particles, " particles (one for each of masses) are ", kMomentum * particles);
    }
    for (const std::string& each : s.texts("resonances")) {
      resonances_.push_back(particles_of(each, particles));
    }
    if (widths_.size() != resonances_.size()) {
      fail(Code::invalid_argument, "event_gan.resonances has ", resonances_.size(),
           " entries, mmd_widths ", widths_.size(), ": one for each");
    }
    if (shown_ && resonances_.empty()) {
      fail(Code::invalid_argument,
           "event_gan.critic_masses has no effect: resonances names no masses");
    }
    centres_.assign(resonances_.size(), 0.0);
  }

  // Beside the columns: where the middle of the true masses lies.
  void fit_preprocessing(std::span<const double> x, std::span<const double> context) override {
    DenseAdversarialNetwork::fit_preprocessing(x, context);
    const int64_t rows = std::ssize(x) / features();
    for (size_t i = 0; i < resonances_.size() && rows > 0; ++i) {
      std::vector<double> masses;
      for (int64_t row = 0; row < rows; ++row) {
        masses.push_back(mass_of(x.data() + row * features(), resonances_[i]));
      }
      const auto middle = masses.begin() + rows / 2;
      std::nth_element(masses.begin(), middle, masses.end());
      centres_[i] = *middle;
    }
  }
  std::string preprocessing_json() const override {
    nlohmann::json all = nlohmann::json::parse(DenseAdversarialNetwork::preprocessing_json());
    if (shown_) all["masses"] = centres_;
    return all.dump();
  }
  void set_preprocessing_json(const std::string& text) override {
    DenseAdversarialNetwork::set_preprocessing_json(text);
    if (!shown_) return;
    const nlohmann::json all = nlohmann::json::parse(text);
    if (!all.contains("masses") || all["masses"].size() != centres_.size()) {
      fail(Code::corrupt_file, "the stored preprocessing does not have ", centres_.size(),
           " masses");
    }
    for (size_t i = 0; i < centres_.size(); ++i) centres_[i] = all["masses"][i].get<double>();
  }

 private:
  // The critic of a narrow resonance would have to be a steep function of the momenta, which
  // regularisers forbid; of the mass, in units of its width, it need not be.
  int64_t seen_features() const override {
    return features() + (shown_ ? std::ssize(resonances_) : 0);
  }
  Value seen(Value events) const override {
    if (!shown_) return events;
    std::vector<Value> all = {events};
    const Value x = preprocessing().inverse(cast(events, DType::float64)).values;
    for (size_t i = 0; i < resonances_.size(); ++i) {
      // Far from the peak the logarithm of the distance counts.
      const Value apart = (mass(x, resonances_[i]) - centres_[i]) * (1.0 / widths_[i]);
      all.push_back(cast(asinh(apart), events.dtype()));
    }
    return concat(all, 1);
  }

  // The square of the kernel distance (MMD) between the batch's true and made masses of each
  // resonance. Every row has the same.
  Value further_of_generator(Trace&, Value x, Value made, Value) const override {
    if (weight_ == 0 || resonances_.empty()) return {};
    const Value events = preprocessing().inverse(cast(made, DType::float64)).values;
    Value total;
    for (size_t i = 0; i < resonances_.size(); ++i) {
      const Value distance =
          squared_mmd(mass(x, resonances_[i]), mass(events, resonances_[i]), widths_[i]);
      total = total ? total + distance : distance;
    }
    return broadcast_to(weight_ * total, Shape{x.rows(), 1});
  }

  // The invariant mass of some particles, (rows, 1), in the units of the momenta.
  Value mass(Value events, const std::vector<int64_t>& of) const {
    Value energy;
    Value momentum;
    for (const int64_t particle : of) {
      const double own = masses_[static_cast<size_t>(particle)];
      const Value p = slice(events, 1, kMomentum * particle, kMomentum * (particle + 1));
      const Value e = sqrt(sum(square(p), {1}, true) + own * own);
      energy = energy ? energy + e : e;
      momentum = momentum ? momentum + p : p;
    }
    return sqrt(maximum(square(energy) - sum(square(momentum), {1}, true),
                        events.graph().scalar(kLeastSquare, DType::float64)));
  }

  // The same of one event.
  double mass_of(const double* event, const std::vector<int64_t>& of) const {
    double energy = 0;
    double p[kMomentum] = {};
    for (const int64_t particle : of) {
      const double own = masses_[static_cast<size_t>(particle)];
      double square = own * own;
      for (int64_t i = 0; i < kMomentum; ++i) {
        const double component = event[kMomentum * particle + i];
        p[i] += component;
        square += component * component;
      }
      energy += std::sqrt(square);
    }
    return std::sqrt(
        std::max(energy * energy - p[0] * p[0] - p[1] * p[1] - p[2] * p[2], kLeastSquare));
  }

  // Of (rows, 1) each, with the kernel w^2 / (w^2 + (a - b)^2), the shape of a resonance.
  static Value squared_mmd(Value real, Value made, double width) {
    const auto closeness = [width](Value a, Value b) {
      const Value apart = a - reshape(b, Shape{1, b.rows()});
      return mean(1.0 / (1.0 + square(apart) * (1.0 / (width * width))), {0, 1}, true);
    };
    return closeness(made, made) + closeness(real, real) - 2.0 * closeness(real, made);
  }

  std::vector<double> masses_;
  std::vector<std::vector<int64_t>> resonances_;
  double weight_;
  std::vector<double> widths_;
  bool shown_;
  std::vector<double> centres_;  // of the true masses of each resonance
};

std::vector<Field> own_fields() {
  return {{.name = "masses",
           .type = FieldType::real_list,
           .default_value = "",
           .meaning = "one for each particle, in the units of the momenta: its energy follows",
           .least = 0,
           .greatest = 1e12},
          {.name = "resonances",
           .type = FieldType::text_list,
           .default_value = "[]",
           .meaning = "particles, counted from 0, whose invariant masses are compared in training: "
                      "'0 1' is that of the first two"},
          {.name = "mmd_widths",
           .type = FieldType::real_list,
           .default_value = "[]",
           .meaning = "one for each of resonances: the width of the kernel, near that of the peak",
           .least = 1e-9,
           .greatest = 1e12},
          {.name = "critic_masses",
           .type = FieldType::boolean,
           .default_value = "false",
           .meaning = "the critic is shown the masses of resonances beside the momenta: how far "
                      "they lie from the median of the true ones, in widths"},
          {.name = "mmd_weight",
           .type = FieldType::real,
           .default_value = "1",
           .meaning = "what the squared kernel distances count in the generator's loss",
           .least = 0,
           .greatest = 1e6}};
}

}  // namespace

const Architecture& event_gan_architecture() {
  static const Architecture architecture = {
      .name = "event_gan",
      .family = "adversarial",
      .summary = "events of a fixed number of particles, with sharp resonances",
      .description =
          "Columns are px, py, pz of each particle; energies follow from the masses, so that all "
          "particles are on their shells. A generator of dense layers is trained against a critic, "
          "and by the kernel distance (MMD) between the invariant masses of true and generated "
          "events of a batch: a critic alone does not see the peak of a narrow resonance.",
      .fields = dense_fields(own_fields()),
      .capabilities = {Capability::sample},
      .references = {"1907.03764", "1406.2661"},
      .build = [](const Specification& s) { return std::make_unique<EventGan>(s); },
      .examples =
          {
              R"({"features": 9, "latent": 8, "generator_hidden": 16, "generator_layers": 2,
                  "critic_hidden": 16, "critic_layers": 2, "masses": [0.1, 0.1, 0],
                  "resonances": ["0 1", "0 1 2"], "mmd_widths": [0.5, 1]})",
              R"({"features": 6, "context_features": 1, "latent": 4, "generator_hidden": 12,
                  "generator_layers": 2, "critic_hidden": 12, "critic_layers": 1,
                  "masses": [0, 1], "resonances": ["0 1"], "mmd_widths": [1],
                  "auxiliary_weight": 1, "critic_masses": true})",
          },
      .make_context = make_class,
  };
  return architecture;
}

}  // namespace castalia
