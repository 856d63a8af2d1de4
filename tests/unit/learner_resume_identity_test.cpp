#include "learner/resume_identity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "config/config.h"

namespace dreamer {
namespace {

using testing::HasSubstr;

Json parents(const std::vector<std::pair<std::string, std::string>>& roles) {
  Json all = Json::array();
  for (const auto& [role, id] : roles) all.push_back(Json::array({role, id}));
  return all;
}

Json command() {
  return {{"config", to_json(Config(), {"model", "fit_model"})},
          {"seed", 0},
          {"parents", parents({{"data", "d0"}, {"model", "m0"}})},
          {"data", "d0"}};
}

TEST(ResumeIdentity, OfTheSameCommandDiffersInNothing) {
  EXPECT_EQ(differences(command(), command()), "");
}

TEST(ResumeIdentity, NamesSettingsWithBothValues) {
  Json other = command();
  other["config"]["model"]["depth"] = 8;
  other["seed"] = 5;
  EXPECT_EQ(differences(command(), other),
            "model.depth (32 there, 8 here), --seed (0 there, 5 here)");
}

TEST(ResumeIdentity, NamesTheOptionsThatGiveFiles) {
  Json other = command();
  other["parents"] = parents({{"data", "d1"}, {"model", "m1"}, {"init", "i1"}});
  other["data"] = "d1";
  EXPECT_EQ(differences(command(), other), "--model, --init, the episodes of --data");
}

TEST(ResumeIdentity, SaysOnceThatTheEpisodesDiffer) {
  Json before = command(), now = command();
  before["frames"] = "f0";
  now["frames"] = "f1";
  now["data"] = "d1";
  EXPECT_EQ(differences(before, now), "the episodes of --data");
}

TEST(ResumeIdentity, TakesWhatAnOlderVersionDidNotWriteForUnchanged) {
  Json before = command();
  before["config"]["model"].erase("gru");  // has its default
  before.erase("seed");
  before["updates"] = 7;  // was part of it once
  EXPECT_EQ(differences(before, command()), "");
}

TEST(ResumeIdentity, CountsWhatWouldMakeTheLineTooLong) {
  Json other = command();
  for (const char* name : {"depth", "stoch", "deter", "hidden", "units"})
    other["config"]["model"][name] = 1;
  EXPECT_THAT(differences(command(), other), HasSubstr("and 2 more"));
}

}  // namespace
}  // namespace dreamer
