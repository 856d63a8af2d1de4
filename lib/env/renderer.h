#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "env/environment.h"
#include "env/gl_context.h"
#include "env/physics.h"

namespace dreamer::env {

/// Draws one camera of a physics offscreen. Lives, works and dies in one thread.
class Renderer {
 public:
  /// @param quality fast or exact
  Renderer(Physics& physics, int camera, std::int64_t height, std::int64_t width,
           RenderQuality quality);
  Renderer(const Renderer&) = delete;
  Renderer& operator=(const Renderer&) = delete;

  /// The view of the present state, [height, width, 3], top row first.
  [[nodiscard]] std::vector<std::uint8_t> render();

 private:
  // Both free what they hold even where the constructor of the renderer throws.
  struct Scene : mjvScene {
    explicit Scene(const mjModel& model);
    ~Scene();
    Scene(const Scene&) = delete;
    Scene& operator=(const Scene&) = delete;
  };
  class Context : public mjrContext {
   public:
    /// @param gl current now, and made so again at the end
    Context(const mjModel& model, GlContext& gl);
    ~Context();
    Context(const Context&) = delete;
    Context& operator=(const Context&) = delete;

   private:
    GlContext& gl_;
  };
  static const mjModel& prepared(mjModel& model, const mjrRect& view, RenderQuality quality);

  Physics& physics_;
  GlContext gl_;
  mjrRect view_;
  mjvOption option_;
  mjvPerturb perturb_;
  mjvCamera camera_;
  Scene scene_;
  Context context_;
};

}  // namespace dreamer::env
