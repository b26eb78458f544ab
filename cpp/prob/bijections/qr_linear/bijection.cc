// A linear map by its QR factors, the orthogonal one a product of reflections (arXiv:1901.11137).
#include "cpp/prob/bijections/linear_layer.h"

namespace castalia {

const BijectionKind& qr_linear_bijection() {
  static const BijectionKind kind{
      .name = "qr_linear",
      .summary = "linear map by its QR factors; starts as a rotation",
      .references = {"1901.11137", "1611.09630"},
      .make = [](const std::string&, const FieldValues&, const BijectionPlace&)
          -> std::unique_ptr<const Bijection> { return std::make_unique<LinearLayer>(qr_matrix); },
      .examples = {{.features = 2}, {.features = 4}},
  };
  return kind;
}

}  // namespace castalia
