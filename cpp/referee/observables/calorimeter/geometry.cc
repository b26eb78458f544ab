#include "cpp/referee/observables/calorimeter/geometry.h"

#include <charconv>
#include <cmath>
#include <cstring>
#include <numbers>
#include <optional>
#include <pugixml.hpp>
#include <string_view>

#include "cpp/base/status.h"
#include "cpp/base/text.h"

namespace castalia::referee {
namespace {

// More is no calorimeter, but a file or a field that asks for all memory.
constexpr int64_t kMostCells = int64_t{1} << 24;

std::vector<double> centres(const std::vector<double>& edges) {
  std::vector<double> out;
  for (size_t i = 1; i < edges.size(); ++i)
    out.push_back(edges[i - 1] + (edges[i] - edges[i - 1]) / 2);
  return out;
}

std::vector<double> equal_bins(int64_t count, double least, double width) {
  std::vector<double> edges(count + 1);
  for (int64_t i = 0; i <= count; ++i) edges[i] = least + static_cast<double>(i) * width;
  return edges;
}

void place_cells(CellLayer& layer) {
  const std::vector<double> rows = centres(layer.row_edges), columns = centres(layer.column_edges);
  for (const double row : rows) {
    for (const double column : columns) {
      if (!layer.radial) {
        layer.eta.push_back(column);
        layer.phi.push_back(row);
        continue;
      }
      layer.r.push_back(column);
      if (rows.size() == 1) continue;
      layer.eta.push_back(column * std::cos(row));
      layer.phi.push_back(column * std::sin(row));
    }
  }
}

// Before anything of that size is made.
void check_size(const Geometry& geometry, int64_t layer, int64_t rows, int64_t columns) {
  if (rows <= kMostCells && columns <= kMostCells &&
      rows * columns <= kMostCells - geometry.cells()) {
    return;
  }
  fail(Code::out_of_range, "layer ", layer, " has ", rows, " x ", columns, " cells; at most ",
       kMostCells, " in all are allowed");
}

void add(Geometry& geometry, CellLayer layer) {
  layer.first = geometry.cells();
  place_cells(layer);
  geometry.layers.push_back(std::move(layer));
}

// One element of a binning file, for errors: "binning.xml: layer 3".
struct Place {
  const std::string& path;
  std::string element;

  template <typename... Parts>
  [[noreturn]] void refuse(const Parts&... parts) const {
    fail(Code::corrupt_file, path, ": ", element, parts...);
  }
};

std::string_view trimmed(std::string_view word) {
  const char* const blank = " \t\r\n";
  const size_t first = word.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return word.substr(first, word.find_last_not_of(blank) - first + 1);
}

template <typename Number>
std::optional<Number> number_in(std::string_view word) {
  word = trimmed(word);
  Number value{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return value;
}

int64_t whole_number(const pugi::xml_node& node, const char* attribute, const Place& place) {
  const pugi::xml_attribute found = node.attribute(attribute);
  if (!found) place.refuse(" has no attribute ", attribute);
  const std::optional<int64_t> value = number_in<int64_t>(found.value());
  if (!value) place.refuse(": ", attribute, " is no whole number: '", found.value(), "'");
  return *value;
}

// Increasing numbers, separated by commas; empty for an empty attribute.
std::vector<double> edges_of(const pugi::xml_node& node, const char* attribute,
                             const Place& place) {
  const pugi::xml_attribute found = node.attribute(attribute);
  if (!found) place.refuse(" has no attribute ", attribute);
  std::vector<double> edges;
  std::string_view rest = trimmed(found.value());
  while (!rest.empty()) {
    const size_t comma = rest.find(',');
    const std::string_view word = rest.substr(0, comma);
    const std::optional<double> value = number_in<double>(word);
    if (!value || !std::isfinite(*value)) {
      place.refuse(": ", attribute, " holds '", word, "', which is no number");
    }
    if (!edges.empty() && !(*value > edges.back())) {
      place.refuse(": ", attribute, " do not increase: ", *value, " follows ", edges.back());
    }
    edges.push_back(*value);
    rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
    if (comma != std::string_view::npos && trimmed(rest).empty()) {
      place.refuse(": ", attribute, " ends with a comma");
    }
  }
  return edges;
}

// Bins between edges; none where there is no or one edge.
int64_t bins(const std::vector<double>& edges) {
  return edges.empty() ? 0 : static_cast<int64_t>(edges.size()) - 1;
}

void add_layer(Geometry& geometry, const pugi::xml_node& node, const Place& place) {
  CellLayer layer;
  layer.number = whole_number(node, "id", place);
  if (!geometry.layers.empty() && layer.number <= geometry.layers.back().number) {
    place.refuse(" stands after layer ", geometry.layers.back().number);
  }
  const int64_t angles = whole_number(node, "n_bin_alpha", place);
  const std::vector<double> radii = edges_of(node, "r_edges", place);
  if (bins(radii) == 0) return;
  if (angles < 1) place.refuse(": n_bin_alpha is ", angles, ", but there are bins in r");
  check_size(geometry, layer.number, angles, bins(radii));
  layer.radial = !node.attribute("x_edges") && !node.attribute("y_edges");
  if (layer.radial) {
    if (radii.front() < 0) place.refuse(": r_edges begin below 0");
    constexpr double kPi = std::numbers::pi;
    layer.row_edges = equal_bins(angles, -kPi, 2 * kPi / static_cast<double>(angles));
    layer.column_edges = radii;
  } else {
    layer.row_edges = edges_of(node, "x_edges", place);
    layer.column_edges = edges_of(node, "y_edges", place);
    if (bins(layer.row_edges) != angles || bins(layer.column_edges) != bins(radii)) {
      place.refuse(": x_edges and y_edges give ", bins(layer.row_edges), " x ",
                   bins(layer.column_edges), " cells, n_bin_alpha and r_edges ", angles, " x ",
                   bins(radii));
    }
  }
  add(geometry, std::move(layer));
}

Geometry geometry_of(const std::string& path, const pugi::xml_node& particle) {
  Geometry geometry;
  for (const pugi::xml_node& node : particle.children("Layer")) {
    add_layer(geometry, node, {path, text("layer '", node.attribute("id").value(), "'")});
  }
  if (geometry.cells() == 0) {
    fail(Code::corrupt_file, path, ": particle '", particle.attribute("name").value(),
         "' has no layer with cells");
  }
  return geometry;
}

bool same_cells(const Geometry& a, const Geometry& b) {
  if (a.layers.size() != b.layers.size()) return false;
  for (size_t i = 0; i < a.layers.size(); ++i) {
    const CellLayer &one = a.layers[i], &other = b.layers[i];
    if (one.number != other.number || one.radial != other.radial ||
        one.row_edges != other.row_edges || one.column_edges != other.column_edges) {
      return false;
    }
  }
  return true;
}

template <typename Number>
Number of_layer(const char* field, std::span<const Number> values, int64_t layers, int64_t layer) {
  if (values.size() != 1 && static_cast<int64_t>(values.size()) != layers) {
    fail(Code::invalid_argument, field, " has ", values.size(), " elements, but there are ", layers,
         " layers; give one for each, or one for all");
  }
  const Number value = values.size() == 1 ? values[0] : values[layer];
  if (!(value > 0)) {
    fail(Code::out_of_range, field, " is ", value, " for layer ", layer, "; it must be above 0");
  }
  return value;
}

}  // namespace

Geometry read_binning(const std::string& path, const std::string& particle) {
  pugi::xml_document document;
  const pugi::xml_parse_result result = document.load_file(path.c_str());
  if (result.status == pugi::status_file_not_found || result.status == pugi::status_io_error) {
    fail(Code::io_error, path, ": ", errno != 0 ? std::strerror(errno) : result.description());
  }
  if (!result) {
    fail(Code::corrupt_file, path, " is not XML: ", result.description(), " at byte ",
         result.offset);
  }
  const pugi::xml_node root = document.document_element();
  std::optional<Geometry> geometry;
  std::vector<std::string> names;
  for (const pugi::xml_node& node : root.children("Bin")) {
    const std::string name = node.attribute("name").value();
    names.push_back(name);
    if (!particle.empty() && particle != name && particle != node.attribute("pid").value())
      continue;
    Geometry found = geometry_of(path, node);
    if (!particle.empty()) return found;
    if (geometry && !same_cells(*geometry, found)) {
      fail(Code::invalid_argument, path, ": the cells of '", names.front(), "' and '", name,
           "' differ: set particle to one of ", join(names));
    }
    if (!geometry) geometry = std::move(found);
  }
  if (names.empty()) {
    fail(Code::corrupt_file, path, " has no element Bin below its root '", root.name(), "'");
  }
  if (!geometry) {
    fail(Code::not_found, path, ": there is no particle '", particle, "'",
         suggestion(particle, names));
  }
  return *geometry;
}

Geometry regular_grid(int64_t layers, std::span<const int64_t> rows,
                      std::span<const int64_t> columns, std::span<const double> row_sizes,
                      std::span<const double> column_sizes) {
  Geometry geometry;
  for (int64_t i = 0; i < layers; ++i) {
    const int64_t n_rows = of_layer("rows", rows, layers, i);
    const int64_t n_columns = of_layer("columns", columns, layers, i);
    const double row_size = of_layer("row_sizes", row_sizes, layers, i);
    const double column_size = of_layer("column_sizes", column_sizes, layers, i);
    CellLayer layer;
    layer.number = i;
    check_size(geometry, i, n_rows, n_columns);
    const auto half = [](int64_t n, double size) { return -static_cast<double>(n) * size / 2; };
    layer.row_edges = equal_bins(n_rows, half(n_rows, row_size), row_size);
    layer.column_edges = equal_bins(n_columns, half(n_columns, column_size), column_size);
    add(geometry, std::move(layer));
  }
  return geometry;
}

}  // namespace castalia::referee
