#include "core/signature.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "core/json.h"

namespace dreamer {
namespace {

Signature with_vectors(const std::vector<std::string>& names) {
  Signature signature;
  for (const auto& name : names)
    signature.observations.push_back({.name = name, .kind = SpaceKind::box, .shape = {2}});
  return signature;
}

std::vector<std::string> selected(const std::vector<std::string>& names,
                                  const std::string& pattern) {
  std::vector<std::string> found;
  for (const Space& space : select_observations(with_vectors(names), {pattern}))
    found.push_back(space.name);
  return found;
}

using Names = std::vector<std::string>;

TEST(SelectObservations, StarStandsForAnyCharacters) {
  const Names all = {"arm", "arm.left.tip", "arm.right.tip", "tip"};
  EXPECT_EQ(selected(all, "*"), all);
  EXPECT_EQ(selected(all, "arm"), Names{"arm"});
  EXPECT_EQ(selected(all, "arm*"), (Names{"arm", "arm.left.tip", "arm.right.tip"}));
  EXPECT_EQ(selected(all, "*tip"), (Names{"arm.left.tip", "arm.right.tip", "tip"}));
  EXPECT_EQ(selected(all, "a*.l*p"), Names{"arm.left.tip"});
  EXPECT_EQ(selected(all, "arm**"), (Names{"arm", "arm.left.tip", "arm.right.tip"}));
}

TEST(SelectObservations, WhatMatchesNothingIsNamedWithWhatThereIs) {
  for (const char* pattern : {"", "leg", "tip*arm", "*tips", "arm.left.tip*tip"})
    EXPECT_THROW(selected({"arm.left.tip"}, pattern), Error) << pattern;
}

// Trying every star again for every character would take exponential time.
TEST(SelectObservations, ManyStarsAndALongNameAreDecidedAtOnce) {
  std::string pattern;
  for (int i = 0; i < 40; ++i) pattern += "a*";
  EXPECT_THROW(selected({std::string(4000, 'a')}, pattern + "b"), Error);
}

TEST(Signature, ActionsOfEveryKindAreReadAsTheyWereWritten) {
  for (const Space& action : {Space{.name = "action", .shape = {3}}, discrete_space("action", {5}),
                              discrete_space("action", {3, 1, 2})}) {
    Signature signature = with_vectors({"tip"});
    signature.action = action;
    EXPECT_EQ(signature_of(to_json(signature), "here"), signature) << action_text(action);
  }
}

TEST(Signature, ChoicesWithoutValuesAreRefused) {
  Json json = to_json(with_vectors({"tip"}));
  for (const char* space :
       {R"({"type": "Discrete", "n": 0})", R"({"type": "Discrete", "n": -1})",
        R"({"type": "Discrete", "n": 99999999999})", R"({"type": "MultiDiscrete", "nvec": []})",
        R"({"type": "MultiDiscrete", "nvec": [2, 0]})", R"({"type": "MultiDiscrete", "nvec": 3})",
        R"({"type": "MultiDiscrete", "nvec": [[2]]})", R"({"type": "Text"})"}) {
    json["action_space"] = parse_json(space, "test");
    EXPECT_THROW(static_cast<void>(signature_of(json, "here")), Error) << space;
  }
}

TEST(SameActions, BoundsMayDifferAndChoicesMayNot) {
  const Space two{.name = "action", .shape = {2}};
  Space bounded = two;
  bounded.low = {0, 0};
  EXPECT_TRUE(same_actions(two, bounded));
  EXPECT_FALSE(same_actions(two, discrete_space("action", {2})));
  EXPECT_FALSE(same_actions(discrete_space("action", {4}), discrete_space("action", {2, 2})));
}

}  // namespace
}  // namespace dreamer
