// CaloFlow's students, and the density that it does not have.
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "models/calorimeter/showers_for_test.h"

namespace castalia {
namespace {

TEST(CaloFlow, AStudentTakesOverTheLayerEnergiesAndLearnsTheCells) {
  const std::string path = testing::TempDir() + "/caloflow.safetensors";
  const std::shared_ptr<Model> teacher = trained_showers("caloflow", 400);
  teacher->save(path);
  const std::string inverse = R"(, "direction": "inverse")";
  const std::string taught = R"(, "validation": 0, "distil_parameters": 0.1, "teacher": ")" + path;
  // Rates of zero keep what the student took over.
  const std::string frozen = R"(", "group_patterns": ["energies.*"], "group_rates": [0])";
  const std::shared_ptr<Model> student =
      trained_showers("caloflow", 1500, inverse, taught + frozen);
  const std::vector<double> own = drawn_showers(*student);
  const std::vector<double> others = drawn_showers(*teacher);
  const std::vector<double> layers = layer_energies(own);
  const std::vector<double> expected = layer_energies(others);
  double difference = 0;
  for (size_t i = 0; i < layers.size(); ++i) {
    EXPECT_NEAR(layers[i], expected[i], 1e-13 * expected[i]) << i;
  }
  // The same latent variables give nearly the same shower: other ones do not.
  const std::vector<double> fresh = drawn_showers(*teacher, 8);
  double unlike = 0;
  for (size_t i = 0; i < own.size(); ++i) {
    difference += std::abs(own[i] - others[i]);
    unlike += std::abs(fresh[i] - others[i]);
  }
  EXPECT_LT(difference, 0.4 * unlike);
  std::remove(path.c_str());
}

TEST(CaloFlow, HasNoDensity) {
  const std::shared_ptr<Model> model = trained_showers("caloflow", 1);
  const std::vector<double> shower(kTestCells);
  const double energy = 20;
  double density = 0;
  expect_error(Code::unsupported, "caloflow has no log_prob", [&] {
    model->log_prob(shower, {&energy, 1}, {&density, 1});
  });
}

}  // namespace
}  // namespace castalia
