#include "cpp/compile/ode_stepper.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace castalia {
namespace {

constexpr double kSafety = 0.9;
constexpr double kLeastFactor = 0.2;
constexpr double kGreatestFactor = 10;
// Of the whole time: smaller steps are not told apart.
constexpr double kLeastStep = 1e-14;

}  // namespace

OdeProblem::OdeProblem(const Attributes& attributes)
    : tableau(&find_tableau(attributes.string("method"))),
      from(attributes.real("from")),
      to(attributes.real("to")),
      steps(attributes.integer("steps")),
      relative_tolerance(attributes.real("relative_tolerance")),
      absolute_tolerance(attributes.real("absolute_tolerance")) {}

size_t OdeStepper::memory_doubles(const Tableau& tableau, int64_t rows, int64_t columns) {
  return static_cast<size_t>(rows * columns * (2 + tableau.stages) + 7 * rows);
}

void OdeStepper::use(double* memory) {
  const auto next = [&memory](int64_t count) {
    double* const here = memory;
    memory += count;
    return here;
  };
  y_ = next(rows_ * columns_);
  state_ = next(rows_ * columns_);
  stages_ = next(problem_.tableau->stages * rows_ * columns_);
  for (double** each : {&times_, &stage_times_, &proposed_, &taken_, &next_, &limit_, &tried_}) {
    *each = next(rows_);
  }
}

void OdeStepper::solve(Slopes& slopes, Observer* observer) {
  std::fill_n(times_, rows_, problem_.from);
  std::fill_n(tried_, rows_, 0.0);
  if (problem_.tableau->adaptive()) {
    adaptive(slopes, observer);
  } else {
    fixed(slopes, observer);
  }
}

void OdeStepper::stage_state(int stage, const double* steps, double* state) const {
  const double* const a = problem_.tableau->a[stage];
  std::copy_n(y_, rows_ * columns_, state);
  for (int j = 0; j < stage; ++j) {
    if (a[j] == 0) continue;
    const double* slopes = stages_ + j * rows_ * columns_;
    double* to = state;
    for (int64_t row = 0; row < rows_; ++row) {
      const double factor = a[j] * steps[row];
      for (int64_t i = 0; i < columns_; ++i) *to++ += factor * *slopes++;
    }
  }
}

void OdeStepper::stage_times(int stage, const double* steps, double* times) const {
  const double c = problem_.tableau->c[stage];
  for (int64_t row = 0; row < rows_; ++row) times[row] = times_[row] + c * steps[row];
}

void OdeStepper::compute_stages(Slopes& slopes, int first) {
  for (int stage = first; stage < problem_.tableau->stages; ++stage) {
    stage_state(stage, proposed_, state_);
    stage_times(stage, proposed_, stage_times_);
    slopes.at(stage_times_, state_, stages_ + stage * rows_ * columns_);
  }
}

void OdeStepper::retake(const double* times, const double* steps, const double* y, Slopes& slopes) {
  std::copy_n(times, rows_, times_);
  std::copy_n(steps, rows_, proposed_);
  std::copy_n(y, rows_ * columns_, y_);
  compute_stages(slopes, 0);
}

// Along the stages, whose weights are those of the result.
void OdeStepper::move(int64_t row) {
  const Tableau& tableau = *problem_.tableau;
  for (int j = 0; j < tableau.stages; ++j) {
    if (tableau.b[j] == 0) continue;
    const double factor = tableau.b[j] * taken_[row];
    const double* slopes = stages_ + (j * rows_ + row) * columns_;
    double* to = y_ + row * columns_;
    for (int64_t i = 0; i < columns_; ++i) to[i] += factor * slopes[i];
  }
}

void OdeStepper::fixed(Slopes& slopes, Observer* observer) {
  const auto count = static_cast<double>(problem_.steps);
  const double span = problem_.to - problem_.from;
  for (int64_t step = 0; step < problem_.steps; ++step) {
    std::fill_n(times_, rows_, problem_.from + span * static_cast<double>(step) / count);
    std::fill_n(proposed_, rows_, span / count);
    compute_stages(slopes, 0);
    std::copy_n(proposed_, rows_, taken_);
    if (observer != nullptr) observer->step(*this);
    for (int64_t row = 0; row < rows_; ++row) move(row);
  }
  std::fill_n(tried_, rows_, count);
}

double OdeStepper::scale(double a, double b) const {
  return problem_.absolute_tolerance +
         problem_.relative_tolerance * std::max(std::abs(a), std::abs(b));
}

// Hairer, Norsett, Wanner, Solving Ordinary Differential Equations I, II.4, without the second
// evaluation: the first step is only a proposal.
void OdeStepper::first_steps() {
  const double span = problem_.to - problem_.from;
  for (int64_t row = 0; row < rows_; ++row) {
    double sizes = 0;
    double slopes = 0;
    for (int64_t i = row * columns_; i < (row + 1) * columns_; ++i) {
      const double unit = scale(y_[i], y_[i]);
      sizes += (y_[i] / unit) * (y_[i] / unit);
      slopes += (stages_[i] / unit) * (stages_[i] / unit);
    }
    const auto count = static_cast<double>(std::max<int64_t>(columns_, 1));
    sizes = std::sqrt(sizes / count);
    slopes = std::sqrt(slopes / count);
    double step = 0.1 * std::abs(span);
    if (sizes > 1e-5 && slopes > 1e-5) {
      step = std::min(sizes / slopes, std::pow(0.01 / slopes, 0.2));
    }
    proposed_[row] = std::copysign(std::min(step, std::abs(span)), span);
    limit_[row] = kGreatestFactor;
  }
}

// In units of what is allowed.
double OdeStepper::error_of(int64_t row) const {
  const Tableau& tableau = *problem_.tableau;
  double squares = 0;
  for (int64_t i = row * columns_; i < (row + 1) * columns_; ++i) {
    double error = 0;
    double sum = 0;
    for (int j = 0; j < tableau.stages; ++j) {
      const double slope = stages_[j * rows_ * columns_ + i];
      error += tableau.error[j] * slope;
      sum += tableau.b[j] * slope;
    }
    error *= proposed_[row] / scale(y_[i], y_[i] + proposed_[row] * sum);
    squares += error * error;
  }
  return std::sqrt(squares / static_cast<double>(std::max<int64_t>(columns_, 1)));
}

// Whether the step is accepted, and what to try next.
void OdeStepper::judge(int64_t row) {
  taken_[row] = 0;
  if (times_[row] == problem_.to) return;
  tried_[row] += 1;
  const double error = error_of(row);
  const bool accepted = error <= 1;  // NaN is not
  if (accepted) taken_[row] = proposed_[row];
  const double power = -1.0 / problem_.tableau->order;
  double factor = kLeastFactor;
  if (std::isfinite(error)) {
    factor = std::clamp(kSafety * std::pow(error, power), kLeastFactor, limit_[row]);
  }
  next_[row] = proposed_[row] * factor;
  // After a step that was too large the next is not larger again.
  limit_[row] = accepted ? kGreatestFactor : 1.0;
}

void OdeStepper::advance(int64_t row) {
  if (times_[row] == problem_.to) return;
  if (taken_[row] != 0) {
    move(row);
    const bool last = taken_[row] == problem_.to - times_[row];
    times_[row] = last ? problem_.to : times_[row] + taken_[row];
    // The first stage of the next step is the last of this one.
    const int64_t stage = problem_.tableau->stages - 1;
    std::copy_n(stages_ + (stage * rows_ + row) * columns_, columns_, stages_ + row * columns_);
  }
  proposed_[row] = next_[row];
  if (std::abs(next_[row]) < kLeastStep * std::abs(problem_.to - problem_.from)) give_up(row);
}

void OdeStepper::give_up(int64_t row) {
  std::fill_n(y_ + row * columns_, columns_, std::numeric_limits<double>::quiet_NaN());
  tried_[row] = 0;
  times_[row] = problem_.to;
}

void OdeStepper::adaptive(Slopes& slopes, Observer* observer) {
  const double end = problem_.to;
  slopes.at(times_, y_, stages_);
  first_steps();
  for (int64_t attempt = 0; attempt < problem_.steps; ++attempt) {
    bool under_way = false;
    for (int64_t row = 0; row < rows_; ++row) {
      // What is left after a step is no step of its own when it is rounding.
      const double left = end - times_[row];
      if (!(std::abs(proposed_[row]) < std::abs(left) * (1 - 1e-12))) proposed_[row] = left;
      under_way = under_way || left != 0;
    }
    if (!under_way) return;
    compute_stages(slopes, 1);
    for (int64_t row = 0; row < rows_; ++row) judge(row);
    if (observer != nullptr) observer->step(*this);
    for (int64_t row = 0; row < rows_; ++row) advance(row);
  }
  for (int64_t row = 0; row < rows_; ++row) {
    if (times_[row] != end) give_up(row);
  }
}

}  // namespace castalia
