// The invertible 1 x 1 convolution of Glow (arXiv:1807.03039): one matrix mixes the channels of
// every site. A vector holds channels x sites, the sites of one channel side by side.
#include "cpp/prob/bijection.h"
#include "cpp/base/status.h"
#include "cpp/ops/ops.h"
#include "cpp/prob/bijections/matrices.h"

namespace castalia {
namespace {

class InvertibleConvolution final : public Bijection {
 public:
  InvertibleConvolution(int64_t channels, int64_t sites) : channels_(channels), sites_(sites) {}

  Mapped forward(Trace& trace, Value x, Value) const override {
    const InvertibleMatrix m = lu_matrix(trace, channels_);
    return {mixed(m.matrix, x), for_each_row(log_det(m), x)};
  }

  Mapped inverse(Trace& trace, Value y, Value) const override {
    const InvertibleMatrix m = lu_matrix(trace, channels_);
    return {mixed(m.inverse, y), for_each_row(negate(log_det(m)), y)};
  }

 private:
  // The channels of a site, as a row, times the matrix.
  Value mixed(Value matrix, Value x) const {
    const Value sites = transpose(reshape(x, Shape{x.rows(), channels_, sites_}), {0, 2, 1});
    const Value rows = matmul(reshape(sites, Shape{x.rows() * sites_, channels_}), matrix);
    const Value back = transpose(reshape(rows, sites.shape()), {0, 2, 1});
    return reshape(back, x.shape());
  }

  Value log_det(const InvertibleMatrix& m) const {
    return m.log_abs_det * static_cast<double>(sites_);
  }

  int64_t channels_;
  int64_t sites_;
};

}  // namespace

const BijectionKind& invertible_convolution_bijection() {
  static const BijectionKind kind{
      .name = "invertible_convolution",
      .summary = "one linear map of the channels at every site (a 1 x 1 convolution)",
      .references = {"1807.03039"},
      .fields = {{.name = "channels",
                  .type = FieldType::integer,
                  .default_value = "",
                  .meaning = "the features are so many channels, each with the same number of "
                             "sites, one channel after another",
                  .least = 1,
                  .greatest = 65536}},
      .make = [](const std::string& owner, const FieldValues& values,
                 const BijectionPlace& place) -> std::unique_ptr<const Bijection> {
        const int64_t channels = values.integer("channels");
        if (place.features % channels != 0) {
          fail(Code::invalid_argument, owner, ".channels is ", channels,
               ", which does not divide the ", place.features, " features");
        }
        return std::make_unique<InvertibleConvolution>(channels, place.features / channels);
      },
      .examples = {{.settings = R"({"channels": 2})", .features = 6},
                   {.settings = R"({"channels": 2})", .features = 2}},
  };
  return kind;
}

}  // namespace castalia
