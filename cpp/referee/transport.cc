#include "cpp/referee/transport.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "cpp/base/status.h"
#include "cpp/runtime/cpu/elementwise.h"

namespace castalia::referee {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr int64_t kNone = -1;

// Jonker and Volgenant's three steps. Duals stay feasible: cost >= u(row) + v(column), with
// equality on assigned pairs.
class Assignment {
 public:
  explicit Assignment(const Costs& costs)
      : costs_(costs),
        n_(costs.rows),
        v_(static_cast<size_t>(n_), 0.0),
        column_of_(static_cast<size_t>(n_), kNone),
        row_of_(static_cast<size_t>(n_), kNone) {}

  double solve() {
    reduce_columns();
    reduce_rows();
    reduce_rows();
    for (int64_t row = 0; row < n_; ++row) {
      if (column_of_[static_cast<size_t>(row)] == kNone) augment(row);
    }
    double sum = 0;
    for (int64_t row = 0; row < n_; ++row) {
      sum += costs_.at(row, column_of_[static_cast<size_t>(row)]);
    }
    return sum;
  }

 private:
  // Each column takes its cheapest row, if that is free.
  void reduce_columns() {
    for (int64_t column = n_ - 1; column >= 0; --column) {
      int64_t best = 0;
      for (int64_t row = 1; row < n_; ++row) {
        if (costs_.at(row, column) < costs_.at(best, column)) best = row;
      }
      v_[static_cast<size_t>(column)] = costs_.at(best, column);
      if (column_of_[static_cast<size_t>(best)] == kNone) assign(best, column);
    }
  }

  // Free rows bid for their cheapest column, by as much as the second cheapest allows.
  void reduce_rows() {
    std::vector<int64_t> free;
    for (int64_t row = 0; row < n_; ++row) {
      if (column_of_[static_cast<size_t>(row)] == kNone) free.push_back(row);
    }
    for (const int64_t start : free) {
      int64_t row = start;
      // A chain of rows that lose their column to another; cut off where rounding makes it endless.
      for (int64_t step = 0; row != kNone && step < n_; ++step) {
        const double* cost = costs_.cost.data() + row * n_;
        double least = kInfinity;
        double second = kInfinity;
        int64_t column = kNone;
        for (int64_t j = 0; j < n_; ++j) {
          const double reduced = cost[j] - v_[static_cast<size_t>(j)];
          if (reduced < second) {
            if (reduced < least) {
              second = least;
              least = reduced;
              column = j;
            } else {
              second = reduced;
            }
          }
        }
        const int64_t other = row_of_[static_cast<size_t>(column)];
        const double bid = second - least;
        if (std::isfinite(bid)) v_[static_cast<size_t>(column)] -= bid;
        if (other != kNone) {
          if (!(bid > 0)) break;  // a tie: left to the augmentation
          column_of_[static_cast<size_t>(other)] = kNone;
        }
        assign(row, column);
        row = other;
      }
    }
  }

  // Dijkstra's shortest path from a free row to a free column; then duals and assignments along it
  // change.
  void augment(int64_t start) {
    const auto n = static_cast<size_t>(n_);
    distance_.resize(n);
    from_.assign(n, start);
    order_.resize(n);
    std::iota(order_.begin(), order_.end(), int64_t{0});
    for (size_t j = 0; j < n; ++j) {
      distance_[j] = costs_.at(start, static_cast<int64_t>(j)) - v_[j];
    }
    size_t done = 0;   // order_[0, done) have final distances, and their rows were scanned
    size_t level = 0;  // order_[done, level) have the least distance and are not scanned yet
    double least = 0;
    size_t settled = 0;
    int64_t end = kNone;
    while (end == kNone) {
      if (done == level) {
        settled = done;
        least = kInfinity;
        for (size_t i = level; i < n; ++i) {
          const double distance = distance_[static_cast<size_t>(order_[i])];
          if (distance > least) continue;
          if (distance < least) {
            level = done;
            least = distance;
          }
          std::swap(order_[i], order_[level++]);
        }
        for (size_t i = done; i < level && end == kNone; ++i) {
          if (row_of_[static_cast<size_t>(order_[i])] == kNone) end = order_[i];
        }
        if (end != kNone) break;
      }
      const int64_t through = order_[done++];
      const int64_t row = row_of_[static_cast<size_t>(through)];
      const double* cost = costs_.cost.data() + row * n_;
      const double base = cost[through] - v_[static_cast<size_t>(through)] - least;
      for (size_t i = level; i < n; ++i) {
        const auto j = static_cast<size_t>(order_[i]);
        const double distance = cost[j] - v_[j] - base;
        if (distance >= distance_[j]) continue;
        distance_[j] = distance;
        from_[j] = row;
        if (distance > least) continue;
        if (row_of_[j] == kNone) {
          end = static_cast<int64_t>(j);
          break;
        }
        std::swap(order_[i], order_[level++]);
      }
    }
    for (size_t i = 0; i < settled; ++i) {
      const auto j = static_cast<size_t>(order_[i]);
      v_[j] += distance_[j] - least;
    }
    for (int64_t row = kNone; row != start;) {
      row = from_[static_cast<size_t>(end)];
      const int64_t before = column_of_[static_cast<size_t>(row)];
      assign(row, end);
      end = before;
    }
  }

  void assign(int64_t row, int64_t column) {
    column_of_[static_cast<size_t>(row)] = column;
    row_of_[static_cast<size_t>(column)] = row;
  }

  const Costs& costs_;
  int64_t n_;
  std::vector<double> v_;
  std::vector<int64_t> column_of_, row_of_;
  std::vector<double> distance_;
  std::vector<int64_t> from_, order_;
};

// Successive shortest paths: flow is sent from rows with supply left to columns with demand left
// along paths of least reduced cost. Potentials keep reduced costs from being negative.
class Transport {
 public:
  Transport(const Costs& costs, std::span<const double> supply, std::span<const double> demand)
      : costs_(costs),
        rows_(costs.rows),
        columns_(costs.columns),
        supply_(supply.begin(), supply.end()),
        demand_(demand.begin(), demand.end()),
        row_potential_(static_cast<size_t>(rows_), 0.0),
        column_potential_(static_cast<size_t>(columns_), 0.0),
        senders_(static_cast<size_t>(columns_)) {}

  double solve() {
    const double total = std::accumulate(supply_.begin(), supply_.end(), 0.0);
    balance();
    negligible_ = total * 1e-14;
    // Cheapest row of every column: reduced costs are zero there and positive elsewhere.
    for (int64_t j = 0; j < columns_; ++j) {
      double least = kInfinity;
      for (int64_t i = 0; i < rows_; ++i) least = std::min(least, costs_.at(i, j));
      column_potential_[static_cast<size_t>(j)] = least;
    }
    for (int64_t row = 0; row < rows_; ++row) {
      while (supply_[static_cast<size_t>(row)] > negligible_ && send_from(row)) {
      }
    }
    double cost = 0;
    for (int64_t j = 0; j < columns_; ++j) {
      for (const Flow& flow : senders_[static_cast<size_t>(j)]) {
        cost += flow.amount * costs_.at(flow.row, j);
      }
    }
    return cost;
  }

 private:
  struct Flow {
    int64_t row;
    double amount;
  };

  void balance() {
    const double sent = std::accumulate(supply_.begin(), supply_.end(), 0.0);
    const double wanted = std::accumulate(demand_.begin(), demand_.end(), 0.0);
    auto& shorter = sent < wanted ? supply_ : demand_;
    shorter.back() += std::abs(sent - wanted);
  }

  // One shortest path from the row; false when no demand is left.
  bool send_from(int64_t start) {
    const auto columns = static_cast<size_t>(columns_);
    row_distance_.assign(static_cast<size_t>(rows_), kInfinity);
    distance_.assign(columns, kInfinity);
    from_.assign(columns, kNone);
    row_from_.assign(static_cast<size_t>(rows_), kNone);
    done_.assign(columns, 0);
    reached_.clear();
    row_distance_[static_cast<size_t>(start)] = 0;
    scan(start);
    int64_t end = kNone;
    double length = kInfinity;
    while (true) {
      int64_t next = kNone;
      for (int64_t j = 0; j < columns_; ++j) {
        if (done_[static_cast<size_t>(j)] == 0 &&
            (next == kNone ||
             distance_[static_cast<size_t>(j)] < distance_[static_cast<size_t>(next)])) {
          next = j;
        }
      }
      if (next == kNone || !std::isfinite(distance_[static_cast<size_t>(next)])) return false;
      done_[static_cast<size_t>(next)] = 1;
      if (demand_[static_cast<size_t>(next)] > negligible_) {
        end = next;
        length = distance_[static_cast<size_t>(next)];
        break;
      }
      // Flow into the column can be sent back, at no reduced cost.
      for (const Flow& flow : senders_[static_cast<size_t>(next)]) {
        if (std::isfinite(row_distance_[static_cast<size_t>(flow.row)])) continue;
        row_distance_[static_cast<size_t>(flow.row)] = distance_[static_cast<size_t>(next)];
        row_from_[static_cast<size_t>(flow.row)] = next;
        scan(flow.row);
      }
    }
    for (const int64_t row : reached_) {
      const double distance = row_distance_[static_cast<size_t>(row)];
      if (distance < length) row_potential_[static_cast<size_t>(row)] += length - distance;
    }
    for (int64_t j = 0; j < columns_; ++j) {
      const double distance = distance_[static_cast<size_t>(j)];
      if (distance < length) column_potential_[static_cast<size_t>(j)] -= length - distance;
    }
    push(start, end);
    return true;
  }

  void scan(int64_t row) {
    reached_.push_back(row);
    const double base =
        row_distance_[static_cast<size_t>(row)] - row_potential_[static_cast<size_t>(row)];
    const double* cost = costs_.cost.data() + row * columns_;
    for (int64_t j = 0; j < columns_; ++j) {
      const auto at = static_cast<size_t>(j);
      const double distance = base + cost[j] - column_potential_[at];
      if (distance < distance_[at] && done_[at] == 0) {
        distance_[at] = distance;
        from_[at] = row;
      }
    }
  }

  void push(int64_t start, int64_t end) {
    double amount =
        std::min(supply_[static_cast<size_t>(start)], demand_[static_cast<size_t>(end)]);
    for (int64_t column = end;;) {
      const int64_t row = from_[static_cast<size_t>(column)];
      if (row == start) break;
      column = row_from_[static_cast<size_t>(row)];
      amount = std::min(amount, flow(row, column)->amount);
    }
    for (int64_t column = end;;) {
      const int64_t row = from_[static_cast<size_t>(column)];
      add(row, column, amount);
      if (row == start) break;
      column = row_from_[static_cast<size_t>(row)];
      add(row, column, -amount);
    }
    supply_[static_cast<size_t>(start)] -= amount;
    demand_[static_cast<size_t>(end)] -= amount;
  }

  std::vector<Flow>::iterator flow(int64_t row, int64_t column) {
    auto& list = senders_[static_cast<size_t>(column)];
    return std::find_if(list.begin(), list.end(),
                        [row](const Flow& each) { return each.row == row; });
  }

  void add(int64_t row, int64_t column, double amount) {
    auto& list = senders_[static_cast<size_t>(column)];
    const auto found = flow(row, column);
    if (found == list.end()) {
      list.push_back({row, amount});
      return;
    }
    found->amount += amount;
    if (found->amount <= negligible_) list.erase(found);
  }

  const Costs& costs_;
  int64_t rows_, columns_;
  std::vector<double> supply_, demand_;
  std::vector<double> row_potential_, column_potential_;
  std::vector<std::vector<Flow>> senders_;  // of each column, the rows that send to it
  double negligible_ = 0;
  std::vector<double> row_distance_, distance_;
  std::vector<int64_t> from_, row_from_, reached_;
  std::vector<char> done_;
};

}  // namespace

double least_assignment(const Costs& costs) {
  check(costs.rows == costs.columns, "an assignment of ", costs.rows, " rows to ", costs.columns);
  return costs.rows == 0 ? 0 : Assignment(costs).solve();
}

double least_transport(const Costs& costs, std::span<const double> supply,
                       std::span<const double> demand) {
  if (costs.rows == 0 || costs.columns == 0) return 0;
  return Transport(costs, supply, demand).solve();
}

namespace {

// log sum exp of (potential - cost) / regularisation along contiguous costs.
class LogSum {
 public:
  explicit LogSum(int64_t count)
      : exp_(cpu::tile_function("exp", DType::float64)), buffer_(static_cast<size_t>(count) + 16) {}

  double operator()(const double* cost, std::span<const double> potential, double inverse) {
    const size_t count = potential.size();
    double top = -kInfinity;
    for (size_t j = 0; j < count; ++j) {
      buffer_[j] = potential[j] - cost[j] * inverse;
      top = std::max(top, buffer_[j]);
    }
    if (!std::isfinite(top)) return top;
    for (size_t j = 0; j < count; ++j) buffer_[j] -= top;
    const void* const in[] = {buffer_.data()};
    exp_(in, buffer_.data(), count);
    double sum = 0;
    for (size_t j = 0; j < count; ++j) sum += buffer_[j];
    return top + std::log(sum);
  }

 private:
  cpu::TileFunction exp_;
  std::vector<double> buffer_;
};

std::vector<double> logarithms(std::span<const double> masses) {
  std::vector<double> out;
  for (const double mass : masses) out.push_back(std::log(mass));  // -inf for no mass
  return out;
}

}  // namespace

Entropic entropic_transport(const Costs& costs, std::span<const double> supply,
                            std::span<const double> demand, double regularisation, double tolerance,
                            int64_t most_iterations) {
  const auto rows = static_cast<size_t>(costs.rows);
  const auto columns = static_cast<size_t>(costs.columns);
  std::vector<double> transposed(costs.cost.size());
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < columns; ++j) {
      transposed[j * rows + i] = costs.cost[i * columns + j];
    }
  }
  const double inverse = 1 / regularisation;
  const std::vector<double> log_supply = logarithms(supply);
  const std::vector<double> log_demand = logarithms(demand);
  // Potentials over the regularisation, the marginals' logarithms added.
  std::vector<double> f(log_supply);
  std::vector<double> g(log_demand);
  LogSum log_sum(std::max(costs.rows, costs.columns));
  Entropic out;
  for (out.iterations = 0; out.iterations < most_iterations; ++out.iterations) {
    for (size_t j = 0; j < columns; ++j) {
      g[j] = log_demand[j] - log_sum(transposed.data() + j * rows, f, inverse);
    }
    // Columns are right now; rows tell how far it is to go.
    out.violation = 0;
    for (size_t i = 0; i < rows; ++i) {
      const double sum = log_sum(costs.cost.data() + i * columns, g, inverse);
      if (supply[i] > 0) out.violation += std::abs(std::exp(f[i] + sum) - supply[i]);
      f[i] = log_supply[i] - sum;
    }
    if (out.violation < tolerance) break;
  }
  for (size_t i = 0; i < rows; ++i) {
    for (size_t j = 0; j < columns; ++j) {
      const double cost = costs.cost[i * columns + j];
      const double mass = std::exp(f[i] + g[j] - cost * inverse);
      if (mass > 0) out.cost += mass * cost;
    }
    if (supply[i] > 0) out.dual += supply[i] * (f[i] - log_supply[i]) * regularisation;
  }
  for (size_t j = 0; j < columns; ++j) {
    if (demand[j] > 0) out.dual += demand[j] * (g[j] - log_demand[j]) * regularisation;
  }
  return out;
}

}  // namespace castalia::referee
