// Puts the features into another order, which is fixed when the model is made.
#include <algorithm>
#include <numeric>

#include "cpp/base/philox.h"
#include "cpp/nn/stages.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/bijection.h"

namespace castalia {
namespace {

class Permutation final : public Bijection {
 public:
  // Feature i of the result is feature order[i] of the argument.
  explicit Permutation(std::vector<int64_t> order) : order_(std::move(order)), back_(order_) {
    for (size_t i = 0; i < order_.size(); ++i) {
      back_[static_cast<size_t>(order_[i])] = static_cast<int64_t>(i);
    }
  }

  Mapped forward(Trace& trace, Value x, Value) const override {
    return {take(x, order_), for_each_row(trace.graph().scalar(0.0, DType::float64), x)};
  }

  Mapped inverse(Trace& trace, Value y, Value) const override {
    return {take(y, back_), for_each_row(trace.graph().scalar(0.0, DType::float64), y)};
  }

 private:
  std::vector<int64_t> order_;
  std::vector<int64_t> back_;
};

std::vector<int64_t> chosen_order(const std::string& kind, const BijectionPlace& place) {
  if (kind == "random") {
    return castalia::permutation(place.seed, kArchitectureStage, place.features, place.number);
  }
  std::vector<int64_t> order(static_cast<size_t>(place.features));
  std::iota(order.begin(), order.end(), int64_t{0});
  if (kind == "reverse") {
    std::reverse(order.begin(), order.end());
  } else {
    std::rotate(order.begin(), order.begin() + place.features / 2, order.end());
  }
  return order;
}

}  // namespace

const BijectionKind& permutation_bijection() {
  static const BijectionKind kind{
      .name = "permutation",
      .summary = "puts the features into another, fixed order",
      .references = {"1605.08803"},
      .fields = {{.name = "order",
                  .type = FieldType::text,
                  .default_value = R"("random")",
                  .meaning = "'random' is drawn from the model's seed, another for each layer; "
                             "'reverse'; 'swap' exchanges the halves",
                  .choices = {"random", "reverse", "swap"}}},
      .tails = {"linear", "none", "circular"},
      .make = [](const std::string&, const FieldValues& values,
                 const BijectionPlace& place) -> std::unique_ptr<const Bijection> {
        return std::make_unique<Permutation>(chosen_order(values.text("order"), place));
      },
      .examples = {{.features = 5},
                   {.settings = R"({"order": "reverse"})", .features = 2, .tails = "none"},
                   {.settings = R"({"order": "swap"})", .features = 5}},
  };
  return kind;
}

}  // namespace castalia
