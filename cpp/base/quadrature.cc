#include "cpp/base/quadrature.h"

#include <cmath>
#include <cstddef>
#include <numbers>

namespace castalia {

Quadrature gauss_legendre(int points) {
  Quadrature rule;
  for (int i = points; i > 0; --i) {
    // Newton's method for the roots of Legendre's polynomial.
    double x = std::cos(std::numbers::pi * (i - 0.25) / (points + 0.5));
    double slope = 1;
    for (int step = 0; step < 100; ++step) {
      double before = 1;
      double value = x;
      for (int n = 2; n <= points; ++n) {
        const double next = ((2 * n - 1) * x * value - (n - 1) * before) / n;
        before = value;
        value = next;
      }
      slope = points * (x * value - before) / (x * x - 1);
      const double change = value / slope;
      x -= change;
      if (std::abs(change) < 1e-16) break;
    }
    rule.nodes.push_back((1 + x) / 2);
    rule.weights.push_back(1 / ((1 - x * x) * slope * slope));
  }
  return rule;
}

Quadrature clenshaw_curtis(int intervals) {
  Quadrature rule;
  const double angle = std::numbers::pi / intervals;
  for (int i = 0; i <= intervals; ++i) {
    double sum = 1;
    for (int k = 1; k <= intervals / 2; ++k) {
      const double share = 2 * k == intervals ? 1 : 2;
      sum -= share * std::cos(2 * k * i * angle) / (4.0 * k * k - 1);
    }
    const bool end = i == 0 || i == intervals;
    // (1 - cos) / 2, without cancellation.
    const double sine = std::sin(i * angle / 2);
    rule.nodes.push_back(i == intervals ? 1.0 : sine * sine);
    rule.weights.push_back((end ? 0.5 : 1) * sum / intervals);
  }
  return rule;
}

}  // namespace castalia
