// What all networks share that generate images against critics.
#ifndef CASTALIA_MODELS_ADVERSARIAL_IMAGE_NETWORK_H_
#define CASTALIA_MODELS_ADVERSARIAL_IMAGE_NETWORK_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cpp/nn/adversarial.h"
#include "cpp/nn/network.h"
#include "models/adversarial/image_grids.h"
#include "models/adversarial/image_view.h"
#include "models/catalogue.h"
#include "models/preprocessed_network.h"

namespace castalia {

// A row is an image, cell after cell, the last axis of the shape fastest, each cell with its
// features beside each other. Parameters of the generator are named "generator. ...", those of the
// critics "critic. ...". Reads the fields that image_fields() gives. What a critic sees are the
// coordinates (image_view.h) of the very images that a user gets; what is preprocessed are the
// features of a cell.
class ImageNetwork : public PreprocessedNetwork, public Adversarial {
 public:
  explicit ImageNetwork(const Specification& specification);

  int64_t features() const override { return view_.features(); }
  bool can(Capability capability) const override { return capability == Capability::sample; }
  Adversarial* adversarial() override { return this; }
  bool sample_is_differentiable() const override { return true; }

  void fit_preprocessing(std::span<const double> x, std::span<const double> context) override;
  void check_rows(std::span<const double> x, std::span<const double> context,
                  int64_t first_row) const override;

  void declare(Trace& trace) override;
  Contest contest(Trace& trace, Value x, Value context) override;
  Value sample(Trace& trace, int64_t rows, Value context) override;

 protected:
  // Images of coordinates before ImageView::rectified(), (rows, extents..., cell features), from
  // latent variables (rows, latent) and the preprocessed context, null where there is none; the
  // last on grids().back(). Others before it are on coarser grids of these, for critics of their
  // own.
  virtual std::vector<Value> generate(Trace& trace, Value latent, Value condition) const = 0;
  // The score, (rows, 1), of such images.
  virtual Value criticise(Trace& trace, Value images, Value condition) const = 0;
  // From the coarsest to the shape itself.
  const std::vector<Grid>& grids() const { return grids_; }
  int64_t cell_features() const { return cell_features_; }

 private:
  enum class Draw { whole, truncated };
  Value latent(Trace& trace, int64_t rows, Draw draw) const;
  std::vector<Value> made(Trace& trace, Value latent, Value condition) const;
  Value score(Trace& trace, Value images, Value condition) const;
  Value pooled_like(Value images, Value coarse) const;
  Value total(Value context) const;
  Value finished(const std::vector<Value>& made, Value context) const;

  std::vector<Grid> grids_;
  int64_t cell_features_;
  ImageView view_;
  int64_t total_column_;  // of the context; negative: none
  int64_t latent_;
  bool normal_;
  double truncation_;  // 0: none
};

// The fields that every such network has, and those of its own.
std::vector<Field> image_fields(const std::string& latent_distribution, std::vector<Field> own);

}  // namespace castalia

#endif  // CASTALIA_MODELS_ADVERSARIAL_IMAGE_NETWORK_H_
