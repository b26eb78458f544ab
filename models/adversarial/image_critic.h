// A critic of images that halves them until a few cells are left.
#ifndef CASTALIA_MODELS_ADVERSARIAL_IMAGE_CRITIC_H_
#define CASTALIA_MODELS_ADVERSARIAL_IMAGE_CRITIC_H_

#include <cstdint>
#include <string>
#include <vector>

#include "cpp/graph/graph.h"
#include "cpp/nn/network.h"
#include "models/adversarial/image_grids.h"
#include "models/catalogue.h"

namespace castalia {

// How networks of images come to know their context; the names are those of conditionings().
class ImageConditioning {
 public:
  explicit ImageConditioning(std::string name) : name_(std::move(name)) {}
  bool film() const { return name_ == "film"; }
  bool projection() const { return name_ == "projection"; }

  // What stands beside the latent variables or, at every place, beside the cells: (rows, any); null
  // where nothing does. An embedding has so many numbers.
  Value beside(Trace& trace, Value condition, int64_t embedded) const;

 private:
  std::string name_;
};

// The channels of the image behind so many halvings: doubled each time, 1024 at most.
int64_t image_channels(int64_t channels, int64_t halvings);

struct ImageCriticOptions {
  std::vector<Grid> grids;             // from the coarsest on
  int64_t channels = 64;               // behind the first halving
  std::string normalisation = "none";  // spectral, batch
  ImageConditioning conditioning;
  bool by_batch() const { return normalisation == "batch"; }
};

// The critic of DCGAN (arXiv:1511.06434): convolutions of kernel four and stride two, leaky
// rectifiers of slope 0.2, and a linear layer that gives the score, (rows, 1), of images (rows,
// extents..., channels) on one of the grids. With batch normalisation, of all but the first
// convolution, a score depends on the batch.
Value image_critic(Trace& trace, Value images, Value condition, const ImageCriticOptions& options);

// The fields channels, conditioning and critic_normalisation.
std::vector<Field> image_critic_fields();
// The first two of them, checked: a conditioning other than the first needs a context.
ImageCriticOptions image_critic_options(const Specification& specification,
                                        const std::vector<Grid>& grids);

}  // namespace castalia

#endif  // CASTALIA_MODELS_ADVERSARIAL_IMAGE_CRITIC_H_
