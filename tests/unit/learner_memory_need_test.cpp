#include "learner/memory_need.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"

namespace dreamer {
namespace {

using testing::AllOf;
using testing::HasSubstr;

constexpr std::int64_t kGibi = std::int64_t{1} << 30;

std::vector<MemoryNeed> of_both(const Config& config) {
  const FitModelConfig& windows = config.fit_model;
  Signature signature;
  signature.observations = {image_space({64, 64, 3})};
  auto needs = model_memory(config.model, signature, windows.batch, windows.length, "fit_model",
                            Learns::yes);
  needs.push_back(behavior_memory(config.model, config.behavior, windows.batch * windows.length));
  return needs;
}

std::string refusal(const Config& config, std::int64_t available) {
  try {
    check_memory(of_both(config), available);
  } catch (const Error& e) {
    return e.what();
  }
  return "";
}

TEST(MemoryNeed, LetsThePublishedAgentRunWhereItDoes) {
  EXPECT_EQ(refusal(Config(), 4 * kGibi), "");
  EXPECT_NE(refusal(Config(), kGibi / 2), "");
}

TEST(MemoryNeed, NamesTheBatchThatDoesNotFit) {
  Config config;
  config.fit_model.batch = 65536;
  EXPECT_THAT(refusal(config, 64 * kGibi),
              AllOf(HasSubstr("64.0 GiB"), HasSubstr("lower fit_model.batch (65536)")));
}

TEST(MemoryNeed, NamesTheSizesThatDoNotFit) {
  Config config;
  config.fit_model.batch = config.fit_model.length = 2;
  config.model.deter = config.model.hidden = config.model.units = 8192;
  EXPECT_THAT(refusal(config, kGibi), HasSubstr("model.deter (8192)"));
}

TEST(MemoryNeed, NamesTheImaginationThatDoesNotFit) {
  Config config;
  config.behavior.horizon = 4096;
  EXPECT_THAT(refusal(config, 64 * kGibi), HasSubstr("behavior.horizon (4096)"));
}

}  // namespace
}  // namespace dreamer
