// What models of showers by flows share: a flow of the layer energies given the incident energy,
// and the way between showers and the coordinates in which flows see them.
#ifndef CASTALIA_MODELS_CALORIMETER_SHOWER_NETWORK_H_
#define CASTALIA_MODELS_CALORIMETER_SHOWER_NETWORK_H_

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "cpp/nn/network.h"
#include "models/calorimeter/shower_coordinates.h"
#include "models/catalogue.h"
#include "models/flow/autoregressive_layers.h"

namespace castalia {

// The fields that shower_fields() gives, read by the constructor. The context is the incident
// energy. Errors of the constructor: invalid_argument (cells is empty).
class ShowerNetwork : public Network {
 public:
  explicit ShowerNetwork(const Specification& specification);

  int64_t features() const override { return coordinates_.cells(); }
  int64_t context_features() const override { return 1; }

  void fit_preprocessing(std::span<const double> x, std::span<const double> context) override {
    coordinates_.fit(x, context);
  }
  bool fitted() const override { return coordinates_.fitted(); }
  void check_rows(std::span<const double> x, std::span<const double> context,
                  int64_t first_row) const override {
    coordinates_.check(x, context, first_row);
  }
  std::string preprocessing_json() const override { return coordinates_.json(); }
  void set_preprocessing_json(const std::string& text) override { coordinates_.set_json(text); }

  // Unsupported: cells that are empty, and that add up to the energy of their layer, come from many
  // latent variables.
  std::pair<Value, Value> transform(Trace& trace, Value x, Value context) override;
  std::pair<Value, Value> inverse(Trace& trace, Value z, Value context) override;

 protected:
  // Coordinates of cells lie in [-kCellBound, kCellBound].
  static constexpr double kCellBound = 1;

  // Uniform in (0, 1), (rows, layers) and (rows, cells); the middle where there is no chance.
  struct Noise {
    Value of_layers;
    Value of_cells;
  };
  Noise draw_noise(Trace& trace, int64_t rows) const;

  // Stand-ins of one row for the flow of the layer energies, and for the condition of a flow of the
  // cells, (1, 1 + layers): what declare() traces.
  void declare_energies(Trace& trace);
  Value declared_condition(Trace& trace) const;

  // The log-density of the coordinates of the layer energies, and these coordinates' own
  // log-determinant: float64 (rows, 1).
  struct EnergyDensity {
    Value of_coordinates;
    Value log_det;
  };
  EnergyDensity energy_density(Trace& trace, Value smeared, Value incident) const;
  // Smeared energies of the layers of generated events, float64 (rows, layers).
  Value sample_energies(Trace& trace, int64_t rows, Value incident) const;

  const ShowerCoordinates& coordinates() const { return coordinates_; }

 private:
  // The incident energy as the flow of the layer energies sees it.
  Value incident_condition(Trace& trace, Value incident) const;

  ShowerCoordinates coordinates_;
  AutoregressiveLayers energies_;
};

// The fields of the geometry, the coordinates and the flow of the layer energies, those of the
// flows of the cells, and those that every architecture has.
std::vector<Field> shower_fields(std::vector<Field> own);

}  // namespace castalia

#endif  // CASTALIA_MODELS_CALORIMETER_SHOWER_NETWORK_H_
