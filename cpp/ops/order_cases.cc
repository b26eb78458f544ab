#include "cpp/ops/order_cases.h"

#include <cmath>

namespace castalia {

std::vector<Case> sorting_cases() {
  return {
      {{{{7}}}, {{"axis", int64_t{0}}, {"descending", int64_t{0}}}},
      {{{{7}}}, {{"axis", int64_t{0}}, {"descending", int64_t{1}}}},
      {{{{4, 9}}}, {{"axis", int64_t{1}}, {"descending", int64_t{0}}}},
      {{{{4, 9}}}, {{"axis", int64_t{1}}, {"descending", int64_t{1}}}},
      {{{{4, 9}}}, {{"axis", int64_t{0}}, {"descending", int64_t{0}}}},
      {{{{4, 9}}}, {{"axis", int64_t{0}}, {"descending", int64_t{1}}}},
      {{{{3, 4, 5}}}, {{"axis", int64_t{1}}, {"descending", int64_t{0}}}},
      {{{{3, 4, 5}}}, {{"axis", int64_t{1}}, {"descending", int64_t{1}}}},
      {{{{5, 1}}}, {{"axis", int64_t{1}}, {"descending", int64_t{0}}}},
      {{{{5, 1}}}, {{"axis", int64_t{1}}, {"descending", int64_t{1}}}},
      {{{{0, 4}}}, {{"axis", int64_t{1}}, {"descending", int64_t{0}}}},
      {{{{0, 4}}}, {{"axis", int64_t{1}}, {"descending", int64_t{1}}}},
      {{{{3, 0}}}, {{"axis", int64_t{1}}, {"descending", int64_t{0}}}},
      {{{{3, 0}}}, {{"axis", int64_t{1}}, {"descending", int64_t{1}}}},
      {{{{2, 17}}}, {{"axis", int64_t{1}}, {"descending", int64_t{0}}}},
      {{{{2, 17}}}, {{"axis", int64_t{1}}, {"descending", int64_t{1}}}},
      {{{{130, 67}}},
       {{"axis", int64_t{1}}, {"descending", int64_t{0}}},
       "neighbours nearer than the step of the differences"},
      {{{{1, 5000}}},
       {{"axis", int64_t{1}}, {"descending", int64_t{0}}},
       "neighbours nearer than the step of the differences"},
      {{{{3, 130}}},
       {{"axis", int64_t{1}}, {"descending", int64_t{1}}},
       "neighbours nearer than the step of the differences"},
      {{{{3, 4},
         {},
         {},
         {1.0, NAN, 1.0, -1.0, 0.0, -0.0, 0.0, -0.0, NAN, INFINITY, NAN, -INFINITY}}},
       {{"axis", int64_t{1}}, {"descending", int64_t{0}}},
       "equal elements"},
      {{{{3, 4},
         {},
         {},
         {1.0, NAN, 1.0, -1.0, 0.0, -0.0, 0.0, -0.0, NAN, INFINITY, NAN, -INFINITY}}},
       {{"axis", int64_t{1}}, {"descending", int64_t{1}}},
       "equal elements"},
  };
}

std::vector<Case> largest_cases() {
  return {
      {{{{7}}}, {{"axis", int64_t{0}}, {"count", int64_t{3}}}},
      {{{{4, 9}}}, {{"axis", int64_t{1}}, {"count", int64_t{4}}}},
      {{{{4, 9}}}, {{"axis", int64_t{0}}, {"count", int64_t{1}}}},
      {{{{3, 4, 5}}}, {{"axis", int64_t{1}}, {"count", int64_t{4}}}},
      {{{{5, 1}}}, {{"axis", int64_t{1}}, {"count", int64_t{1}}}},
      {{{{0, 4}}}, {{"axis", int64_t{1}}, {"count", int64_t{2}}}},
      {{{{3, 0}}}, {{"axis", int64_t{1}}, {"count", int64_t{0}}}},
      {{{{2, 17}}}, {{"axis", int64_t{1}}, {"count", int64_t{17}}}},
      {{{{130, 67}}},
       {{"axis", int64_t{1}}, {"count", int64_t{9}}},
       "neighbours nearer than the step of the differences"},
      {{{{2, 2500}}},
       {{"axis", int64_t{1}}, {"count", int64_t{5}}},
       "neighbours nearer than the step of the differences"},
      {{{{3, 130}}},
       {{"axis", int64_t{1}}, {"count", int64_t{33}}},
       "neighbours nearer than the step of the differences"},
      {{{{3, 4},
         {},
         {},
         {1.0, NAN, 1.0, -1.0, 0.0, -0.0, 0.0, -0.0, NAN, INFINITY, NAN, -INFINITY}}},
       {{"axis", int64_t{1}}, {"count", int64_t{3}}},
       "equal elements"},
  };
}

}  // namespace castalia
