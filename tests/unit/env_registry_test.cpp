#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "env/environment.h"

namespace dreamer::env {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(Registry, EveryTaskCanBeMadeAndHasANameOfItsOwn) {
  std::string last;
  for (const auto& task : all_tasks()) {
    EXPECT_LT(last, task.name);
    EXPECT_FALSE(task.description.empty()) << task.name;
    Environment environment(task.name, 0, {.render = RenderQuality::none});
    EXPECT_GT(environment.action_size(), 0) << task.name;
    last = task.name;
  }
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
