#include "cpp/train/judging.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "cpp/base/status.h"
#include "cpp/nn/adversarial.h"
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
    : batch_(options.batch),
      seed_(options.seed),
      judge_(std::move(judge)),
      paired_(network.adversarial()->paired()) {
  const int64_t width = network.context_features();
  truth_.rows = std::min<int64_t>(std::ssize(held_out), options.judge_events);
  truth_.features = network.features();
  truth_.context_features = width;
  for (const int64_t row : held_out.first(static_cast<size_t>(truth_.rows))) {
    const auto append = [row](std::vector<double>& to, const std::vector<double>& from, int64_t n) {
      to.insert(to.end(), from.begin() + row * n, from.begin() + (row + 1) * n);
    };
    append(truth_.x, data.x, truth_.features);
    append(truth_.context, data.context, width);
    if (!data.weights.empty()) {
      truth_.weights.push_back(data.weights[static_cast<size_t>(row)]);
    }
  }
  generated_ = truth_;
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

void Judging::generate(ThreadPool& pool) {
  const int64_t rows = truth_.rows;
  const int64_t features = truth_.features;
  const int64_t width = truth_.context_features;
  *static_cast<int64_t*>(program_->input("seed")) = static_cast<int64_t>(seed_);
  for (int64_t first = 0; first < rows; first += batch_) {
    *static_cast<int64_t*>(program_->input("first_event")) = kFirstHeldOut + first;
    for (int64_t i = 0; i < batch_ && width > 0; ++i) {
      const int64_t row = std::min(first + i, rows - 1);
      std::copy_n(truth_.context.begin() + row * width, width,
                  static_cast<double*>(program_->input("context")) + i * width);
    }
    program_->run(&pool);
    const auto* made = static_cast<const double*>(program_->output("x"));
    for (int64_t i = 0; i < std::min(batch_, rows - first) * features; ++i) {
      if (!std::isfinite(made[i])) {
        fail(Code::numerical, "a generated event came out as ", made[i], " in feature ",
             i % features);
      }
      generated_.x[static_cast<size_t>(first * features + i)] = made[i];
    }
  }
}

Dataset Judging::compared(const Dataset& events, ThreadPool& pool) const {
  const Dataset observed = judge_.observe ? judge_.observe(events, pool) : Dataset();
  const Dataset& own = judge_.observe ? observed : events;
  Dataset all;
  all.rows = events.rows;
  const int64_t width = paired_ ? events.context_features : 0;
  all.features = own.features + width;
  all.weights = events.weights;
  for (int64_t row = 0; row < events.rows; ++row) {
    const auto append = [&](const std::vector<double>& from, int64_t n) {
      all.x.insert(all.x.end(), from.begin() + row * n, from.begin() + (row + 1) * n);
    };
    append(own.x, own.features);
    if (width > 0) append(events.context, width);
  }
  for (size_t i = 0; i < all.x.size() && !centre_.empty(); ++i) {
    const size_t column = i % centre_.size();
    all.x[i] = (all.x[i] - centre_[column]) / width_[column];
  }
  return all;
}

Judging::Verdict Judging::run(ThreadPool& pool) {
  if (reference_.features == 0) {
    const Dataset plain = compared(truth_, pool);
    for (int64_t column = 0; column < plain.features; ++column) {
      const Moments of = moments(plain, column);
      centre_.push_back(of.mean);
      width_.push_back(of.deviation > 0 ? of.deviation : 1.0);
    }
    reference_ = compared(truth_, pool);
  }
  generate(pool);
  double spread = 0;
  int64_t varying = 0;
  for (int64_t column = 0; column < truth_.features; ++column) {
    const double truth = moments(truth_, column).deviation;
    if (truth == 0) continue;
    spread += std::min(1.0, moments(generated_, column).deviation / truth);
    ++varying;
  }
  return {judge_.distance(compared(generated_, pool), reference_, pool),
          varying == 0 ? 1.0 : spread / static_cast<double>(varying)};
}

}  // namespace castalia
