// Runge-Kutta steps of several rows side by side, each at a time of its own.
#ifndef CASTALIA_CPP_COMPILE_ODE_STEPPER_H_
#define CASTALIA_CPP_COMPILE_ODE_STEPPER_H_

#include <cstddef>
#include <cstdint>
#include <functional>

#include "cpp/compile/tableau.h"
#include "cpp/graph/attributes.h"

namespace castalia {

// What is solved: the attributes of ode_solve().
struct OdeProblem {
  explicit OdeProblem(const Attributes& attributes);

  const Tableau* tableau;
  double from;
  double to;
  int64_t steps;
  double relative_tolerance;
  double absolute_tolerance;
};

// Memory for so many rows of so many columns, and what is done with it. All arrays are row-major
// (rows, columns) or (rows).
class OdeStepper {
 public:
  OdeStepper(const OdeProblem& problem, int64_t rows, int64_t columns)
      : problem_(problem), rows_(rows), columns_(columns) {}

  static size_t memory_doubles(const Tableau& tableau, int64_t rows, int64_t columns);
  // Must be given before anything else is done.
  void use(double* memory);

  // The slopes of all rows at their times. Must not depend on anything but time and y of the row.
  // A reference, so that nothing is allocated; what it refers to outlives the call.
  struct Slopes {
    virtual ~Slopes() = default;
    virtual void at(const double* times, const double* y, double* slopes) = 0;
  };
  // Told of each step before y moves: the time and the step of each row, 0 for a row that stays
  // where it is (it has arrived, or the step was refused), with y() and the stages() still those of
  // its beginning.
  struct Observer {
    virtual ~Observer() = default;
    virtual void step(const OdeStepper& stepper) = 0;
  };

  // Where the caller writes the initial values, and reads the final ones. NaN in a row that would
  // take more steps than it may, or smaller ones than the time can tell apart.
  double* y() { return y_; }
  const double* y() const { return y_; }
  void solve(Slopes& slopes, Observer* observer);
  // Of each row, after solve(): how many steps were tried; 0 where it gave up.
  const double* tried() const { return tried_; }

  const double* times() const { return times_; }
  const double* steps() const { return taken_; }
  const double* stages() const { return stages_; }  // (stages, rows, columns)

  // The stages of a step of each row that was taken before. Moves y() and times() to its beginning.
  void retake(const double* times, const double* steps, const double* y, Slopes& slopes);

  // Of a stage: y + h sum_j a_ij k_j, and t + c_i h.
  void stage_state(int stage, const double* steps, double* state) const;
  void stage_times(int stage, const double* steps, double* times) const;

 private:
  void fixed(Slopes& slopes, Observer* observer);
  void adaptive(Slopes& slopes, Observer* observer);
  void compute_stages(Slopes& slopes, int first);
  void first_steps();
  double scale(double a, double b) const;
  double error_of(int64_t row) const;
  void judge(int64_t row);
  void advance(int64_t row);
  void give_up(int64_t row);
  void move(int64_t row);

  const OdeProblem problem_;
  const int64_t rows_;
  const int64_t columns_;
  double* y_ = nullptr;
  double* state_ = nullptr;
  double* stages_ = nullptr;
  double* times_ = nullptr;
  double* stage_times_ = nullptr;
  double* proposed_ = nullptr;  // the step that is tried
  double* taken_ = nullptr;     // the same where it was accepted, else 0
  double* next_ = nullptr;      // the step after it
  double* limit_ = nullptr;     // by how much that may be larger
  double* tried_ = nullptr;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_COMPILE_ODE_STEPPER_H_
