#include "core/table.h"

#include <gtest/gtest.h>

namespace dreamer {
namespace {

TEST(Table, TitlesStandAboveTheFirstRowAndAgainAfterTwenty) {
  Table table({{"update", "/update"}, {"loss", "/model/loss"}, {"file", "/file"}});
  const Json line = {{"update", 10}, {"model", {{"loss", 96.25487035901996}}}, {"file", "ep.h5"}};
  EXPECT_EQ(table.row(line),
            "   update      loss  file\n"
            "       10     96.25  ep.h5\n");
  int titles = 0;
  for (int i = 1; i <= 40; ++i) titles += table.row(line).find("loss") != std::string::npos;
  EXPECT_EQ(titles, 2);
}

TEST(Table, WhatALineLacksIsADash) {
  Table table({{"kl", "/kl"}, {"round", "/round"}});
  EXPECT_EQ(table.row(Json::object()),
            "       kl     round\n"
            "        -         -\n");
}

}  // namespace
}  // namespace dreamer
