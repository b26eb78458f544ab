// The Runge-Kutta methods: stage i is the slope at time t + c_i h and y + h sum_j a_ij k_j, the
// result y + h sum_i b_i k_i.
#ifndef CASTALIA_CPP_COMPILE_TABLEAU_H_
#define CASTALIA_CPP_COMPILE_TABLEAU_H_

#include <string>

namespace castalia {

inline constexpr int kMostStages = 7;

struct Tableau {
  const char* name;
  int stages;
  int order;
  double c[kMostStages];
  double a[kMostStages][kMostStages];  // the lower triangle
  double b[kMostStages];
  // b less that of the embedded method of an order below; zeros where there is none.
  double error[kMostStages];
  // The last stage is the slope at the result, and so the first stage of the next step.
  bool first_same_as_last;

  bool adaptive() const { return error[0] != 0; }
};

// An Error (not_found) that lists the methods when there is none of this name.
const Tableau& find_tableau(const std::string& name);

}  // namespace castalia

#endif  // CASTALIA_CPP_COMPILE_TABLEAU_H_
