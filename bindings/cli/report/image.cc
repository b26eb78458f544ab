#include "bindings/cli/report/image.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <span>

#include "bindings/cli/report/compare.h"
#include "bindings/cli/report/svg.h"
#include "bindings/cli/report/text.h"

namespace castalia_cli::report {
namespace {

using Colour = std::array<double, 3>;

// viridis, of matplotlib.
constexpr Colour kSequential[] = {{68, 1, 84},    {72, 40, 120},  {62, 74, 137},  {49, 104, 142},
                                  {38, 130, 142}, {31, 158, 137}, {53, 183, 121}, {109, 205, 89},
                                  {180, 222, 44}, {253, 231, 37}};
// RdBu, of ColorBrewer, from blue to red.
constexpr Colour kDiverging[] = {{5, 48, 97},     {33, 102, 172},  {67, 147, 195},  {146, 197, 222},
                                 {209, 229, 240}, {247, 247, 247}, {253, 219, 199}, {244, 165, 130},
                                 {214, 96, 77},   {178, 24, 43},   {103, 0, 31}};

// So many colours are drawn: one path for all cells of a colour.
constexpr int kLevels = 64;
constexpr double kPanel = 190, kGap = 14, kTop = 22, kBar = 9;
// Two panels share the first bar, the third has its own.
constexpr double kWidth = 3 * kPanel + 2 * kGap + 2;
constexpr double kSpan = 100;   // from which a scale is logarithmic
constexpr double kDecades = 5;  // that one shows at most

std::string between(std::span<const Colour> colours, double share) {
  const double last = static_cast<double>(colours.size() - 1);
  const double place = std::isnan(share) ? 0 : std::clamp(share, 0.0, 1.0) * last;
  const size_t first = std::min(static_cast<size_t>(place), colours.size() - 2);
  const double part = place - static_cast<double>(first);
  std::array<int, 3> mixed{};
  for (size_t i = 0; i < 3; ++i) {
    mixed[i] = static_cast<int>(
        std::lround(colours[first][i] * (1 - part) + colours[first + 1][i] * part));
  }
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "#%02x%02x%02x", mixed[0], mixed[1], mixed[2]);
  return text.data();
}

bool is_shown(double value) { return std::isfinite(value) && value != 0; }

Axis common_scale(const ImagePair& images) {
  double least = kUnknown, greatest = kUnknown, smallest = kUnknown;
  for (const auto* values : {&images.generated, &images.reference}) {
    for (const double value : *values) {
      if (!is_shown(value)) continue;
      least = std::fmin(least, value);
      greatest = std::fmax(greatest, value);
      if (value > 0) smallest = std::fmin(smallest, value);
    }
  }
  if (std::isnan(least)) return {0, 1, false};
  if (least > 0 && greatest / least > kSpan) {
    return {std::max(smallest, greatest * std::pow(10.0, -kDecades)), greatest, true};
  }
  const double lower = std::min(least, 0.0), upper = std::max(greatest, 0.0);
  return {lower, upper, false};
}

std::vector<double> ratios_of(const ImagePair& images) {
  std::vector<double> out;
  for (size_t i = 0; i < images.generated.size(); ++i) {
    const double above = images.generated[i], below = images.reference[i];
    out.push_back(above > 0 && below > 0 ? above / below : 0);
  }
  return out;
}

// From 1 / x to x, round, with nine tenths of all cells inside.
Axis ratio_scale(const std::vector<double>& ratios) {
  std::vector<double> distances;
  for (const double ratio : ratios) {
    if (is_shown(ratio)) distances.push_back(std::fabs(std::log(ratio)));
  }
  std::sort(distances.begin(), distances.end());
  const double wide = distances.empty()
                          ? 0
                          : std::exp(distances[distances.size() * 9 / 10 - (distances.size() > 9)]);
  for (const double end : {1.05, 1.1, 1.25, 1.5, 2.0, 5.0}) {
    if (wide <= end) return {1 / end, end, true};
  }
  return {0.1, 10, true};
}

// Where edge number i of so many bins lies, from 0 to 1.
double place(const std::vector<double>& edges, int64_t i, int64_t bins) {
  if (edges.empty()) return static_cast<double>(i) / static_cast<double>(bins);
  return Axis{edges.front(), edges.back(), false}.share(edges[static_cast<size_t>(i)]);
}

double extent(const std::vector<double>& edges) { return edges.back() - edges.front(); }

using ColourMap = std::string (*)(double);

// The path of the cells of each colour; neighbours in a row are one stroke.
void draw_cells(Svg& svg, const ImagePair& images, const std::vector<double>& values,
                const Axis& scale, ColourMap colours, double left, double height) {
  std::array<std::string, kLevels> ways;
  const auto level_of = [&](double value) {
    if (!is_shown(value)) return -1;
    return static_cast<int>(std::clamp(scale.share(value), 0.0, 1.0) * (kLevels - 1) + 0.5);
  };
  for (int64_t row = 0; row < images.rows; ++row) {
    const double* line = values.data() + row * images.columns;
    const double y = kTop + height * (1 - place(images.row_edges, row, images.rows)),
                 top = kTop + height * (1 - place(images.row_edges, row + 1, images.rows));
    for (int64_t first = 0; first < images.columns;) {
      const int level = level_of(line[first]);
      int64_t last = first + 1;
      while (last < images.columns && level_of(line[last]) == level) ++last;
      if (level >= 0) {
        const double x = left + kPanel * place(images.column_edges, first, images.columns),
                     right = left + kPanel * place(images.column_edges, last, images.columns);
        ways[static_cast<size_t>(level)] += move_to(x, y) + "H" + coordinate(right) + "V" +
                                            coordinate(top) + "H" + coordinate(x) + "Z";
      }
      first = last;
    }
  }
  svg.rectangle(left, kTop, kPanel, height, "empty");
  for (int level = 0; level < kLevels; ++level) {
    svg.path(ways[static_cast<size_t>(level)], "cell",
             colours(static_cast<double>(level) / (kLevels - 1)));
  }
  svg.rectangle(left, kTop, kPanel, height, "frame");
}

void draw_bar(Svg& svg, const Axis& scale, ColourMap colours, double left, double width, double top,
              const std::string& units, const std::vector<Tick>& marks) {
  for (int level = 0; level < kLevels; ++level) {
    const double x = left + width * level / kLevels;
    svg.path(move_to(x, top) + "H" + coordinate(left + width * (level + 1) / kLevels) + "V" +
                 coordinate(top + kBar) + "H" + coordinate(x) + "Z",
             "cell", colours((level + 0.5) / kLevels));
  }
  svg.rectangle(left, top, width, kBar, "frame");
  for (const Tick& tick : marks) {
    const double x = left + width * std::clamp(scale.share(tick.value), 0.0, 1.0);
    svg.line(x, top + kBar, x, top + kBar + (tick.label.empty() ? 2 : 4), "axis");
    // Labels at the ends stay inside.
    const char* anchor = x < left + 12 ? "start" : x > left + width - 12 ? "end" : "middle";
    svg.text(x, top + kBar + 15, tick.label, "tick", anchor);
  }
  svg.text(left + width / 2, top + kBar + 30, units, "label", "middle");
}

}  // namespace

std::string sequential_colour(double share) { return between(kSequential, share); }
std::string diverging_colour(double share) { return between(kDiverging, share); }

std::string draw_images(const ImagePair& images, const Labels& labels) {
  const bool measured = images.same_units && !images.row_edges.empty();
  const double aspect =
      measured ? extent(images.row_edges) / extent(images.column_edges)
               : static_cast<double>(images.rows) / static_cast<double>(images.columns);
  const double height = kPanel * std::clamp(aspect, 0.5, 1.0);
  const double bar = kTop + height + 10;
  const Axis scale = common_scale(images);
  const std::vector<double> ratios = ratios_of(images);
  const Axis around_one = ratio_scale(ratios);

  Svg svg(kWidth, bar + kBar + 36, labels.id, labels.title, labels.description);
  const double second = 1 + kPanel + kGap, third = second + kPanel + kGap;
  const struct {
    double left;
    const char* title;
    const std::vector<double>& values;
    const Axis& scale;
    ColourMap colours;
  } panels[] = {{1, "generated", images.generated, scale, sequential_colour},
                {second, "reference", images.reference, scale, sequential_colour},
                {third, "generated / reference", ratios, around_one, diverging_colour}};
  for (const auto& panel : panels) {
    svg.text(panel.left + kPanel / 2, 14, panel.title, "label", "middle");
    draw_cells(svg, images, panel.values, panel.scale, panel.colours, panel.left, height);
  }
  draw_bar(svg, scale, sequential_colour, 1, 2 * kPanel + kGap, bar, images.units, ticks(scale, 6));
  const std::vector<Tick> ends = {{around_one.lower, number(around_one.lower, 3)},
                                  {1, "1"},
                                  {around_one.upper, number(around_one.upper, 3)}};
  draw_bar(svg, around_one, diverging_colour, third, kPanel, bar, "ratio", ends);
  return svg.str();
}

}  // namespace castalia_cli::report
