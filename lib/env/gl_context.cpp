#include "env/gl_context.h"

#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <GL/osmesa.h>
#include <dlfcn.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <string_view>
#include <utility>
#include <vector>

#include "core/error.h"
#include "core/log.h"
#include "core/number.h"
#include "core/processors.h"

namespace dreamer::env {

/// What the two ways to an offscreen context have in common.
class GlContext::Platform {
 public:
  virtual ~Platform() = default;
  [[nodiscard]] virtual std::string name() const = 0;
  /// A new context; an empty handle if there is none to be had.
  [[nodiscard]] virtual Handle create() = 0;
  virtual bool make_current(Handle handle) = 0;
  virtual void destroy(Handle handle) = 0;
  /// Of an OpenGL function; null if there is none.
  [[nodiscard]] virtual void* address(const char* function) const = 0;

 protected:
  void check_by_trying(const char* name) {
    const Handle handle = create();
    if (handle.context == nullptr) throw error("{} makes no OpenGL context", name);
    destroy(handle);
  }
};

namespace {

using Handle = GlContext::Handle;

/// A shared library opened at run time. Never closed: OpenGL drivers do not survive it.
class Library {
 public:
  explicit Library(std::vector<std::string> names) : names_(std::move(names)) {
    for (const auto& name : names_)
      if ((handle_ = dlopen(name.c_str(), RTLD_NOW | RTLD_LOCAL)) != nullptr) {
        opened_ = name;
        return;
      }
    throw error("{} cannot be opened", names_.front());
  }
  /// Makes its symbols visible to MuJoCo.
  void publish() { dlopen(opened_.c_str(), RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD); }

  template <class Function>
  void find(Function*& function, const char* symbol) {
    function = reinterpret_cast<Function*>(dlsym(handle_, symbol));
    if (function == nullptr) throw error("{} has no {}", opened_, symbol);
  }

 private:
  std::vector<std::string> names_;
  std::string opened_;
  void* handle_ = nullptr;
};

// Neither EGL nor OSMesa is linked: a machine may have only one of them, or none where nothing is
// rendered. Their headers give the types and the constants.

class Egl final : public GlContext::Platform {
 public:
  Egl() : library_({"libEGL.so.1", "libEGL.so"}) {
    library_.find(get_proc_address_, "eglGetProcAddress");
    library_.find(initialize_, "eglInitialize");
    library_.find(choose_config_, "eglChooseConfig");
    library_.find(bind_api_, "eglBindAPI");
    library_.find(create_context_, "eglCreateContext");
    library_.find(make_current_, "eglMakeCurrent");
    library_.find(destroy_context_, "eglDestroyContext");
    library_.find(get_current_context_, "eglGetCurrentContext");
    open_display();
    check_by_trying("EGL");
    library_.publish();
  }

  [[nodiscard]] std::string name() const override { return "egl"; }

  [[nodiscard]] Handle create() override {
    constexpr std::array<EGLint, 17> kWanted = {EGL_RED_SIZE,
                                                8,
                                                EGL_GREEN_SIZE,
                                                8,
                                                EGL_BLUE_SIZE,
                                                8,
                                                EGL_ALPHA_SIZE,
                                                8,
                                                EGL_DEPTH_SIZE,
                                                24,
                                                EGL_STENCIL_SIZE,
                                                8,
                                                EGL_SURFACE_TYPE,
                                                EGL_PBUFFER_BIT,
                                                EGL_RENDERABLE_TYPE,
                                                EGL_OPENGL_BIT,
                                                EGL_NONE};
    EGLDisplay display = displays_[created_++ % displays_.size()];
    EGLConfig config = nullptr;
    EGLint found = 0;
    bind_api_(EGL_OPENGL_API);  // for this thread
    if (choose_config_(display, kWanted.data(), &config, 1, &found) == EGL_FALSE || found < 1)
      return {};
    return {display, create_context_(display, config, EGL_NO_CONTEXT, nullptr)};
  }

  bool make_current(Handle handle) override {
    return make_current_(handle.display, EGL_NO_SURFACE, EGL_NO_SURFACE, handle.context) ==
           EGL_TRUE;
  }

  void destroy(Handle handle) override {
    if (get_current_context_() == handle.context)
      make_current_(handle.display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
    destroy_context_(handle.display, handle.context);
  }

  [[nodiscard]] void* address(const char* function) const override {
    return reinterpret_cast<void*>(get_proc_address_(function));
  }

 private:
  // A device needs no display server; the first one that initialises is taken, or the one that
  // MUJOCO_EGL_DEVICE_ID numbers.
  void open_display() {
    const auto query =
        reinterpret_cast<PFNEGLQUERYDEVICESEXTPROC>(get_proc_address_("eglQueryDevicesEXT"));
    const auto get_display = reinterpret_cast<PFNEGLGETPLATFORMDISPLAYEXTPROC>(
        get_proc_address_("eglGetPlatformDisplayEXT"));
    if (query == nullptr || get_display == nullptr) throw error("EGL cannot list its devices");
    std::array<EGLDeviceEXT, 32> devices{};
    EGLint count = 0;
    if (query(devices.size(), devices.data(), &count) == EGL_FALSE || count == 0)
      throw error("EGL finds no device");
    EGLint first = 0;
    if (const char* chosen = std::getenv("MUJOCO_EGL_DEVICE_ID");
        chosen != nullptr && *chosen != '\0') {
      const auto number = parse_integer(chosen);
      if (!number || *number < 0 || *number >= count)
        throw usage_error("MUJOCO_EGL_DEVICE_ID={}: must be the number of an EGL device, 0 to {}",
                          chosen, count - 1);
      first = static_cast<EGLint>(*number);
      count = first + 1;
    }
    const auto open = [&](EGLenum platform, void* device) {
      EGLDisplay display = get_display(platform, device, nullptr);
      if (display == EGL_NO_DISPLAY || initialize_(display, nullptr, nullptr) == EGL_FALSE)
        return false;
      displays_.push_back(display);
      return true;
    };
    for (EGLint i = first; i < count && displays_.empty(); ++i)
      if (open(EGL_PLATFORM_DEVICE_EXT, devices[i]) && is_software(devices[i]))
        open(EGL_PLATFORM_SURFACELESS_MESA, nullptr);
    if (displays_.empty()) throw error("no EGL device can be initialised");
  }

  [[nodiscard]] bool is_software(EGLDeviceEXT device) const {
    const auto query = reinterpret_cast<PFNEGLQUERYDEVICESTRINGEXTPROC>(
        get_proc_address_("eglQueryDeviceStringEXT"));
    const char* extensions = query == nullptr ? nullptr : query(device, EGL_EXTENSIONS);
    return extensions != nullptr &&
           std::string_view(extensions).find("EGL_MESA_device_software") != std::string_view::npos;
  }

  Library library_;
  // All contexts of a display take turns in Mesa's software rasteriser. Its device and its
  // surfaceless display have one each, so two threads draw at once.
  std::vector<EGLDisplay> displays_;
  std::size_t created_ = 0;
  decltype(&eglGetProcAddress) get_proc_address_ = nullptr;
  decltype(&eglInitialize) initialize_ = nullptr;
  decltype(&eglChooseConfig) choose_config_ = nullptr;
  decltype(&eglBindAPI) bind_api_ = nullptr;
  decltype(&eglCreateContext) create_context_ = nullptr;
  decltype(&eglMakeCurrent) make_current_ = nullptr;
  decltype(&eglDestroyContext) destroy_context_ = nullptr;
  decltype(&eglGetCurrentContext) get_current_context_ = nullptr;
};

class OsMesa final : public GlContext::Platform {
 public:
  OsMesa() : library_({"libOSMesa.so.8", "libOSMesa.so.6", "libOSMesa.so"}) {
    library_.find(create_context_, "OSMesaCreateContextExt");
    library_.find(make_current_, "OSMesaMakeCurrent");
    library_.find(destroy_context_, "OSMesaDestroyContext");
    library_.find(get_proc_address_, "OSMesaGetProcAddress");
    check_by_trying("OSMesa");
    library_.publish();
  }

  [[nodiscard]] std::string name() const override { return "osmesa"; }

  [[nodiscard]] Handle create() override {
    return {nullptr, create_context_(OSMESA_RGBA, /*depth=*/24, /*stencil=*/8,
                                     /*accumulation=*/0, nullptr)};
  }

  bool make_current(Handle handle) override {
    // Its own framebuffer is never drawn to (MuJoCo has one of its own), so a pixel is enough. It
    // must outlive the contexts, which may flush to it.
    static thread_local std::array<unsigned char, 4> pixel{};
    return make_current_(context(handle), pixel.data(), GL_UNSIGNED_BYTE, 1, 1) == GL_TRUE;
  }

  void destroy(Handle handle) override { destroy_context_(context(handle)); }

  [[nodiscard]] void* address(const char* function) const override {
    return reinterpret_cast<void*>(get_proc_address_(function));
  }

 private:
  static OSMesaContext context(Handle handle) { return static_cast<OSMesaContext>(handle.context); }

  Library library_;
  decltype(&OSMesaCreateContextExt) create_context_ = nullptr;
  decltype(&OSMesaMakeCurrent) make_current_ = nullptr;
  decltype(&OSMesaDestroyContext) destroy_context_ = nullptr;
  decltype(&OSMesaGetProcAddress) get_proc_address_ = nullptr;
};

// The process's OpenGL. Global because MuJoCo's loader is.
std::mutex g_mutex;
std::shared_ptr<GlContext::Platform> g_platform;

// llvmpipe reads this when its first context is made. One renderer gains from its worker threads;
// several that render side by side share the cores better without them.
void configure_llvmpipe(std::int64_t contexts) {
  const auto workers = contexts > 1 ? 0 : std::min<std::int64_t>(usable_cores(), 4);
  setenv("LP_NUM_THREADS", std::to_string(workers).c_str(), /*overwrite=*/0);
}

}  // namespace

void load_opengl(std::int64_t contexts) {
  const std::lock_guard lock(g_mutex);
  if (g_platform) return;
  configure_llvmpipe(contexts);

  const char* variable = std::getenv("MUJOCO_GL");
  const std::string wanted = variable == nullptr ? "" : variable;
  if (!wanted.empty() && wanted != "egl" && wanted != "osmesa")
    throw usage_error(
        "MUJOCO_GL={}: dreamer renders with egl or osmesa; unset it to take whichever works",
        wanted);
  std::string failures;
  const auto attempt = [&](const std::string& name, auto make) {
    if (g_platform || (!wanted.empty() && wanted != name)) return;
    try {
      g_platform = make();
    } catch (const Error& e) {
      if (e.code() == ExitCode::usage) throw;  // a wrong wish is said, not passed over
      failures += fmt::format("{}{}: {}", failures.empty() ? "" : "; ", name, e.what());
    }
  };
  attempt("egl", [] { return std::make_shared<Egl>(); });
  attempt("osmesa", [] { return std::make_shared<OsMesa>(); });
  if (!g_platform)
    throw error(
        "no OpenGL to render with ({}); install libegl1 and libgl1-mesa-dri, or libosmesa6{}",
        failures, wanted.empty() ? "" : ", or unset MUJOCO_GL");
  log::verbose("rendering with {}", g_platform->name());
}

std::string opengl_platform() {
  const std::lock_guard lock(g_mutex);
  return g_platform ? g_platform->name() : "";
}

GlContext::GlContext() {
  load_opengl();
  const std::lock_guard lock(g_mutex);
  platform_ = g_platform;
  handle_ = platform_->create();
  if (handle_.context == nullptr || !platform_->make_current(handle_)) {
    if (handle_.context != nullptr) platform_->destroy(handle_);
    throw error("{} makes no further OpenGL context", platform_->name());
  }
}

GlContext::~GlContext() {
  const std::lock_guard lock(g_mutex);
  platform_->destroy(handle_);
}

void* GlContext::address(const char* name) const {
  void* found = platform_->address(name);
  if (found == nullptr) throw error("{} has no {}", platform_->name(), name);
  return found;
}

void GlContext::make_current() {
  if (!platform_->make_current(handle_))
    throw error("{}: an OpenGL context is used outside of its thread", platform_->name());
}

}  // namespace dreamer::env
