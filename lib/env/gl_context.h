#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace dreamer::env {

/// Loads OpenGL into this process, once: EGL if it works here, else OSMesa; the environment
/// variable MUJOCO_GL=egl|osmesa decides instead. MuJoCo finds its OpenGL by the symbols present in
/// the process, so only one of them is ever made visible. Call it before starting threads: it sets
/// environment variables that software OpenGL (llvmpipe) reads. Later calls do nothing.
/// @param contexts how many threads are going to render side by side
/// @throws Error if there is no OpenGL, with what was tried and the remedy
void load_opengl(std::int64_t contexts = 1);

/// "egl" or "osmesa"; empty before load_opengl.
[[nodiscard]] std::string opengl_platform();

/// An OpenGL context without a window. It is current in the thread that makes it, is used and
/// destroyed there.
class GlContext {
 public:
  GlContext();
  ~GlContext();
  GlContext(const GlContext&) = delete;
  GlContext& operator=(const GlContext&) = delete;

  /// Makes it this thread's context again, after another one was.
  void make_current();

  /// An OpenGL function, which must exist.
  template <class Function>
  void find(Function*& function, const char* name) const {
    function = reinterpret_cast<Function*>(address(name));
  }

  class Platform;  // EGL or OSMesa
  struct Handle {
    void* display = nullptr;  // EGL's; OSMesa has none
    void* context = nullptr;
  };

 private:
  [[nodiscard]] void* address(const char* name) const;

  std::shared_ptr<Platform> platform_;
  Handle handle_;
};

}  // namespace dreamer::env
