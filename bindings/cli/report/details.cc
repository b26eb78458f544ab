#include "bindings/cli/report/details.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>

#include "bindings/cli/report/html.h"
#include "bindings/cli/report/image.h"
#include "bindings/cli/report/plot.h"
#include "bindings/cli/report/text.h"

namespace castalia_cli::report {
namespace {

// From this ratio of the last to the first edge on an axis is logarithmic.
constexpr double kSpan = 100;

using Details = std::vector<Detail>;

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// Whether the shape is what the values are, and something to draw.
bool can_be_drawn(const Detail& detail) {
  const size_t rank = detail.shape.size();
  if (rank < 1 || rank > 3 || ends_with(detail.name, "_edges")) return false;
  int64_t size = 1;
  for (const int64_t extent : detail.shape) size *= extent;
  return size > 1 && detail.generated.size() == static_cast<size_t>(size) &&
         detail.reference.size() == static_cast<size_t>(size);
}

// The edges of that name between so many bins, or null.
const Detail* edges_of(const Details& details, const std::string& name, int64_t bins) {
  for (const Detail& each : details) {
    if (each.name != name) continue;
    const std::vector<double>& values = each.reference;
    const bool ascending =
        std::adjacent_find(values.begin(), values.end(), std::greater_equal<>()) == values.end();
    const bool fits = values.size() == static_cast<size_t>(bins + 1);
    const bool finite =
        std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
    return fits && finite && ascending ? &each : nullptr;
  }
  return nullptr;
}

std::string head(const std::string& name, const std::string& meaning) {
  std::string out = "<div class=\"head\">" + element("h3", "", escaped(name)) + "</div>";
  if (!meaning.empty()) out += element("p", "", escaped(meaning));
  return "<figcaption>" + out + "</figcaption>\n";
}

std::string figure(const std::string& id, const std::string& inside) {
  return element("figure", "id=\"" + id + "f\"", inside) + "\n";
}

std::string extent(const char* name, int64_t bins, const Detail* edges) {
  std::string out = count(bins) + " " + name;
  if (edges == nullptr) return out;
  return out + " from " + number(edges->reference.front()) + " to " +
         number(edges->reference.back()) +
         (units_of(edges->units).empty() ? "" : " " + edges->units);
}

std::string image(const Details& details, const Detail& detail, const std::string& id,
                  const std::string& name, size_t first) {
  const size_t rank = detail.shape.size();
  ImagePair pair;
  pair.rows = detail.shape[rank - 2];
  pair.columns = detail.shape[rank - 1];
  pair.units = units_of(detail.units);
  const auto part = [&](const std::vector<double>& values) {
    const auto begin = values.begin() + static_cast<std::ptrdiff_t>(first);
    return std::vector<double>(begin,
                               begin + static_cast<std::ptrdiff_t>(pair.rows * pair.columns));
  };
  pair.generated = part(detail.generated);
  pair.reference = part(detail.reference);
  const std::string stem = detail.name.substr(0, detail.name.rfind('_'));
  const Detail* rows = edges_of(details, stem + "_row_edges", pair.rows);
  const Detail* columns = edges_of(details, stem + "_column_edges", pair.columns);
  if (rows != nullptr && columns != nullptr) {
    pair.row_edges = rows->reference;
    pair.column_edges = columns->reference;
    pair.same_units = rows->units == columns->units;
  }
  const std::string extents =
      extent("rows", pair.rows, rows) + ", " + extent("columns", pair.columns, columns);
  const Labels labels = {id, name + ": generated, reference and their ratio", extents, "", ""};
  return figure(id, head(name, detail.meaning) + draw_images(pair, labels) +
                        element("p", "", escaped(extents) + "."));
}

// What lies before the first and behind the last value that is not zero is not drawn.
std::string profile(const Details& details, const Detail& detail, const std::string& id,
                    const std::string& name) {
  const auto bins = static_cast<int64_t>(detail.generated.size());
  const Detail* edges = edges_of(details, detail.name + "_edges", bins);
  const auto filled = [&](int64_t i) {
    const auto at = static_cast<size_t>(i);
    return detail.generated[at] != 0 || detail.reference[at] != 0;
  };
  int64_t first = 0, last = bins;
  while (first + 1 < last && !filled(first)) ++first;
  while (last - 1 > first && !filled(last - 1)) --last;
  Steps steps;
  for (int64_t i = first; i <= last; ++i) {
    steps.edges.push_back(edges == nullptr ? static_cast<double>(i) - 0.5
                                           : edges->reference[static_cast<size_t>(i)]);
    if (i == last) break;
    steps.generated.push_back(detail.generated[static_cast<size_t>(i)]);
    steps.reference.push_back(detail.reference[static_cast<size_t>(i)]);
  }
  const double lower = steps.edges.front(), upper = steps.edges.back();
  const Labels labels = {id, name + ", generated and reference", detail.meaning,
                         edges == nullptr ? "number" : in_brackets("value", edges->units),
                         in_brackets(name, detail.units)};
  const Axis axis = {lower, upper, lower > 0 && upper / lower > kSpan};
  return figure(id, head(name, detail.meaning) + draw_steps(steps, axis, labels));
}

std::string section(const char* id, const char* title, const char* words, const char* kind,
                    const std::string& figures) {
  if (figures.empty()) return "";
  return "<h2 id=\"" + std::string(id) + "\">" + title + "</h2>\n<p class=\"soft\">" + words +
         "</p>\n<div class=\"" + kind + "\">\n" + figures + "</div>\n";
}

}  // namespace

std::string details_section(const Details& details) {
  std::string images, profiles;
  for (size_t i = 0; i < details.size(); ++i) {
    const Detail& detail = details[i];
    if (!can_be_drawn(detail)) continue;
    const std::string id = "d" + std::to_string(i), name = spoken(detail.name);
    if (detail.shape.size() == 1) {
      profiles += profile(details, detail, id, name);
    } else if (detail.shape.size() == 2) {
      images += image(details, detail, id, name, 0);
    } else {
      for (int64_t layer = 0; layer < detail.shape[0]; ++layer) {
        const std::string number = std::to_string(layer);
        images += image(details, detail, id + "-" + number, name + ", " + number,
                        static_cast<size_t>(layer * detail.shape[1] * detail.shape[2]));
      }
    }
  }
  return section("images", "Mean images",
                 "Means over all events. Grey cells are zero; the ratio has no errors.",
                 "plots images", images) +
         section("profiles", "Spectra and profiles", "Of all events together, without errors.",
                 "plots", profiles);
}

}  // namespace castalia_cli::report
