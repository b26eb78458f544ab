#include "cpp/ops/cases.h"

namespace castalia {

std::vector<Case> unary_cases(const Domain& x) {
  std::vector<Case> cases;
  for (const Shape& shape :
       {Shape{}, Shape{1}, Shape{7}, Shape{0, 4}, Shape{3, 5}, Shape{2, 3, 17}, Shape{33, 129}}) {
    cases.push_back({{{shape, x}}});
  }
  return cases;
}

std::vector<Case> binary_cases(const Domain& a, const Domain& b) {
  return {
      {{{{}, a}, {{}, b}}},
      {{{{7}, a}, {{7}, b}}},
      {{{{0, 4}, a}, {{0, 4}, b}}},
      {{{{0, 4}, a}, {{4}, b}}},
      {{{{3, 5}, a}, {{}, b}}},
      {{{{}, a}, {{3, 5}, b}}},
      {{{{6, 19}, a}, {{19}, b}}},
      {{{{6, 19}, a}, {{6, 1}, b}}},
      {{{{6, 1}, a}, {{1, 19}, b}}},
      {{{{4, 1, 5}, a}, {{3, 1}, b}}},
      {{{{33, 129}, a}, {{33, 129}, b}}},
  };
}

std::vector<Case> ternary_cases(const Domain& a, const Domain& b, const Domain& c) {
  return {
      {{{{}, a}, {{}, b}, {{}, c}}},
      {{{{0, 4}, a}, {{0, 4}, b}, {{0, 4}, c}}},
      {{{{3, 5}, a}, {{3, 5}, b}, {{3, 5}, c}}},
      {{{{6, 1}, a}, {{6, 19}, b}, {{}, c}}},
      {{{{6, 19}, a}, {{1, 19}, b}, {{6, 1}, c}}},
      {{{{19}, a}, {{}, b}, {{6, 19}, c}}},
      {{{{33, 129}, a}, {{33, 129}, b}, {{33, 129}, c}}},
  };
}

}  // namespace castalia
