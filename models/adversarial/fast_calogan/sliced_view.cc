#include "models/adversarial/fast_calogan/sliced_view.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <utility>

#include "cpp/base/status.h"
#include "cpp/base/text.h"
#include "cpp/ops/ops.h"
#include "models/adversarial/cell_energies.h"
#include "models/calorimeter/shower_checks.h"

namespace castalia {
namespace {

constexpr int64_t kContext = 2;  // the incident energy, and what says which slice
// Cells that make less than this of what they are to share are not scaled up to it: not from
// nothing.
constexpr double kLeastMade = 1e-9;
// Where both are nothing, nothing is shared; shares of the incident energy lie far above this.
constexpr double kNothing = 1e-30;

Preprocessing of_incident_energy() {
  const std::vector<std::string> chains = {"log; interval"};
  return {1, chains, "context"};
}

std::vector<double> first_column(std::span<const double> context) {
  std::vector<double> energies;
  for (size_t i = 0; i < context.size(); i += kContext) energies.push_back(context[i]);
  return energies;
}

// As with_sum(), where the total may be nothing, too.
Value sharing(Value parts, Value total) {
  return parts * (total / maximum(sum(parts, {1}), kLeastMade * total + kNothing));
}

Value floored(Value x) { return maximum(x, x.graph().scalar(0, DType::float64)); }

}  // namespace

SlicedView::SlicedView(std::vector<int64_t> cells_of_layers, std::vector<double> edges,
                       double threshold)
    : layers_(std::move(cells_of_layers)),
      edges_(std::move(edges)),
      threshold_(threshold),
      cells_(std::accumulate(layers_.begin(), layers_.end(), int64_t{0})),
      incident_(of_incident_energy()) {}

int64_t SlicedView::slice_index(double value) const {
  const auto above = std::upper_bound(edges_.begin(), edges_.end(), value);
  return above == edges_.end() ? -1 : above - edges_.begin() - 1;
}

void SlicedView::check(std::span<const double> x, std::span<const double> context,
                       int64_t first_row) const {
  check_showers(x, cells_, first_column(context), first_row);
  for (size_t i = 1; i < context.size(); i += kContext) {
    const auto row = first_row + static_cast<int64_t>(i / kContext);
    if (!std::isfinite(context[i])) {
      fail(Code::not_finite, "context row ", row, ", column 1: the value is ", context[i]);
    }
    if (slice_index(context[i]) < 0) {
      fail(Code::out_of_range, "context row ", row, ", column 1: ", context[i],
           " is in no slice; allowed: from ", edges_.front(), " up to, but without, ",
           edges_.back());
    }
  }
}

void SlicedView::fit(std::span<const double> x, std::span<const double> context) {
  if (context.empty()) fail(Code::empty_data, "there are no showers to learn from");
  check(x, context, 0);
  const auto width = static_cast<size_t>(columns());
  const auto count = static_cast<size_t>(slices());
  std::vector<double> rows(count);
  std::vector<double> sums(count * width);
  std::vector<double> squares(count * width);
  std::vector<double> shares(width);
  for (size_t row = 0; row < context.size() / kContext; ++row) {
    const double energy = context[row * kContext];
    const auto slice = static_cast<size_t>(slice_index(context[row * kContext + 1]));
    std::fill(shares.begin() + cells_, shares.end(), 0.0);
    size_t cell = 0;
    for (size_t layer = 0; layer < layers_.size(); ++layer) {
      for (int64_t i = 0; i < layers_[layer]; ++i, ++cell) {
        const double deposit = x[row * static_cast<size_t>(cells_) + cell];
        shares[cell] = deposit < threshold_ ? 0 : deposit / energy;
        shares[static_cast<size_t>(cells_) + layer] += shares[cell];
      }
      shares.back() += shares[static_cast<size_t>(cells_) + layer];
    }
    ++rows[slice];
    for (size_t i = 0; i < width; ++i) {
      sums[slice * width + i] += shares[i];
      squares[slice * width + i] += shares[i] * shares[i];
    }
  }
  if (std::ranges::all_of(sums, [](double sum) { return sum == 0; })) {
    fail(Code::invalid_argument, "x: no cell has energy", threshold_ > 0 ? " above " : "",
         threshold_ > 0 ? text("the threshold of ", threshold_) : "");
  }
  std::vector<double> shifts(count * width);
  std::vector<double> scales(count * width, 1.0);
  for (size_t slice = 0; slice < count; ++slice) {
    if (rows[slice] == 0) {
      fail(Code::empty_data, "there are no showers of slice ", slice, ", from ", edges_[slice],
           " to ", edges_[slice + 1], ", to learn from");
    }
    for (size_t i = 0; i < width; ++i) {
      const size_t at = slice * width + i;
      const double mean = sums[at] / rows[slice];
      const double square = squares[at] / rows[slice];
      const bool cell = i < static_cast<size_t>(cells_);
      if (!cell) shifts[at] = mean;
      const double scale = std::sqrt(cell ? square : std::max(square - mean * mean, 0.0));
      // A cell or a layer that is always empty, or always holds the same, needs no scale.
      if (scale > 1e-7 * mean) scales[at] = scale;
    }
  }
  incident_.fit(first_column(context));
  shifts_ = std::move(shifts);
  scales_ = std::move(scales);
}

std::string SlicedView::json() const {
  return nlohmann::json{{"incident", nlohmann::json::parse(incident_.json())},
                        {"shifts", shifts_},
                        {"scales", scales_}}
      .dump();
}

void SlicedView::set_json(const std::string& text) {
  const nlohmann::json stored = nlohmann::json::parse(text, nullptr, false);
  const auto constants = [&](const char* key) {
    std::vector<double> values;
    try {
      values = stored.at(key).get<std::vector<double>>();
    } catch (const nlohmann::json::exception&) {
      fail(Code::corrupt_file, "the stored ", key, " of the slices are not a list of numbers");
    }
    const auto expected = static_cast<size_t>(slices() * columns());
    const bool finite = std::all_of(values.begin(), values.end(),
                                    [](double value) { return std::isfinite(value); });
    // A model that was never fitted has none.
    if (!finite || (!values.empty() && values.size() != expected)) {
      fail(Code::corrupt_file, "the stored ", key, " of the slices are damaged");
    }
    return values;
  };
  if (!stored.is_object() || !stored.contains("incident")) {
    fail(Code::corrupt_file,
         "the stored preprocessing is not an object with incident, shifts and "
         "scales");
  }
  std::vector<double> shifts = constants("shifts");
  std::vector<double> scales = constants("scales");
  if (shifts.size() != scales.size() ||
      std::any_of(scales.begin(), scales.end(), [](double scale) { return scale <= 0; })) {
    fail(Code::corrupt_file, "the stored scales of the slices are damaged");
  }
  incident_.set_json(stored["incident"].dump());
  shifts_ = std::move(shifts);
  scales_ = std::move(scales);
}

Value SlicedView::energy(Value context) const { return slice(context, 1, 0, 1); }

Value SlicedView::slice_of(Value context) const {
  // Rows have been checked: a value lies behind as many inner edges as there are slices below it.
  const std::span<const double> inner = std::span(edges_).subspan(1, edges_.size() - 2);
  const Value value = reshape(slice(context, 1, 1, 2), Shape{context.rows()});
  return searchsorted(context.graph().constant({std::ssize(inner)}, DType::float64, inner), value,
                      true);
}

Value SlicedView::incident(Value context) const {
  return incident_.forward(energy(context)).values;
}

Value SlicedView::looked_up(const std::vector<double>& table, Value ids) const {
  return embedding(ids.graph().constant({slices(), columns()}, DType::float64, table), ids);
}

Value SlicedView::of(Value x, Value context) const {
  const Value ids = slice_of(context);
  const Value shares = kept(x) / energy(context);
  std::vector<Value> parts = {shares};
  int64_t first = 0;
  for (const int64_t count : layers_) {
    parts.push_back(sum(slice(shares, 1, first, first + count), {1}));
    first += count;
  }
  parts.push_back(sum(shares, {1}));
  return (concat(parts, 1) - looked_up(shifts_, ids)) / looked_up(scales_, ids);
}

Value SlicedView::showers(Value generated, Value context) const {
  const Value ids = slice_of(context);
  const Value shares = floored(generated * looked_up(scales_, ids) + looked_up(shifts_, ids));
  const Value total = slice(shares, 1, columns() - 1, columns());
  std::vector<Value> cells;
  int64_t first = 0;
  for (int64_t layer = 0; layer < layers(); ++layer) {
    const int64_t last = first + layers_[static_cast<size_t>(layer)];
    cells.push_back(sharing(slice(shares, 1, first, last),
                            slice(shares, 1, cells_ + layer, cells_ + layer + 1)));
    first = last;
  }
  // A layer without a cell above 0 leaves its energy to the others.
  return energy(context) * sharing(concat(cells, 1), total);
}

Value SlicedView::kept(Value x) const { return above_threshold(x, threshold_); }

}  // namespace castalia
