#include "cpp/ops/cases.h"
#include "cpp/ops/affine_map/op.h"
#include "cpp/ops/autoregressive_attributes.h"
#include "cpp/ops/rq_spline/op.h"

namespace castalia {

std::vector<Case> autoregressive_inverse_cases() {
  const SplineOptions spline{.bins = 3, .lower = -1, .upper = 1};
  const SplineOptions bounded{.bins = 2, .lower = -1, .upper = 1, .tails = "none"};
  const auto make_with = [](int64_t rows, int64_t first_rows, int64_t features, int64_t further,
                            const std::vector<int64_t>& degrees, const std::string& activation,
                            const std::string& inverse, const Attributes& attributes,
                            int64_t parameters, double least) {
    const auto hidden = static_cast<int64_t>(degrees.size());
    const int64_t params = features * parameters;
    const Domain weights{.low = -0.5, .high = 0.5};
    std::vector<CaseOperand> operands = {
        {{rows, features}, {.low = least, .high = 0.95, .kinks = {-1}}},
        {{features, hidden}, weights},
        {{first_rows, hidden}, {}}};
    for (int64_t layer = 0; layer < further; ++layer) {
      operands.push_back({{hidden, hidden}, weights});
      operands.push_back({{hidden}, {}});
    }
    operands.push_back({{hidden, params}, weights});
    operands.push_back({{params}, {}});
    return Case{.operands = operands,
                .attributes = autoregressive_attributes(degrees, activation, inverse, attributes)};
  };
  const auto make = [&](int64_t rows, int64_t first_rows, int64_t features, int64_t further,
                        const std::vector<int64_t>& degrees, const std::string& activation,
                        const SplineOptions& options, double least) {
    return make_with(rows, first_rows, features, further, degrees, activation, "rq_spline_inverse",
                     options.attributes(), rq_spline_parameters(options), least);
  };
  // More units than a block of features has; degrees 0 (what depends on the context alone), some
  // that nothing has, and the highest, which no feature uses.
  std::vector<int64_t> many;
  for (int64_t u = 0; u < 45; ++u) many.push_back(u * 35 / 45 + (u > 20 ? 1 : 0));
  return {
      make(1, 1, 1, 0, {0}, "tanh", spline, -0.95),
      make(3, 1, 2, 0, {0, 1, 1}, "tanh", spline, -0.95),
      make(5, 5, 3, 1, {0, 1, 2, 2, 3}, "silu", bounded, -0.95),
      make(2, 1, 4, 2, {1, 1, 3}, "elu", spline, -1.5),
      make(2, 2, 35, 1, many, "leaky_relu", spline, -0.95),
      make(0, 1, 3, 0, {1, 2}, "tanh", spline, -0.95),
      make_with(3, 3, 4, 1, {0, 1, 1, 2, 3}, "gelu", "affine_map_inverse",
                AffineMapOptions().attributes(), 2, -0.95),
      // Enough rows that a device's blocks take several of them, and some are left over.
      make(270, 270, 2, 1, {0, 1, 1}, "softplus", SplineOptions{}, -0.95),
      make(1059, 1, 2, 0, {1}, "sigmoid", bounded, -0.95),
  };
}

}  // namespace castalia
