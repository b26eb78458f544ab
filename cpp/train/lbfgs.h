// Limited-memory BFGS (Liu and Nocedal, Mathematical Programming 45, 1989), a loop on the host.
#ifndef CASTALIA_CPP_TRAIN_LBFGS_H_
#define CASTALIA_CPP_TRAIN_LBFGS_H_

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

namespace castalia {

// Minimises a function of many variables by steps. Allocates nothing after its construction.
// Belongs to one thread at a time.
class Lbfgs {
 public:
  // Remembers up to `history` steps: 2 * history * size doubles.
  Lbfgs(int64_t size, int64_t history);

  // Writes the gradient at x and returns the function's value; may round x to what it can hold. NaN
  // and infinity stand for "too far".
  using Function = std::function<double(std::span<double> x, std::span<double> gradient)>;

  struct Result {
    double value = 0;     // at the new x
    double length = 0;    // of the step, in units of the direction; 0: no lower point was found
    int evaluations = 0;  // of the function, at most 31
  };
  // One step: the direction from what is remembered, then a line search for a point that meets the
  // conditions of Armijo and Wolfe (c1 = 1e-4, c2 = 0.9). Where it finds none x stays and what was
  // remembered is forgotten. Where the function or its gradient is not finite at x, the value of
  // the result is not either.
  Result step(std::span<double> x, const Function& function);

  // What is remembered, to be saved: pairs of steps and changes of the gradient, the oldest first.
  int64_t remembered() const { return count_; }
  std::vector<double> pairs() const;              // (remembered, 2, size)
  void set_pairs(std::span<const double> pairs);  // at most `history` of them

 private:
  std::span<double> moved(int64_t i) { return row(steps_, i); }
  std::span<double> bent(int64_t i) { return row(bends_, i); }
  std::span<double> row(std::vector<double>& rows, int64_t i) const;
  void find_direction();
  double first_length() const;
  void remember();

  int64_t size_;
  int64_t history_;
  int64_t count_ = 0;
  int64_t first_ = 0;                  // the oldest pair's place in the ring
  std::vector<double> steps_, bends_;  // (history, size): of x and of the gradient
  std::vector<double> inverse_;        // 1 / (step . bend) of each pair
  std::vector<double> alpha_;
  std::vector<double> x_, gradient_;  // where the step began
  std::vector<double> direction_, trial_, trial_gradient_, found_, found_gradient_;
};

}  // namespace castalia

#endif  // CASTALIA_CPP_TRAIN_LBFGS_H_
