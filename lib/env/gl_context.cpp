#include "env/gl_context.h"

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
#include "core/parse_number.h"
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

// Neither EGL nor OSMesa is linked, nor are their headers needed: these few declarations are their
// stable binary interface (EGL 1.5 with EXT_platform_device, OSMesa 11.2).

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
    constexpr std::array<std::int32_t, 17> kWanted = {
        0x3024, 8,       // red
        0x3023, 8,       // green
        0x3022, 8,       // blue
        0x3021, 8,       // alpha
        0x3025, 24,      // depth
        0x3026, 8,       // stencil
        0x3033, 0x0001,  // surface type: pbuffer
        0x3040, 0x0008,  // renderable type: OpenGL
        0x3038,          // end
    };
    void* display = displays_[created_++ % displays_.size()];
    void* config = nullptr;
    std::int32_t found = 0;
    bind_api_(0x30A2);  // OpenGL, for this thread
    if (choose_config_(display, kWanted.data(), &config, 1, &found) == 0 || found < 1) return {};
    return {display, create_context_(display, config, nullptr, nullptr)};
  }

  bool make_current(Handle handle) override {
    return make_current_(handle.display, nullptr, nullptr, handle.context) != 0;
  }

  void destroy(Handle handle) override {
    if (get_current_context_() == handle.context)
      make_current_(handle.display, nullptr, nullptr, nullptr);
    destroy_context_(handle.display, handle.context);
  }

  [[nodiscard]] void* address(const char* function) const override {
    return get_proc_address_(function);
  }

 private:
  // A device needs no display server; the first one that initialises is taken, or the one that
  // MUJOCO_EGL_DEVICE_ID numbers.
  void open_display() {
    using QueryDevices = unsigned(std::int32_t, void**, std::int32_t*);
    using GetPlatformDisplay = void*(unsigned, void*, const std::int32_t*);
    auto* query = reinterpret_cast<QueryDevices*>(get_proc_address_("eglQueryDevicesEXT"));
    auto* get_display =
        reinterpret_cast<GetPlatformDisplay*>(get_proc_address_("eglGetPlatformDisplayEXT"));
    if (query == nullptr || get_display == nullptr) throw error("EGL cannot list its devices");
    std::array<void*, 32> devices{};
    std::int32_t count = 0;
    if (query(devices.size(), devices.data(), &count) == 0 || count == 0)
      throw error("EGL finds no device");
    std::int32_t first = 0;
    if (const char* chosen = std::getenv("MUJOCO_EGL_DEVICE_ID");
        chosen != nullptr && *chosen != '\0') {
      const auto number = parse_integer(chosen);
      if (!number || *number < 0 || *number >= count)
        throw usage_error("MUJOCO_EGL_DEVICE_ID={}: must be the number of an EGL device, 0 to {}",
                          chosen, count - 1);
      first = static_cast<std::int32_t>(*number);
      count = first + 1;
    }
    const auto open = [&](unsigned platform, void* device) {
      void* display = get_display(platform, device, nullptr);
      if (display == nullptr || initialize_(display, nullptr, nullptr) == 0) return false;
      displays_.push_back(display);
      return true;
    };
    for (std::int32_t i = first; i < count && displays_.empty(); ++i)
      if (open(kDevicePlatform, devices[i]) && is_software(devices[i]))
        open(kSurfacelessPlatform, nullptr);
    if (displays_.empty()) throw error("no EGL device can be initialised");
  }

  [[nodiscard]] bool is_software(void* device) const {
    using QueryDeviceString = const char*(void*, std::int32_t);
    auto* query =
        reinterpret_cast<QueryDeviceString*>(get_proc_address_("eglQueryDeviceStringEXT"));
    const char* extensions = query == nullptr ? nullptr : query(device, 0x3055);  // EGL_EXTENSIONS
    return extensions != nullptr &&
           std::string_view(extensions).find("EGL_MESA_device_software") != std::string_view::npos;
  }

  static constexpr unsigned kDevicePlatform = 0x313F, kSurfacelessPlatform = 0x31DD;

  Library library_;
  // All contexts of a display take turns in Mesa's software rasteriser. Its device and its
  // surfaceless display have one each, so two threads draw at once.
  std::vector<void*> displays_;
  std::size_t created_ = 0;
  void* (*get_proc_address_)(const char*) = nullptr;
  unsigned (*initialize_)(void*, std::int32_t*, std::int32_t*) = nullptr;
  unsigned (*choose_config_)(void*, const std::int32_t*, void**, std::int32_t,
                             std::int32_t*) = nullptr;
  unsigned (*bind_api_)(unsigned) = nullptr;
  void* (*create_context_)(void*, void*, void*, const std::int32_t*) = nullptr;
  unsigned (*make_current_)(void*, void*, void*, void*) = nullptr;
  unsigned (*destroy_context_)(void*, void*) = nullptr;
  void* (*get_current_context_)() = nullptr;
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
    // GL_RGBA, depth, stencil, accumulation
    return {nullptr, create_context_(0x1908, 24, 8, 0, nullptr)};
  }

  bool make_current(Handle handle) override {
    // Its own framebuffer is never drawn to (MuJoCo has one of its own), so a pixel is enough. It
    // must outlive the contexts, which may flush to it.
    static thread_local std::array<unsigned char, 4> pixel{};
    return make_current_(handle.context, pixel.data(), 0x1401, 1, 1) != 0;  // GL_UNSIGNED_BYTE
  }

  void destroy(Handle handle) override { destroy_context_(handle.context); }

  [[nodiscard]] void* address(const char* function) const override {
    return get_proc_address_(function);
  }

 private:
  Library library_;
  void* (*create_context_)(unsigned, int, int, int, void*) = nullptr;
  unsigned char (*make_current_)(void*, void*, unsigned, int, int) = nullptr;
  void (*destroy_context_)(void*) = nullptr;
  void* (*get_proc_address_)(const char*) = nullptr;
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
