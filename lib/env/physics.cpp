#include "env/physics.h"

#include <cstdlib>
#include <map>
#include <mutex>

#include "core/error.h"
#include "core/log.h"
#include "core/paths.h"

namespace dreamer::env {
namespace {

// MuJoCo's own handlers write MUJOCO_LOG.TXT into the current folder.
void install_handlers() {
  static std::once_flag once;
  std::call_once(once, [] {
    mju_user_error = [](const char* message) {
      log::error(fmt::format("MuJoCo: {}", message));
      std::_Exit(static_cast<int>(ExitCode::failed));  // its callers cannot continue after an error
    };
    mju_user_warning = [](const char* message) { log::verbose("MuJoCo: {}", message); };
  });
}

constexpr std::array<const char*, mjNWARNING> kWarnings = [] {
  std::array<const char*, mjNWARNING> names{};
  names.fill("warning");
  names[mjWARN_INERTIA] = "singular inertia matrix";
  names[mjWARN_CONTACTFULL] = "too many contacts";
  names[mjWARN_CNSTRFULL] = "too many constraints";
  names[mjWARN_BADQPOS] = "bad number in qpos";
  names[mjWARN_BADQVEL] = "bad number in qvel";
  names[mjWARN_BADQACC] = "bad number in qacc";
  names[mjWARN_BADCTRL] = "bad number in ctrl";
  return names;
}();

std::filesystem::path model_path(const std::string& file) {
  auto path = share_dir() / "mjcf" / file;
  if (!std::filesystem::exists(path))
    throw error(
        "{}: no such model; install it, or set DREAMER_SHARE to the share/dreamer that has it",
        path.string());
  return path;
}

// MuJoCo's parser keeps its last model in a global.
std::mutex& parser_mutex() {
  static std::mutex mutex;
  return mutex;
}

Spec parse(const std::filesystem::path& path, const std::function<void(mjSpec&)>& edit) {
  std::array<char, 1000> reason{};
  Spec spec(mj_parseXML(path.c_str(), nullptr, reason.data(), reason.size()));
  if (!spec) throw error("{}: {}", path.string(), reason.data());
  if (edit) edit(*spec);
  return spec;
}

mjModel* compile(const std::filesystem::path& path, const std::function<void(mjSpec&)>& edit) {
  const Spec spec = parse(path, edit);
  mjModel* model = mj_compile(spec.get(), nullptr);
  if (model == nullptr) throw error("{}: {}", path.string(), mjs_getError(spec.get()));
  return model;
}

mjModel* load(const std::filesystem::path& path, const std::function<void(mjSpec&)>& edit) {
  // Parsing and making the textures takes 0.1 s, a copy 3 ms: unedited models are kept.
  static std::map<std::filesystem::path, std::unique_ptr<mjModel, void (*)(mjModel*)>> kept;
  const std::lock_guard lock(parser_mutex());
  if (edit) return compile(path, edit);
  auto model = kept.find(path);
  if (model == kept.end())
    model = kept.try_emplace(path, compile(path, edit), mj_deleteModel).first;
  mjModel* copy = mj_copyModel(nullptr, model->second.get());
  if (copy == nullptr) throw error("{}: out of memory for a model", path.string());
  return copy;
}

}  // namespace

Spec parse_model(const std::string& file, const std::function<void(mjSpec&)>& edit) {
  install_handlers();
  const std::lock_guard lock(parser_mutex());
  return parse(model_path(file), edit);
}

Physics::Physics(const std::string& file, const std::function<void(mjSpec&)>& edit) {
  install_handlers();
  model_.reset(load(model_path(file), edit));
  data_.reset(mj_makeData(model_.get()));
  if (!data_) throw error("{}: out of memory for the simulation", file);
}

template <class Body>
void Physics::checked(Body&& body) {
  std::array<int, mjNWARNING> before{};
  for (int i = 0; i < mjNWARNING; ++i) before[i] = data_->warning[i].number;
  const double time = data_->time;  // MuJoCo puts a bad state back to the beginning
  body();
  for (int i = 0; i < mjNWARNING; ++i)
    if (data_->warning[i].number > before[i])
      throw Breakdown(fmt::format("the physics broke down at {:.3f} s of simulated time: {}", time,
                                  kWarnings[i]));
}

void Physics::forward_unchecked() {
  const int flags = model_->opt.disableflags;
  model_->opt.disableflags |= mjDSBL_ACTUATION;
  mj_forward(model_.get(), data_.get());
  model_->opt.disableflags = flags;
}

void Physics::reset() {
  mj_resetData(model_.get(), data_.get());
  forward_unchecked();
}

void Physics::forward() {
  checked([this] { forward_unchecked(); });
}

void Physics::step(int substeps) {
  checked([this, substeps] {
    // A Runge-Kutta step evaluates the derivatives itself. For the others mj_step1 has been done
    // for this state (by the last step, or the forward of the reset), so only its second half is.
    int left = substeps;
    if (model_->opt.integrator != mjINT_RK4) {
      mj_step2(model_.get(), data_.get());
      --left;
    }
    for (; left > 0; --left) mj_step(model_.get(), data_.get());
    mj_step1(model_.get(), data_.get());
  });
}

int Physics::id(mjtObj type, const std::string& name) const {
  const int found = mj_name2id(model_.get(), type, name.c_str());
  if (found < 0) throw error("the model has no {} {}", mju_type2Str(type), name);
  return found;
}

int Physics::camera(const std::string& name_or_number) const {
  if (const int found = mj_name2id(model_.get(), mjOBJ_CAMERA, name_or_number.c_str()); found >= 0)
    return found;
  std::string all;
  for (int camera = 0; camera < model_->ncam; ++camera) {
    if (name_or_number == std::to_string(camera)) return camera;
    const char* name = mj_id2name(model_.get(), mjOBJ_CAMERA, camera);
    all += fmt::format("{}{}{}", camera == 0 ? "" : ", ", camera,
                       name == nullptr ? "" : fmt::format(" ({})", name));
  }
  throw usage_error("no camera {}; there are: {}", name_or_number, all);
}

std::span<const double> Physics::sensor(const std::string& name) const {
  const int sensor = id(mjOBJ_SENSOR, name);
  return {data_->sensordata + model_->sensor_adr[sensor],
          static_cast<std::size_t>(model_->sensor_dim[sensor])};
}

std::vector<double> Physics::positions() const { return {data_->qpos, data_->qpos + model_->nq}; }
std::vector<double> Physics::velocities() const { return {data_->qvel, data_->qvel + model_->nv}; }
std::vector<double> Physics::controls() const { return {data_->ctrl, data_->ctrl + model_->nu}; }

}  // namespace dreamer::env
