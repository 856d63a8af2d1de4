#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "env/control_environment.h"
#include "env/task_summary.h"

namespace dreamer::env {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(Registry, EveryTaskCanBeMadeAndHasANameOfItsOwn) {
  std::string last;
  for (const auto& task : all_tasks()) {
    EXPECT_LT(last, task.name);
    EXPECT_FALSE(task.description.empty()) << task.name;
    const ControlEnvironment environment(task.name, {.render = RenderQuality::none});
    EXPECT_GT(environment.signature().action.size(), 0) << task.name;
    last = task.name;
  }
}

TEST(Registry, ASummaryIsWhatTheMadeModelSays) {
  for (const auto& task : all_tasks()) {
    SCOPED_TRACE(task.name);
    const TaskSummary summary = summarize(task);
    const ControlEnvironment environment(task.name, {.render = RenderQuality::none});
    const auto floats = [](const std::vector<double>& x) {
      return std::vector<float>(x.begin(), x.end());
    };
    EXPECT_EQ(floats(summary.action_low), environment.signature().action.low);
    EXPECT_EQ(floats(summary.action_high), environment.signature().action.high);
    const Physics physics(task.model, task.edit);
    EXPECT_EQ(summary.control_step, physics.model().opt.timestep * task.substeps);
    ASSERT_EQ(static_cast<int>(summary.cameras.size()), physics.model().ncam);
    for (int camera = 0; camera < physics.model().ncam; ++camera)
      EXPECT_EQ(physics.camera(summary.cameras[camera]), camera);
  }
}

TEST(Registry, ARangeThatActuatorsShareIsSaidOnce) {
  EXPECT_THAT(control_task_table(),
              AllOf(HasSubstr("12 in [-1,1] [-1,1.1] [-0.8,0.8]"), HasSubstr("0.02 s")));
}

TEST(Registry, AWrongNameIsAUsageErrorThatNamesTheNearestTask) {
  try {
    (void)find_task("cartpole_swingpu");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ExitCode::usage);
    EXPECT_THAT(e.what(), AllOf(HasSubstr("cartpole_swingpu"), HasSubstr("cartpole_swingup?"),
                                HasSubstr("--list-tasks")));
  }
}

}  // namespace
}  // namespace dreamer::env
