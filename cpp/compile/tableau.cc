#include "cpp/compile/tableau.h"

#include "cpp/base/status.h"

namespace castalia {
namespace {

constexpr Tableau kTableaux[] = {
    {.name = "euler",
     .stages = 1,
     .order = 1,
     .c = {0},
     .a = {},
     .b = {1},
     .error = {},
     .first_same_as_last = false},
    {.name = "midpoint",
     .stages = 2,
     .order = 2,
     .c = {0, 0.5},
     .a = {{}, {0.5}},
     .b = {0, 1},
     .error = {},
     .first_same_as_last = false},
    {.name = "heun",
     .stages = 2,
     .order = 2,
     .c = {0, 1},
     .a = {{}, {1}},
     .b = {0.5, 0.5},
     .error = {},
     .first_same_as_last = false},
    {.name = "rk4",
     .stages = 4,
     .order = 4,
     .c = {0, 0.5, 0.5, 1},
     .a = {{}, {0.5}, {0, 0.5}, {0, 0, 1}},
     .b = {1.0 / 6, 1.0 / 3, 1.0 / 3, 1.0 / 6},
     .error = {},
     .first_same_as_last = false},
    // Dormand and Prince, J. Comput. Appl. Math. 6 (1980) 19.
    {.name = "dormand_prince",
     .stages = 7,
     .order = 5,
     .c = {0, 1.0 / 5, 3.0 / 10, 4.0 / 5, 8.0 / 9, 1, 1},
     .a = {{},
           {1.0 / 5},
           {3.0 / 40, 9.0 / 40},
           {44.0 / 45, -56.0 / 15, 32.0 / 9},
           {19372.0 / 6561, -25360.0 / 2187, 64448.0 / 6561, -212.0 / 729},
           {9017.0 / 3168, -355.0 / 33, 46732.0 / 5247, 49.0 / 176, -5103.0 / 18656},
           {35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84}},
     .b = {35.0 / 384, 0, 500.0 / 1113, 125.0 / 192, -2187.0 / 6784, 11.0 / 84, 0},
     .error = {71.0 / 57600, 0, -71.0 / 16695, 71.0 / 1920, -17253.0 / 339200, 22.0 / 525,
               -1.0 / 40},
     .first_same_as_last = true},
};

}  // namespace

const Tableau& find_tableau(const std::string& name) {
  std::string known;
  for (const Tableau& tableau : kTableaux) {
    if (tableau.name == name) return tableau;
    known += text(known.empty() ? "" : ", ", tableau.name);
  }
  fail(Code::not_found, "no method '", name, "' to solve differential equations; there are ",
       known);
}

}  // namespace castalia
