#include "env/renderer.h"

#include <GL/gl.h>

#include <algorithm>
#include <mutex>

#include "core/error.h"

namespace dreamer::env {
namespace {

constexpr int kMaxGeoms = 1000;
constexpr std::int64_t kChannels = 3;

// MuJoCo loads its OpenGL functions into globals whenever it makes a context.
std::mutex& context_mutex() {
  static std::mutex mutex;
  return mutex;
}

/// MuJoCo's shadow map has stencil bits that nothing uses and that Mesa's software rasteriser has
/// to keep whenever it clears or draws. The same 24 bits of depth without them give the same pixels
/// in nine tenths of the time.
void drop_stencil_of_shadow_map(const GlContext& gl, const mjrContext& context) {
  if (context.shadowTex == 0) return;
  decltype(&glGetIntegerv) get = nullptr;
  decltype(&glBindTexture) bind = nullptr;
  decltype(&glTexImage2D) specify = nullptr;
  gl.find(get, "glGetIntegerv");
  gl.find(bind, "glBindTexture");
  gl.find(specify, "glTexImage2D");
  GLint bound = 0;
  get(GL_TEXTURE_BINDING_2D, &bound);
  bind(GL_TEXTURE_2D, context.shadowTex);
  specify(GL_TEXTURE_2D, 0, GL_DEPTH_COMPONENT24, context.shadowSize, context.shadowSize, 0,
          GL_DEPTH_COMPONENT, GL_UNSIGNED_INT, nullptr);
  bind(GL_TEXTURE_2D, static_cast<GLuint>(bound));
}

}  // namespace

Renderer::Scene::Scene(const mjModel& model) : mjvScene() {
  mjv_defaultScene(this);
  mjv_makeScene(&model, this, kMaxGeoms);
}

Renderer::Scene::~Scene() { mjv_freeScene(this); }

Renderer::Context::Context(const mjModel& model, GlContext& gl) : mjrContext(), gl_(gl) {
  mjr_defaultContext(this);
  const std::lock_guard lock(context_mutex());
  mjr_makeContext(&model, this, mjFONTSCALE_50);
}

Renderer::Context::~Context() {
  try {
    gl_.make_current();
  } catch (const Error&) {
    return;  // another thread's: what it holds there cannot be freed from here
  }
  const std::lock_guard lock(context_mutex());
  mjr_freeContext(this);
}

const mjModel& Renderer::prepared(mjModel& model, const mjrRect& view, RenderQuality quality) {
  // The pixels do not depend on the buffer being larger than the view.
  model.vis.global.offwidth = view.width;
  model.vis.global.offheight = view.height;
  if (quality == RenderQuality::fast) model.vis.quality.shadowsize = 0;
  return model;
}

Renderer::Renderer(Physics& physics, int camera, std::int64_t height, std::int64_t width,
                   RenderQuality quality)
    : physics_(physics),
      view_{0, 0, static_cast<int>(width), static_cast<int>(height)},
      scene_(prepared(physics_.model(), view_, quality)),
      context_(physics_.model(), gl_) {
  mjv_defaultOption(&option_);
  option_.flags[mjVIS_RANGEFINDER] = 0;
  mjv_defaultPerturb(&perturb_);
  mjv_defaultCamera(&camera_);
  camera_.type = mjCAMERA_FIXED;
  camera_.fixedcamid = camera;
  if (quality == RenderQuality::fast) {
    scene_.flags[mjRND_SHADOW] = 0;
    scene_.flags[mjRND_REFLECTION] = 0;
  }
  drop_stencil_of_shadow_map(gl_, context_);
  mjr_setBuffer(mjFB_OFFSCREEN, &context_);
  if (context_.currentBuffer != mjFB_OFFSCREEN)
    throw error("{}: OpenGL has no offscreen framebuffers", opengl_platform());
}

std::vector<std::uint8_t> Renderer::render() {
  gl_.make_current();
  mjv_updateScene(&physics_.model(), &physics_.data(), &option_, &perturb_, &camera_, mjCAT_ALL,
                  &scene_);
  mjr_render(view_, &scene_, &context_);
  const std::int64_t row = view_.width * kChannels;
  std::vector<std::uint8_t> image(static_cast<std::size_t>(view_.height * row));
  mjr_readPixels(image.data(), nullptr, view_, &context_);
  // OpenGL's first row is the bottom one.
  for (std::int64_t y = 0; y < view_.height / 2; ++y)
    std::swap_ranges(image.begin() + y * row, image.begin() + (y + 1) * row,
                     image.begin() + (view_.height - 1 - y) * row);
  return image;
}

}  // namespace dreamer::env
