#include "model/modality.h"

#include <algorithm>

#include "core/error.h"
#include "model/image_modality.h"
#include "model/vector_modality.h"

namespace dreamer {

std::shared_ptr<Modality> make_modality(const Space& space, const ModelConfig& config,
                                        torch::nn::Module& model) {
  switch (space.kind) {
    case SpaceKind::image:
      return std::make_shared<ImageModality>(space, config, model);
    case SpaceKind::box:
    case SpaceKind::discrete:
      return std::make_shared<VectorModality>(space, config, model);
  }
  throw error("the observation {} is of an unknown kind", space.name);
}

}  // namespace dreamer
