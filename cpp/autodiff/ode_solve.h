// Ordinary differential equations whose right side is a part of the graph.
#ifndef CASTALIA_CPP_AUTODIFF_ODE_SOLVE_H_
#define CASTALIA_CPP_AUTODIFF_ODE_SOLVE_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "cpp/graph/graph.h"
#include "cpp/graph/operator.h"

namespace castalia {

struct OdeOptions {
  // Of fixed steps "euler", "midpoint", "heun" and "rk4"; "dormand_prince" chooses a step for each
  // row, from the difference of its results of fifth and fourth order.
  std::string method = "dormand_prince";
  double from = 0;       // the time at which y is given
  double to = 1;         // and that at which it is wanted, which may be the earlier one
  int64_t steps = 1000;  // so many, or with dormand_prince so many tried ones at most
  // A step of dormand_prince may err by absolute + relative * |y|, in the root mean square of the
  // columns.
  double relative_tolerance = 1e-6;
  double absolute_tolerance = 1e-6;
  // How the gradient comes about. "discrete" differentiates the steps that were taken, which are
  // taken again: exact. "adjoint" (arXiv:1806.07366) solves the equations of the gradient from the
  // end to the beginning, by the same method: as exact as the solver, in memory that does not grow
  // with the steps.
  std::string gradient = "discrete";
};

struct OdeSolution {
  Value y;      // at the end; NaN where the solver gave up
  Value steps;  // float64 (rows, 1): as many as were tried, and 0 where the solver gave up
};

// dy/dt of (rows, n), float64, from the time, float64 (rows, 1), y and the arguments. Whatever else
// it uses (parameters, constants) is the same for all rows, none of which may see another.
using OdeField = std::function<Value(Value time, Value y, std::span<const Value> arguments)>;

// Solves dy/dt = field(t, y) for each row of y, float64 (rows, n). The arguments (rows, any
// columns) are what else a row has, of any type; they do not change on the way. The field is called
// once, for fewer rows, which are tiles of the work, or for all (Graph::whole_rows). A row's result
// does not depend on the others.
// It has a first derivative with respect to y, the arguments and all that the field uses; not a
// second one. Errors: out_of_range for steps and tolerances that make no sense.
OdeSolution ode_solve(Value y, std::span<const Value> arguments, const OdeField& field,
                      const OdeOptions& options);

// Kernels of both are made by the compiler, for the graphs that they hold; for a device it writes
// fixed steps out.
//
// The operator of the solution. Operands: y, `arguments` arguments, what the field captures.
// Attributes: those of OdeOptions, and "body", a graph of time, y and arguments.
const Operator& ode_solve_operator();
// Its gradient. Operands: y at the beginning and at the end, the arguments, what the field
// captures, each once, and the cotangent of y at the end. Results: the gradient of y at the
// beginning; those of the arguments and, of each tile for itself, (tiles, ...), of what is
// captured, where these are numbers that can move. All float64. Attributes: those of the solution,
// "pullback", a graph of time, y, arguments and the cotangent of dy/dt, and as results dy/dt and
// the gradients.
const Operator& ode_gradient_operator();

// The rows that are computed together: those that the body was traced for.
int64_t ode_tile_rows(const Attributes& attributes);

}  // namespace castalia

#endif  // CASTALIA_CPP_AUTODIFF_ODE_SOLVE_H_
