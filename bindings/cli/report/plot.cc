#include "bindings/cli/report/plot.h"

#include <algorithm>
#include <cmath>

#include "bindings/cli/report/compare.h"
#include "bindings/cli/report/svg.h"
#include "bindings/cli/report/text.h"

namespace castalia_cli::report {
namespace {

constexpr double kWidth = 440, kLeft = 62, kRight = 420;
constexpr double kTop = 24, kMainHeight = 178;
constexpr double kRatioTop = kTop + kMainHeight + 6, kRatioHeight = 62;
constexpr double kPullTop = kRatioTop + kRatioHeight + 6, kPullHeight = 34;
constexpr double kMostPull = 5;
// More than the outermost mark, so that it stands inside of its panel.
constexpr double kRoom = 1.3;
constexpr double kTick = 4, kSmallTick = 2.5;
// Below this share of the greatest value a step cannot be told from the floor.
constexpr double kFloor = 0.05;

struct Panel {
  Axis horizontal, vertical;
  double top, height;

  double x(double value) const { return kLeft + horizontal.share(value) * (kRight - kLeft); }
  double y(double value) const { return top + (1 - vertical.share(value)) * height; }
  double bottom() const { return top + height; }
  // The nearest place inside.
  double y_inside(double value) const { return std::clamp(y(value), top, bottom()); }
};

Axis vertical_axis(const Steps& steps) {
  std::vector<double> positive;
  double greatest = 0;
  const auto look = [&](const std::vector<double>& values, bool count) {
    for (const double value : values) {
      if (value > 0 && std::isfinite(value)) {
        greatest = std::max(greatest, value);
        if (count) positive.push_back(value);
      }
    }
  };
  look(steps.reference, true);
  look(steps.generated, positive.empty());
  if (positive.empty()) return {0, 1, false};
  std::sort(positive.begin(), positive.end());
  const double half = positive[positive.size() / 2];
  const double least = positive.front();
  if (half < kFloor * greatest) {
    // Above, room for the errors; below, for the lowest step to be one.
    return {std::max(least / 2, greatest * 1e-12), greatest * 2, true};
  }
  return {0, greatest < 1e308 ? greatest * 1.12 : greatest, false};
}

void draw_frame(Svg& svg, const Panel& panel, const std::vector<Tick>& vertical_marks,
                bool horizontal_labels) {
  svg.rectangle(kLeft, panel.top, kRight - kLeft, panel.height, "frame");
  std::string marks;
  for (const Tick& tick : ticks(panel.horizontal, 5)) {
    const double x = panel.x(tick.value);
    const double length = tick.label.empty() ? kSmallTick : kTick;
    marks += move_to(x, panel.bottom()) + line_to(x, panel.bottom() - length);
    if (horizontal_labels && !tick.label.empty()) {
      svg.text(x, panel.bottom() + 14, tick.label, "tick", "middle");
    }
  }
  for (const Tick& tick : vertical_marks) {
    const double y = panel.y(tick.value);
    const double length = tick.label.empty() ? kSmallTick : kTick;
    marks += move_to(kLeft, y) + line_to(kLeft + length, y);
    if (!tick.label.empty()) svg.text(kLeft - 6, y + 3.5, tick.label, "tick", "end");
  }
  svg.path(marks, "axis");
}

// The outline of steps from left to right; where `down`, from right to left, for a way back.
std::string outline(const Panel& panel, const std::vector<double>& edges,
                    const std::vector<double>& values, bool begin, bool down = false) {
  std::string out;
  const size_t n = values.size();
  for (size_t k = 0; k < n; ++k) {
    const size_t i = down ? n - 1 - k : k;
    const double y = panel.y_inside(values[i]);
    const double from = panel.x(edges[down ? i + 1 : i]), to = panel.x(edges[down ? i : i + 1]);
    out += k == 0 && begin ? move_to(from, y) : line_to(from, y);
    out += line_to(to, y);
  }
  return out;
}

double middle(const Panel& panel, const Steps& steps, size_t i) {
  return (panel.x(steps.edges[i]) + panel.x(steps.edges[i + 1])) / 2;
}

double error_of(const std::vector<double>& errors, size_t i) {
  return errors.empty() ? 0 : errors[i];
}

// Points are short thick strokes with round ends: one path for all.
std::string dot(double x, double y) { return move_to(x, y) + "h0"; }

void draw_main(Svg& svg, const Panel& panel, const Steps& steps) {
  svg.clip(kLeft, panel.top, kRight - kLeft, panel.height);
  const std::string upper = outline(panel, steps.edges, steps.reference, true);
  if (!upper.empty()) {
    svg.path(upper + line_to(panel.x(steps.edges.back()), panel.bottom()) +
                 line_to(panel.x(steps.edges.front()), panel.bottom()) + "Z",
             "area");
    svg.path(upper, "reference");
  }
  if (steps.generated_error.empty()) {
    svg.path(outline(panel, steps.edges, steps.generated, true), "generated");
  } else {
    std::string bars, dots;
    for (size_t i = 0; i < steps.generated.size(); ++i) {
      const double value = steps.generated[i], error = steps.generated_error[i];
      if (!(value > 0)) continue;
      const double x = middle(panel, steps, i);
      bars += move_to(x, panel.y_inside(value + error)) + line_to(x, panel.y_inside(value - error));
      dots += dot(x, panel.y(value));
    }
    svg.path(bars, "generated");
    svg.path(dots, "dots");
  }
  svg.unclip();
}

void draw_ratio(Svg& svg, const Panel& panel, const Steps& steps, const std::vector<double>& ratios,
                const std::vector<double>& errors) {
  svg.clip(kLeft, panel.top, kRight - kLeft, panel.height);
  std::string band;
  for (size_t i = 0; i < ratios.size() && !steps.reference_error.empty(); ++i) {
    if (!(steps.reference[i] > 0)) continue;
    const double relative = steps.reference_error[i] / steps.reference[i];
    const double x = panel.x(steps.edges[i]), right = panel.x(steps.edges[i + 1]);
    const double high = panel.y_inside(1 + relative), low = panel.y_inside(1 - relative);
    band += move_to(x, high) + line_to(right, high) + line_to(right, low) + line_to(x, low) + "Z";
  }
  svg.path(band, "band");
  svg.line(kLeft, panel.y(1), kRight, panel.y(1), "unity");
  std::string bars, dots, outside;
  for (size_t i = 0; i < ratios.size(); ++i) {
    if (std::isnan(ratios[i])) continue;
    const double x = middle(panel, steps, i);
    if (ratios[i] > panel.vertical.upper) {
      outside += move_to(x - 3, panel.top + 6) + line_to(x + 3, panel.top + 6) +
                 line_to(x, panel.top + 1) + "Z";
      continue;
    }
    if (ratios[i] < panel.vertical.lower) {
      outside += move_to(x - 3, panel.bottom() - 6) + line_to(x + 3, panel.bottom() - 6) +
                 line_to(x, panel.bottom() - 1) + "Z";
      continue;
    }
    if (errors[i] > 0) {
      bars += move_to(x, panel.y_inside(ratios[i] + errors[i])) +
              line_to(x, panel.y_inside(ratios[i] - errors[i]));
    }
    dots += dot(x, panel.y(ratios[i]));
  }
  svg.path(bars, "generated");
  svg.path(dots, "dots");
  svg.path(outside, "outside");
  svg.unclip();
}

void draw_pulls(Svg& svg, const Panel& panel, const Steps& steps) {
  svg.clip(kLeft, panel.top, kRight - kLeft, panel.height);
  std::string small, great;
  for (size_t i = 0; i < steps.generated.size(); ++i) {
    const double error = std::hypot(steps.generated_error[i], steps.reference_error[i]);
    if (!(error > 0)) continue;
    const double pull = (steps.generated[i] - steps.reference[i]) / error;
    const double x = panel.x(steps.edges[i]), right = panel.x(steps.edges[i + 1]);
    const double y = panel.y_inside(pull), zero = panel.y(0);
    std::string& out = std::fabs(pull) >= 3 ? great : small;
    out += move_to(x, zero) + line_to(x, y) + line_to(right, y) + line_to(right, zero) + "Z";
  }
  svg.path(small, "pull");
  svg.path(great, "great-pull");
  svg.line(kLeft, panel.y(0), kRight, panel.y(0), "axis");
  svg.unclip();
}

void draw_legend(Svg& svg, bool points) {
  svg.rectangle(kLeft, 7, 18, 9, "area");
  svg.line(kLeft, 7, kLeft + 18, 7, "reference");
  svg.text(kLeft + 24, 15.5, "reference", "tick");
  const double x = kLeft + 96;
  svg.line(x, 11.5, x + 18, 11.5, "generated");
  if (points) svg.path(dot(x + 9, 11.5), "dots");
  svg.text(x + 24, 15.5, "generated", "tick");
}

}  // namespace

double RatioRange::lower() const { return 1 - kRoom * std::min(half, 1.0); }
double RatioRange::upper() const { return 1 + kRoom * half; }

std::vector<Tick> RatioRange::marks() const {
  const double below = 1 - std::min(half, 1.0);
  return {{below, number(below)}, {1, "1"}, {1 + half, number(1 + half)}};
}

RatioRange ratio_range(const std::vector<double>& ratios, const std::vector<double>& errors) {
  for (const double half : {0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 3.0}) {
    const RatioRange range{half};
    int64_t known = 0, good = 0, inside = 0;
    for (size_t i = 0; i < ratios.size(); ++i) {
      if (!std::isfinite(ratios[i])) continue;
      ++known;
      if (error_of(errors, i) > half) continue;
      ++good;
      inside += ratios[i] >= range.lower() && ratios[i] <= range.upper() ? 1 : 0;
    }
    // Half of the errors have to fit, too.
    if (known > 0 && 2 * good >= known && 10 * inside >= 9 * good) return range;
  }
  return {};
}

std::string draw_steps(const Steps& steps, const Axis& horizontal, const Labels& labels) {
  const bool errors = !steps.generated_error.empty() && !steps.reference_error.empty();
  std::vector<double> ratios, ratio_errors;
  for (size_t i = 0; i < steps.generated.size(); ++i) {
    const double below = steps.reference[i], above = steps.generated[i];
    const double ratio = below > 0 ? above / below : kUnknown;
    ratios.push_back(std::isfinite(ratio) ? ratio : kUnknown);
    const double error = below > 0 ? error_of(steps.generated_error, i) / below : 0;
    ratio_errors.push_back(std::isfinite(error) ? error : 0);
  }
  const RatioRange range = ratio_range(ratios, ratio_errors);
  const Panel main{horizontal, vertical_axis(steps), kTop, kMainHeight};
  const Panel ratio{horizontal, {range.lower(), range.upper(), false}, kRatioTop, kRatioHeight};
  const Panel pull{horizontal, {-kMostPull, kMostPull, false}, kPullTop, kPullHeight};
  const Panel& last = errors ? pull : ratio;

  Svg svg(kWidth, last.bottom() + 36, labels.id, labels.title, labels.description);
  draw_legend(svg, !steps.generated_error.empty());
  draw_main(svg, main, steps);
  draw_frame(svg, main, ticks(main.vertical, 5), false);
  draw_ratio(svg, ratio, steps, ratios, ratio_errors);
  draw_frame(svg, ratio, range.marks(), !errors);
  if (errors) {
    draw_pulls(svg, pull, steps);
    draw_frame(svg, pull, {{-3, number(-3)}, {0, "0"}, {3, "3"}}, true);
    svg.text(14, pull.top + pull.height / 2, "pull", "label", "middle", true);
  }
  svg.text(14, main.top + main.height / 2, labels.vertical, "label", "middle", true);
  svg.text(14, ratio.top + ratio.height / 2, "ratio", "label", "middle", true);
  svg.text((kLeft + kRight) / 2, last.bottom() + 31, labels.horizontal, "label", "middle");
  return svg.str();
}

}  // namespace castalia_cli::report
