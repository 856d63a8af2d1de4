#include "core/signature.h"

#include <gtest/gtest.h>

#include "core/error.h"

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

}  // namespace
}  // namespace dreamer
