#include "cpp/referee/transport_batches.h"

#include <algorithm>
#include <cmath>

#include "cpp/base/philox.h"
#include "cpp/base/status.h"
#include "cpp/referee/pairs.h"
#include "cpp/referee/statistics.h"

namespace castalia::referee {

std::vector<Field> batch_fields(int64_t batches, int64_t events) {
  return {{.name = "batches",
           .type = FieldType::integer,
           .default_value = text(batches),
           .meaning = "pairs of batches that are averaged; fewer when the samples are smaller",
           .least = 1,
           .greatest = 100000},
          {.name = "events",
           .type = FieldType::integer,
           .default_value = text(events),
           .meaning = "events in a batch; memory grows with its square, time with its cube",
           .least = 2,
           .greatest = 20000}};
}

Judgement batched(const Comparison& comparison, const FieldValues& values,
                  std::span<const double> factors, std::span<const std::string> names,
                  const BatchDistance& distance, Work& work) {
  const Dataset& generated = *comparison.generated;
  const Dataset& reference = *comparison.reference;
  const int64_t events = values.integer("events");
  require_rows(generated, "generated", events, text("a batch of ", events, " events"));
  require_rows(reference, "reference", 2 * events, text("two batches of ", events, " events"));
  const int64_t batches =
      std::min({values.integer("batches"), generated.rows / events, reference.rows / (2 * events)});
  const std::vector<int64_t> x_order = permutation(work.seed, kBatchesGenerated, generated.rows);
  const std::vector<int64_t> y_order = permutation(work.seed, kBatchesReference, reference.rows);
  const auto batch = [&](const Dataset& data, const std::vector<int64_t>& order, int64_t number) {
    Rows rows = take_rows(data, std::span(order).subspan(static_cast<size_t>(number * events),
                                                         static_cast<size_t>(events)));
    scale_columns(rows, factors);
    return rows;
  };
  // Even tasks compare generated with reference, odd ones reference with reference.
  std::vector<std::vector<double>> found(static_cast<size_t>(2 * batches));
  const int64_t together = 2 * work.pool.threads();
  for (int64_t begin = 0; begin < 2 * batches; begin += together) {
    const int64_t count = std::min(together, 2 * batches - begin);
    work.pool.run(count, [&](int64_t first, int64_t last, int) {
      for (int64_t task = begin + first; task < begin + last; ++task) {
        const int64_t pair = task / 2;
        const Rows left = task % 2 == 0 ? batch(generated, x_order, pair)
                                        : batch(reference, y_order, batches + pair);
        found[static_cast<size_t>(task)] = distance(left, batch(reference, y_order, pair));
      }
    });
    work.report(static_cast<double>(begin + count) / static_cast<double>(2 * batches));
  }
  Judgement out;
  const double root = std::sqrt(static_cast<double>(batches));
  for (size_t i = 0; i < names.size(); ++i) {
    std::vector<double> value, null;
    for (size_t task = 0; task < found.size(); ++task) {
      (task % 2 == 0 ? value : null).push_back(found[task][i]);
    }
    const Summary values_found = summarise(value);
    const Summary nulls = summarise(null);
    // The null value is a mean over as many batches as the value, and as uncertain. The spread of
    // few batches is badly known where columns have long tails: that of both is taken.
    out.figures.push_back(
        {.name = names[i],
         .value = values_found.mean,
         .error = values_found.deviation / root,
         .null_value = nulls.mean,
         .null_error = std::hypot(values_found.deviation, nulls.deviation) / root});
    out.details.push_back({names[i], value});
    out.details.push_back({names[i] + "_null", null});
  }
  return out;
}

Costs pair_costs(const Rows& left, const Rows& right, int64_t order) {
  const Frame frame = common_frame(left, right);
  const Points<double> x(left, frame.centre, frame.factor);
  const Points<double> y(right, frame.centre, frame.factor);
  Costs costs{left.count, right.count, {}};
  costs.cost.resize(static_cast<size_t>(left.count * right.count));
  Tile<double> tile;
  const double near = 100 * distance_error<double>(left.columns);
  const double scale = 1 / (frame.factor * frame.factor);
  for (int64_t column = 0; column < right.count; column += kTileColumns) {
    const int64_t columns = std::min(kTileColumns, right.count - column);
    for (int64_t row = 0; row < left.count; row += kTileRows) {
      const int64_t rows = std::min(kTileRows, left.count - row);
      const double* products = tile.products(x, row, rows, y, column);
      for (int64_t i = 0; i < rows; ++i) {
        double* to = costs.cost.data() + (row + i) * right.count + column;
        for (int64_t j = 0; j < columns; ++j) {
          const double norms = x.norm(row + i) + y.norm(column + j);
          double distance = norms - 2 * products[i * kTileColumns + j];
          if (distance < near * norms) {
            distance = exact_distance(x.row(row + i), y.row(column + j), left.columns);
          }
          to[j] = order == 2 ? distance * scale : std::sqrt(distance * scale);
        }
      }
    }
  }
  return costs;
}

}  // namespace castalia::referee
