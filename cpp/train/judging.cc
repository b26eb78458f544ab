#include "cpp/train/judging.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "cpp/base/status.h"
#include "cpp/train/evaluation_workspace.h"
#include "cpp/train/events.h"
#include "cpp/train/step_graph.h"

namespace castalia {
namespace {

struct Moments {
  double mean;
  double deviation;
};

Moments moments(const Dataset& data, int64_t column) {
  const auto at = [&](int64_t row) {
    return data.x[static_cast<size_t>(row * data.features + column)];
  };
  double sum = 0;
  for (int64_t row = 0; row < data.rows; ++row) sum += at(row);
  const double mean = sum / static_cast<double>(data.rows);
  double squares = 0;
  for (int64_t row = 0; row < data.rows; ++row) squares += (at(row) - mean) * (at(row) - mean);
  return {mean, std::sqrt(squares / static_cast<double>(data.rows))};
}

}  // namespace

Judging::Judging(Network& network, ParameterTable& table, DType dtype,
                 const TrainingOptions& options, const Dataset& data,
                 std::span<const int64_t> held_out, Judge judge, int threads,
                 std::shared_ptr<Arena> arena)
    : features_(network.features()),
      batch_(options.batch),
      seed_(options.seed),
      judge_(std::move(judge)) {
  const int64_t width = network.context_features();
  reference_.rows = std::min<int64_t>(std::ssize(held_out), options.judge_events);
  reference_.features = features_ + width;
  for (const int64_t row : held_out.first(static_cast<size_t>(reference_.rows))) {
    const auto append = [row](std::vector<double>& to, const std::vector<double>& from, int64_t n) {
      to.insert(to.end(), from.begin() + row * n, from.begin() + (row + 1) * n);
    };
    append(reference_.x, data.x, features_);
    append(reference_.x, data.context, width);
    append(context_, data.context, width);
    if (!data.weights.empty()) {
      reference_.weights.push_back(data.weights[static_cast<size_t>(row)]);
    }
  }
  for (int64_t column = 0; column < reference_.features; ++column) {
    const Moments of = moments(reference_, column);
    centre_.push_back(of.mean);
    width_.push_back(of.deviation > 0 ? of.deviation : 1.0);
  }
  generated_ = reference_;
  for (size_t i = 0; i < reference_.x.size(); ++i) {
    const size_t column = i % centre_.size();
    reference_.x[i] = (reference_.x[i] - centre_[column]) / width_[column];
  }
  Graph graph;
  graph.set_whole_rows(device_of(arena) != nullptr);
  Trace trace = trace_with_states(graph, table, dtype);
  trace.seed = graph.input("seed", {DType::int64, {}});
  trace.first_event = graph.input("first_event", {DType::int64, {}});
  const Value context =
      width > 0 ? graph.input("context", {DType::float64, {batch_, width}}) : Value();
  graph.output("x", network.sample(trace, batch_, context));
  program_ = evaluation_workspace(graph, threads, std::move(arena));
}

Judging::Verdict Judging::run(ThreadPool& pool) {
  const int64_t rows = generated_.rows;
  const int64_t columns = generated_.features;
  const int64_t width = columns - features_;
  *static_cast<int64_t*>(program_->input("seed")) = static_cast<int64_t>(seed_);
  for (int64_t first = 0; first < rows; first += batch_) {
    *static_cast<int64_t*>(program_->input("first_event")) = kFirstHeldOut + first;
    for (int64_t i = 0; i < batch_ && width > 0; ++i) {
      const int64_t row = std::min(first + i, rows - 1);
      std::copy_n(context_.begin() + row * width, width,
                  static_cast<double*>(program_->input("context")) + i * width);
    }
    program_->run(&pool);
    const auto* made = static_cast<const double*>(program_->output("x"));
    for (int64_t i = 0; i < std::min(batch_, rows - first); ++i) {
      for (int64_t j = 0; j < features_; ++j) {
        const double value = made[i * features_ + j];
        if (!std::isfinite(value)) {
          fail(Code::numerical, "a generated event came out as ", value, " in feature ", j);
        }
        const auto column = static_cast<size_t>(j);
        generated_.x[static_cast<size_t>((first + i) * columns + j)] =
            (value - centre_[column]) / width_[column];
      }
      for (int64_t j = features_; j < columns; ++j) {
        const auto at = static_cast<size_t>((first + i) * columns + j);
        generated_.x[at] = reference_.x[at];
      }
    }
  }
  double spread = 0;
  int64_t varying = 0;
  for (int64_t column = 0; column < features_; ++column) {
    const double truth = moments(reference_, column).deviation;
    if (truth == 0) continue;
    spread += std::min(1.0, moments(generated_, column).deviation / truth);
    ++varying;
  }
  return {judge_(generated_, reference_, pool),
          varying == 0 ? 1.0 : spread / static_cast<double>(varying)};
}

}  // namespace castalia
