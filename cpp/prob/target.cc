#include "cpp/prob/target.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <numbers>
#include <vector>

#include "cpp/base/fields.h"
#include "cpp/base/status.h"
#include "cpp/base/text.h"

namespace castalia {
namespace {

using std::numbers::pi;

constexpr double kMinusInfinity = -std::numeric_limits<double>::infinity();

[[noreturn]] void fail_at(const TargetRequest& r, int64_t row, int64_t first_row,
                          const std::string& what, double value) {
  const int64_t width = std::ssize(r.x) / r.rows;
  std::string point;
  for (int64_t i = 0; i < std::min<int64_t>(width, 8); ++i) {
    point += text(i > 0 ? ", " : "", r.x[static_cast<size_t>(row * width + i)]);
  }
  fail(Code::not_finite, "the target's ", what, " at row ", first_row + row, " is ", value,
       "; x = (", point, width > 8 ? ", ..." : "", ")");
}

// A density that is a formula, known by its name and settings.
class FormulaTarget : public Target {
 public:
  FormulaTarget(std::string name, const FieldValues& values)
      : identity_(text(name, values.json())) {}

  bool has_gradient() const override { return true; }
  std::string identity() const override { return identity_; }

  void evaluate(const TargetRequest& r) override {
    const auto width = static_cast<size_t>(features());
    std::vector<double> unused(r.gradient.empty() ? width : 0);
    for (size_t row = 0; row < static_cast<size_t>(r.rows); ++row) {
      const auto gradient =
          r.gradient.empty() ? std::span<double>(unused) : r.gradient.subspan(row * width, width);
      r.log_density[row] = point(r.x.subspan(row * width, width), gradient);
    }
  }

 private:
  // The log-density at x; writes its gradient.
  virtual double point(std::span<const double> x, std::span<double> gradient) const = 0;

  std::string identity_;
};

// exp(log_norm) times a mixture of round Gaussians.
class GaussianMixture : public FormulaTarget {
 public:
  explicit GaussianMixture(const FieldValues& values)
      : FormulaTarget("gaussian_mixture", values),
        features_(values.integer("features")),
        centres_(values.reals("centres")),
        widths_(values.reals("widths")),
        weights_(values.reals("weights")),
        log_norm_(values.real("log_norm")) {
    const auto count = static_cast<int64_t>(widths_.size());
    if (std::ssize(centres_) != count * features_) {
      fail(Code::shape_mismatch, "gaussian_mixture.centres has ", centres_.size(), " numbers for ",
           count, " widths and ", features_, " features: one a width and feature");
    }
    if (weights_.empty()) weights_.assign(widths_.size(), 1.0);
    if (std::ssize(weights_) != count) {
      fail(Code::shape_mismatch, "gaussian_mixture.weights has ", weights_.size(), " numbers for ",
           count, " widths: one each");
    }
    double total = 0;
    for (const double weight : weights_) total += weight;
    for (double& weight : weights_) weight /= total;
  }

  int64_t features() const override { return features_; }
  std::optional<double> log_integral() const override { return log_norm_; }

 private:
  double point(std::span<const double> x, std::span<double> gradient) const override {
    const auto d = static_cast<double>(features_);
    std::vector<double> terms;
    for (size_t k = 0; k < widths_.size(); ++k) {
      double squares = 0;
      for (size_t i = 0; i < x.size(); ++i) {
        const double distance = (x[i] - centres_[k * x.size() + i]) / widths_[k];
        squares += distance * distance;
      }
      terms.push_back(std::log(weights_[k]) - 0.5 * squares -
                      d * (0.5 * std::log(2 * pi) + std::log(widths_[k])));
    }
    const double largest = *std::max_element(terms.begin(), terms.end());
    double sum = 0;
    for (double& term : terms) sum += term = std::exp(term - largest);
    std::fill(gradient.begin(), gradient.end(), 0.0);
    for (size_t k = 0; k < widths_.size(); ++k) {
      for (size_t i = 0; i < x.size(); ++i) {
        gradient[i] +=
            terms[k] / sum * (centres_[k * x.size() + i] - x[i]) / (widths_[k] * widths_[k]);
      }
    }
    return largest + std::log(sum) + log_norm_;
  }

  int64_t features_;
  std::vector<double> centres_, widths_, weights_;
  double log_norm_;
};

// Two humps on the diagonal of the unit cube, and nothing outside.
class Camel : public FormulaTarget {
 public:
  explicit Camel(const FieldValues& values)
      : FormulaTarget("camel", values),
        features_(values.integer("features")),
        width_(values.real("width")) {}

  int64_t features() const override { return features_; }
  std::optional<double> log_integral() const override {
    const double of_one = 0.5 * (std::erf(1 / (3 * width_)) + std::erf(2 / (3 * width_)));
    return static_cast<double>(features_) * std::log(of_one);
  }

 private:
  double point(std::span<const double> x, std::span<double> gradient) const override {
    double exponents[2] = {0, 0};
    bool inside = true;
    for (const double each : x) {
      inside = inside && each >= 0 && each <= 1;
      for (int hump = 0; hump < 2; ++hump) {
        const double distance = (each - (hump + 1) / 3.0) / width_;
        exponents[hump] -= distance * distance;
      }
    }
    const double largest = std::max(exponents[0], exponents[1]);
    const double shares[2] = {std::exp(exponents[0] - largest), std::exp(exponents[1] - largest)};
    const double sum = shares[0] + shares[1];
    for (size_t i = 0; i < x.size(); ++i) {
      gradient[i] = 0;
      for (int hump = 0; hump < 2; ++hump) {
        gradient[i] += shares[hump] / sum * 2 * ((hump + 1) / 3.0 - x[i]) / (width_ * width_);
      }
    }
    if (!inside) return kMinusInfinity;
    return largest + std::log(0.5 * sum) -
           static_cast<double>(features_) * std::log(width_ * std::sqrt(pi));
  }

  int64_t features_;
  double width_;
};

// exp(-(|x| - radius)^2 / (2 width^2)) in the plane.
class Ring : public FormulaTarget {
 public:
  explicit Ring(const FieldValues& values)
      : FormulaTarget("ring", values),
        radius_(values.real("radius")),
        width_(values.real("width")) {}

  int64_t features() const override { return 2; }
  std::optional<double> log_integral() const override {
    const double r = radius_ / width_;
    const double radial =
        std::exp(-0.5 * r * r) + r * std::sqrt(0.5 * pi) * (1 + std::erf(r / std::numbers::sqrt2));
    return std::log(2 * pi * width_ * width_ * radial);
  }

 private:
  double point(std::span<const double> x, std::span<double> gradient) const override {
    const double distance = std::hypot(x[0], x[1]);
    const double pull = (radius_ - distance) / width_;
    for (size_t i = 0; i < 2; ++i) {
      gradient[i] = distance > 0 ? pull / width_ * x[i] / distance : 0.0;
    }
    return -0.5 * pull * pull;
  }

  double radius_;
  double width_;
};

struct TargetKind {
  std::string name;
  std::string summary;
  std::vector<std::string> references;
  std::vector<Field> fields;
  std::shared_ptr<Target> (*make)(const FieldValues&);
};

template <typename Kind>
std::shared_ptr<Target> made(const FieldValues& values) {
  return std::make_shared<Kind>(values);
}

Field features_field() {
  return {.name = "features",
          .type = FieldType::integer,
          .default_value = "2",
          .meaning = "columns of x",
          .least = 1,
          .greatest = 65536};
}

Field width_field(const char* meaning, const char* value) {
  return {.name = "width",
          .type = FieldType::real,
          .default_value = value,
          .meaning = meaning,
          .least = 1e-6,
          .greatest = 1e6};
}

const std::vector<TargetKind>& target_kinds() {
  using enum FieldType;
  static const std::vector<TargetKind> kinds = {
      {"camel",
       "two Gaussian humps on the diagonal of the unit cube, cut off at its faces",
       {"2001.05486"},
       {features_field(), width_field("sqrt(2) times a hump's standard deviation", "0.2")},
       made<Camel>},
      {"gaussian_mixture",
       "mixture of round Gaussians",
       {},
       {features_field(),
        {.name = "centres",
         .type = real_list,
         .default_value = "[0, 0]",
         .meaning = "centre after centre"},
        {.name = "widths",
         .type = real_list,
         .default_value = "[1]",
         .meaning = "one standard deviation a centre",
         .least = 1e-6,
         .greatest = 1e6},
        {.name = "weights",
         .type = real_list,
         .default_value = "[]",
         .meaning = "one a centre, of any sum; empty: all the same",
         .least = 1e-300,
         .greatest = 1e300},
        {.name = "log_norm",
         .type = real,
         .default_value = "0",
         .meaning = "logarithm of the integral",
         .least = -1e3,
         .greatest = 1e3}},
       made<GaussianMixture>},
      {"ring",
       "circular ridge in the plane",
       {},
       {{.name = "radius",
         .type = real,
         .default_value = "2",
         .meaning = "of the ridge",
         .least = 0,
         .greatest = 1e6},
        width_field("standard deviation across the ridge", "0.3")},
       made<Ring>}};
  return kinds;
}

}  // namespace

void evaluate_target(Target& target, const TargetRequest& r, int64_t first_row) {
  if (!r.gradient.empty() && !target.has_gradient()) {
    fail(Code::unsupported, "the target gives no gradient");
  }
  if (r.rows == 0) return;
  target.evaluate(r);
  for (size_t row = 0; row < r.log_density.size(); ++row) {
    const double value = r.log_density[row];
    if (std::isnan(value) || value == -kMinusInfinity) {
      fail_at(r, static_cast<int64_t>(row), first_row, "log-density", value);
    }
  }
  const auto width = static_cast<size_t>(target.features());
  for (size_t i = 0; i < r.gradient.size(); ++i) {
    // Where the density is zero there is nothing to climb.
    if (std::isfinite(r.gradient[i]) || r.log_density[i / width] == kMinusInfinity) continue;
    fail_at(r, static_cast<int64_t>(i / width), first_row,
            text("gradient with respect to column ", i % width), r.gradient[i]);
  }
}

std::shared_ptr<Target> make_target(const std::string& name, const std::string& settings_json) {
  std::vector<std::string> names;
  for (const TargetKind& kind : target_kinds()) {
    if (kind.name == name) return kind.make(FieldValues(name, kind.fields, settings_json));
    names.push_back(kind.name);
  }
  fail(Code::not_found, "unknown target '", name, "'", suggestion(name, names));
}

std::string targets_json() {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const TargetKind& kind : target_kinds()) {
    nlohmann::ordered_json fields = nlohmann::ordered_json::array();
    for (const Field& field : kind.fields) fields.push_back(describe(field));
    list.push_back({{"name", kind.name},
                    {"summary", kind.summary},
                    {"references", kind.references},
                    {"fields", fields}});
  }
  return list.dump(2);
}

}  // namespace castalia
