#include "cpp/referee/transport.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

#include "cpp/base/status.h"

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
    for (int pass = 0; pass < kReductions; ++pass) reduce_rows();
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
  // Chains of bids that are longer cost more than the paths that they spare.
  static constexpr int kReductions = 2;
  static constexpr int64_t kLongestChain = 20;
  // Loops go in so many lanes, so that the compiler can take vectors.
  static constexpr int64_t kLanes = 8;
  // Columns whose least distance is known together.
  static constexpr int64_t kBlock = 64;

  const double* costs_of(int64_t row) const { return costs_.cost.data() + row * n_; }

  // Each column takes its cheapest row, if that is free.
  void reduce_columns() {
    std::vector<int64_t> cheapest(static_cast<size_t>(n_), 0);
    v_.assign(costs_of(0), costs_of(0) + n_);
    for (int64_t row = 1; row < n_; ++row) {
      const double* cost = costs_of(row);
      for (size_t j = 0; j < v_.size(); ++j) {
        if (cost[j] >= v_[j]) continue;
        v_[j] = cost[j];
        cheapest[j] = row;
      }
    }
    for (int64_t column = n_ - 1; column >= 0; --column) {
      const int64_t row = cheapest[static_cast<size_t>(column)];
      if (column_of_[static_cast<size_t>(row)] == kNone) assign(row, column);
    }
  }

  struct Bid {
    int64_t column;  // the cheapest
    double margin;   // by which the second cheapest is dearer
  };

  Bid bid_of(int64_t row) const {
    const double* __restrict cost = costs_of(row);
    const double* __restrict v = v_.data();
    std::array<double, kLanes> least;
    std::array<double, kLanes> second;
    least.fill(kInfinity);
    second.fill(kInfinity);
    const auto take = [&](int64_t j, size_t lane) {
      const double reduced = cost[j] - v[j];
      const double larger = least[lane] > reduced ? least[lane] : reduced;
      least[lane] = least[lane] < reduced ? least[lane] : reduced;
      second[lane] = second[lane] < larger ? second[lane] : larger;
    };
    int64_t j = 0;
    for (; j + kLanes <= n_; j += kLanes) {
      for (size_t lane = 0; lane < kLanes; ++lane) take(j + static_cast<int64_t>(lane), lane);
    }
    for (size_t lane = 0; j < n_; ++j, ++lane) take(j, lane);
    double lowest = kInfinity;
    double next = kInfinity;
    for (size_t lane = 0; lane < kLanes; ++lane) {
      next = std::min({next, std::max(lowest, least[lane]), second[lane]});
      lowest = std::min(lowest, least[lane]);
    }
    int64_t column = 0;
    while (cost[column] - v[column] != lowest) ++column;
    return {column, next - lowest};
  }

  // Free rows bid for their cheapest column, by as much as the second cheapest allows.
  void reduce_rows() {
    std::vector<int64_t> free;
    for (int64_t row = 0; row < n_; ++row) {
      if (column_of_[static_cast<size_t>(row)] == kNone) free.push_back(row);
    }
    for (const int64_t start : free) {
      int64_t row = start;
      // A chain of rows that lose their column to another.
      for (int64_t step = 0; row != kNone && step < kLongestChain; ++step) {
        const auto [column, margin] = bid_of(row);
        const int64_t other = row_of_[static_cast<size_t>(column)];
        if (std::isfinite(margin)) v_[static_cast<size_t>(column)] -= margin;
        if (other != kNone) {
          if (!(margin > 0)) break;  // a tie: left to the augmentation
          column_of_[static_cast<size_t>(other)] = kNone;
        }
        assign(row, column);
        row = other;
      }
    }
  }

  // Dijkstra's shortest path from a free row to a free column; then duals and assignments along it
  // change. Who was before a column on the path is found at the end, from who gives its distance.
  void augment(int64_t start) {
    open_v_ = v_;
    distance_.assign(static_cast<size_t>(n_), kInfinity);
    scans_.clear();
    settled_.clear();
    Scan scan{start, 0};
    int64_t end = kNone;
    double least = 0;
    while (true) {
      scans_.push_back(scan);
      const auto [column, distance] = relax(scan);
      const auto at = static_cast<size_t>(column);
      const int64_t row = row_of_[at];
      end = column;
      least = distance;
      if (row == kNone) break;
      settled_.push_back({column, distance});
      scan = {row, costs_.at(row, column) - v_[at] - distance};
      distance_[at] = kInfinity;
      open_v_[at] = -kInfinity;
    }
    distance_[static_cast<size_t>(end)] = least;
    for (const Settled& each : settled_) {
      distance_[static_cast<size_t>(each.column)] = each.distance;
    }
    for (int64_t row = kNone; row != start;) {
      row = giver_of(end);
      const int64_t before = column_of_[static_cast<size_t>(row)];
      assign(row, end);
      end = before;
    }
    for (const Settled& each : settled_) {
      v_[static_cast<size_t>(each.column)] += each.distance - least;
    }
  }

  // A row, and what its reduced costs are diminished by to give distances.
  struct Scan {
    int64_t row;
    double base;
  };
  struct Settled {
    int64_t column;
    double distance;
  };

  // Distances through a row; gives the least of the columns that are open still.
  Settled relax(const Scan& scan) {
    const double* __restrict cost = costs_of(scan.row);
    const double* __restrict v = open_v_.data();
    double* __restrict distance = distance_.data();
    const double base = scan.base;
    double least = kInfinity;
    int64_t nearest = 0;
    for (int64_t first = 0; first < n_; first += kBlock) {
      const int64_t last = std::min(first + kBlock, n_);
      std::array<double, kLanes> lowest;
      lowest.fill(kInfinity);
      const auto take = [&](int64_t j, size_t lane) {
        const double through = cost[j] - v[j] - base;
        const double shorter = through < distance[j] ? through : distance[j];
        distance[j] = shorter;
        lowest[lane] = shorter < lowest[lane] ? shorter : lowest[lane];
      };
      int64_t j = first;
      for (; j + kLanes <= last; j += kLanes) {
        for (size_t lane = 0; lane < kLanes; ++lane) take(j + static_cast<int64_t>(lane), lane);
      }
      for (; j < last; ++j) take(j, 0);
      const double here = *std::min_element(lowest.begin(), lowest.end());
      if (here < least) {
        least = here;
        nearest = first;
      }
    }
    while (distance[nearest] != least) ++nearest;
    return {nearest, least};
  }

  // The first row through which the column has its distance. Called before the duals change.
  int64_t giver_of(int64_t column) const {
    const auto at = static_cast<size_t>(column);
    const auto gives = [&](const Scan& scan) {
      return costs_.at(scan.row, column) - v_[at] - scan.base == distance_[at];
    };
    return std::find_if(scans_.begin(), scans_.end(), gives)->row;
  }

  void assign(int64_t row, int64_t column) {
    column_of_[static_cast<size_t>(row)] = column;
    row_of_[static_cast<size_t>(column)] = row;
  }

  const Costs& costs_;
  int64_t n_;
  std::vector<double> v_;
  std::vector<int64_t> column_of_, row_of_;
  // Of one augmentation. Settled columns have an infinite distance, and the dual -infinity that
  // keeps it so.
  std::vector<double> distance_, open_v_;
  std::vector<Scan> scans_;
  std::vector<Settled> settled_;
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

}  // namespace castalia::referee
