// Any metric in slices of the condition.
#include <algorithm>
#include <cmath>

#include "cpp/base/status.h"
#include "cpp/referee/metric.h"

namespace castalia::referee {
namespace {

// Upper edges of slices with equal numbers of reference events, but the last.
std::vector<double> slice_edges(const Dataset& reference, int64_t column, int64_t slices) {
  std::vector<double> condition;
  for (int64_t row = 0; row < reference.rows; ++row) {
    condition.push_back(
        reference.context[static_cast<size_t>(row * reference.context_features + column)]);
  }
  std::sort(condition.begin(), condition.end());
  std::vector<double> edges;
  for (int64_t slice = 1; slice < slices; ++slice) {
    const double edge = condition[static_cast<size_t>(slice * reference.rows / slices)];
    if (edge > condition.front() && (edges.empty() || edge > edges.back())) edges.push_back(edge);
  }
  return edges;
}

// The events whose condition is in [edges[slice - 1], edges[slice]).
Dataset slice_of(const Dataset& data, int64_t column, const std::vector<double>& edges,
                 size_t slice) {
  Dataset out;
  out.features = data.features;
  out.context_features = data.context_features;
  for (int64_t row = 0; row < data.rows; ++row) {
    const double* context = data.context.data() + row * data.context_features;
    const auto place = static_cast<size_t>(
        std::upper_bound(edges.begin(), edges.end(), context[column]) - edges.begin());
    if (place != slice) continue;
    ++out.rows;
    const double* x = data.x.data() + row * data.features;
    out.x.insert(out.x.end(), x, x + data.features);
    out.context.insert(out.context.end(), context, context + data.context_features);
    if (!data.weights.empty()) out.weights.push_back(data.weights[static_cast<size_t>(row)]);
  }
  return out;
}

void check_context(const Dataset& data, const char* name, int64_t column) {
  if (column >= data.context_features) {
    fail(Code::out_of_range, "conditional.column is ", column, ", but the ", name, " sample has ",
         data.context_features, " columns of context");
  }
}

// The mean over slices of a figure.
Figure mean_figure(std::span<const Judgement> slices, size_t index) {
  Figure out{slices.front().figures[index].name, 0, 0, 0, 0};
  for (const Judgement& slice : slices) {
    const Figure& each = slice.figures[index];
    out.value += each.value;
    out.null_value += each.null_value;
    out.error += each.error * each.error;
    out.null_error += each.null_error * each.null_error;
  }
  const auto count = static_cast<double>(slices.size());
  out.value /= count;
  out.null_value /= count;
  out.error = std::sqrt(out.error) / count;
  out.null_error = std::sqrt(out.null_error) / count;
  return out;
}

void add_details(std::span<const Judgement> slices, size_t index, Judgement& out) {
  std::vector<double> value, error, null_value, null_error;
  for (const Judgement& slice : slices) {
    const Figure& each = slice.figures[index];
    value.push_back(each.value);
    error.push_back(each.error);
    null_value.push_back(each.null_value);
    null_error.push_back(each.null_error);
  }
  const std::string& name = slices.front().figures[index].name;
  out.details.push_back({name, value});
  out.details.push_back({name + "_error", error});
  out.details.push_back({name + "_null_value", null_value});
  out.details.push_back({name + "_null_error", null_error});
}

Judgement evaluate_conditional(const Comparison& comparison, const FieldValues& values,
                               Work& work) {
  const Metric& metric = find_metric(values.text("metric"));
  if (metric.evaluate == evaluate_conditional) {
    fail(Code::invalid_argument, "conditional.metric: a slice cannot be sliced again");
  }
  const int64_t column = values.integer("column");
  check_context(*comparison.generated, "generated", column);
  check_context(*comparison.reference, "reference", column);
  const std::vector<double> edges =
      slice_edges(*comparison.reference, column, values.integer("slices"));
  std::vector<Judgement> slices;
  std::vector<double> events;
  for (size_t slice = 0; slice <= edges.size(); ++slice) {
    const Dataset generated = slice_of(*comparison.generated, column, edges, slice);
    const Dataset reference = slice_of(*comparison.reference, column, edges, slice);
    const auto done = static_cast<double>(slice);
    const double share = 1 / static_cast<double>(edges.size() + 1);
    Work part = work.part(done * share, (done + 1) * share);
    try {
      slices.push_back(judge(metric, {&generated, &reference, comparison.training},
                             values.text("options"), part));
    } catch (const Error& error) {
      fail(error.code(), "slice ", slice, " of the condition: ", error.what());
    }
    events.push_back(static_cast<double>(reference.rows));
  }
  Judgement out;
  for (size_t i = 0; i < slices.front().figures.size(); ++i) {
    out.figures.push_back(mean_figure(slices, i));
    add_details(slices, i, out);
  }
  out.details.push_back({"edges", edges});
  out.details.push_back({"reference_events", events});
  return out;
}

}  // namespace

const Metric& conditional_metric() {
  static const Metric metric{
      .name = "conditional",
      .family = "conditional",
      .summary = "any metric in slices of the condition",
      .description =
          "Cuts both samples into slices of one column of the context, with equal numbers of "
          "reference events, and evaluates a metric in each. The figures are those of the metric, "
          "averaged over the slices; the details give them slice by slice. Values of the condition "
          "that repeat stay in one slice, so there may be fewer.",
      .references = {},
      .fields = {{.name = "metric",
                  .type = FieldType::text,
                  .default_value = R"("wasserstein")",
                  .meaning = "name of the metric"},
                 {.name = "options",
                  .type = FieldType::text,
                  .default_value = R"("{}")",
                  .meaning = "its options, JSON text"},
                 {.name = "column",
                  .type = FieldType::integer,
                  .default_value = "0",
                  .meaning = "column of the context",
                  .least = 0,
                  .greatest = 1e6},
                 {.name = "slices",
                  .type = FieldType::integer,
                  .default_value = "5",
                  .meaning = "number of slices",
                  .least = 1,
                  .greatest = 10000}},
      .evaluate = evaluate_conditional};
  return metric;
}

}  // namespace castalia::referee
