#include "env/random_state.h"

#include <gtest/gtest.h>

namespace dreamer::env {
namespace {

// Golden values: numpy.random.RandomState(seed) of NumPy 2.4.
TEST(RandomState, BitsAreNumPys) {
  RandomState zero(0), last(4294967295U);
  for (const std::uint32_t expected : {2357136044U, 2546248239U, 3071714933U})
    EXPECT_EQ(zero.bits(), expected);
  for (const std::uint32_t expected : {419326371U, 479346978U, 3918654476U})
    EXPECT_EQ(last.bits(), expected);
}

TEST(RandomState, DoublesAndNormalsInterleaveAsInNumPy) {
  RandomState random(42);
  EXPECT_EQ(random.uniform(), 0x1.7f8771e5f51ecp-2);
  EXPECT_EQ(random.uniform(), 0x1.e6c4068bbd654p-1);
  EXPECT_EQ(random.uniform(), 0x1.76c7e8f1e6751p-1);
  EXPECT_EQ(random.uniform(-.034, .034), 0x1.b7aa997da1868p-8);
  EXPECT_EQ(random.normal(), -0x1.df8bcdf57a640p-3);
  EXPECT_EQ(random.normal(), -0x1.df8332670db3bp-3);
  EXPECT_EQ(random.normal(), 0x1.94474a8407408p+0);
  EXPECT_EQ(random.uniform(), 0x1.5141a07387e80p-6);
  // The second normal of a pair waits while doubles are drawn.
  EXPECT_EQ(random.normal(), 0x1.88ed346f0d7f3p-1);
}

TEST(RandomState, GoesOnPastItsFirstBlock) {
  RandomState random(1);
  for (int i = 0; i < 999; ++i) (void)random.uniform();
  EXPECT_EQ(random.uniform(), 0x1.8c8848c20f7e2p-1);
}

}  // namespace
}  // namespace dreamer::env
