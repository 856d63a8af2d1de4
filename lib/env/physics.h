#pragma once

#include <array>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <mujoco/mujoco.h>

#include "env/environment.h"

namespace dreamer::env {

struct FreeSpec {
  void operator()(mjSpec* spec) const { mj_deleteSpec(spec); }
};
/// A parsed model: what its XML says, a few milliseconds' work. Making a model of it, with its
/// textures, takes a hundred.
using Spec = std::unique_ptr<mjSpec, FreeSpec>;

/// Reads `file` of the installed MJCF models ("cartpole.xml").
/// @param edit changes the parsed model, where a task needs that
[[nodiscard]] Spec parse_model(const std::string& file, const std::function<void(mjSpec&)>& edit);

/// An entry of a body's rotation matrix, row-major: `zz` is the z component of the body's z axis,
/// `xz` the x component of the body's z axis.
enum class Entry { xx = 0, xz = 2, zz = 8 };

/// A component of a position.
enum class Axis { x = 0, y = 1, z = 2 };

/// A MuJoCo model and its state, reset and stepped exactly as dm_control does it, so that both go
/// through the same values. Errors of MuJoCo and unknown names throw Error.
class Physics {
 public:
  /// Makes a model of what parse_model reads.
  explicit Physics(const std::string& file, const std::function<void(mjSpec&)>& edit = {});

  /// The default state, with everything derived from it. Warnings are ignored here: a task moves
  /// the model out of a bad default pose.
  void reset();
  /// Recomputes what is derived from the state, with actuation disabled: no control has been chosen
  /// yet when an episode begins.
  /// @throws Breakdown if MuJoCo warns (a bad number in the state, contact buffer full, …)
  void forward();
  /// `substeps` time steps, then positions, velocities and what derives from them brought up to
  /// date (mj_step alone leaves them one substep behind).
  /// @throws Breakdown if MuJoCo warns: the state is invalid
  void step(int substeps);

  [[nodiscard]] mjModel& model() { return *model_; }
  [[nodiscard]] const mjModel& model() const { return *model_; }
  [[nodiscard]] mjData& data() { return *data_; }
  [[nodiscard]] const mjData& data() const { return *data_; }

  // Identifiers by name; an unknown name throws.
  [[nodiscard]] int body(const std::string& name) const { return id(mjOBJ_BODY, name); }
  [[nodiscard]] int geom(const std::string& name) const { return id(mjOBJ_GEOM, name); }
  [[nodiscard]] int site(const std::string& name) const { return id(mjOBJ_SITE, name); }
  [[nodiscard]] int joint(const std::string& name) const { return id(mjOBJ_JOINT, name); }

  /// The camera of this name or, if it is none's name, of this number; any other throws a usage
  /// error that names the cameras there are.
  [[nodiscard]] int camera(const std::string& name_or_number) const;

  /// Where a joint's position begins in qpos; its velocity in qvel.
  [[nodiscard]] double& qpos(int joint) { return data_->qpos[model_->jnt_qposadr[joint]]; }
  [[nodiscard]] double& qvel(int joint) { return data_->qvel[model_->jnt_dofadr[joint]]; }

  [[nodiscard]] double rotation(int body, Entry entry) const {
    return data_->xmat[9 * body + static_cast<int>(entry)];
  }
  [[nodiscard]] std::span<const double, 3> body_position(int body) const {
    return std::span<const double, 3>(data_->xpos + 3 * body, 3);
  }
  [[nodiscard]] std::span<const double, 3> geom_position(int geom) const {
    return std::span<const double, 3>(data_->geom_xpos + 3 * geom, 3);
  }
  [[nodiscard]] std::span<const double, 3> site_position(int site) const {
    return std::span<const double, 3>(data_->site_xpos + 3 * site, 3);
  }
  /// What a sensor reads.
  [[nodiscard]] std::span<const double> sensor(const std::string& name) const;

  [[nodiscard]] std::vector<double> positions() const;   // qpos
  [[nodiscard]] std::vector<double> velocities() const;  // qvel
  [[nodiscard]] std::vector<double> controls() const;    // ctrl
  /// Whether any bodies touch.
  [[nodiscard]] bool in_contact() const { return data_->ncon > 0; }

 private:
  struct FreeModel {
    void operator()(mjModel* model) const { mj_deleteModel(model); }
  };
  struct FreeData {
    void operator()(mjData* data) const { mj_deleteData(data); }
  };
  [[nodiscard]] int id(mjtObj type, const std::string& name) const;
  void forward_unchecked();
  template <class Body>
  void checked(Body&& body);

  std::unique_ptr<mjModel, FreeModel> model_;
  std::unique_ptr<mjData, FreeData> data_;
};

}  // namespace dreamer::env
