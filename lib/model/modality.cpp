#include "model/modality.h"

#include "core/error.h"
#include "model/image_modality.h"

namespace dreamer {

std::shared_ptr<Modality> make_modality(const Space& space, const ModelConfig& config,
                                        torch::nn::Module& model) {
  switch (space.kind) {
    case SpaceKind::image:
      return std::make_shared<ImageModality>(space, config, model);
    case SpaceKind::box:
    case SpaceKind::discrete:
      break;
  }
  throw error("the observation {} is no image, which is all that the model takes", space.name);
}

}  // namespace dreamer
