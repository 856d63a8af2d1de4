#include "data/episode.h"

#include <functional>
#include <limits>

#include "data/describe.h"
#include "unit/data_fixture.h"

namespace dreamer::data {
namespace {

using ::testing::HasSubstr;
using testing_data::make_episode;
using testing_data::message_of;

class EpisodeFile : public testing_data::Scratch {
 protected:
  std::filesystem::path path = dir / "ep7.h5";

  /// Writes `file` under `path` as an episode with the attributes that one must have, changed.
  void commit(io::FileWriter& file, const std::function<void(io::FileWriter&)>& change = {}) {
    file.attribute("/", "task", "reacher_easy");
    file.attribute("/", "seed", 3);
    file.attribute("/", "action_repeat", 2);
    if (change) change(file);
    file.commit(path, io::Replace::yes);
  }
};

TEST_F(EpisodeFile, GivesBackWhatWasWritten) {
  Episode e = make_episode(2, 37);
  e.discount.back() = 0;
  e.signature.observations.push_back({.name = "position", .shape = {3}});
  e.signature.observations.push_back({.name = "touch", .shape = {2, 2}});
  e.signature.action.low = {-2, -3};
  e.signature.action.high = {2, 3};
  e.signature.protocol = {{"action_repeat", 2}, {"time_limit", 72}};
  e.vectors["position"] = {{37, 3}, std::vector<float>(37 * 3, 0.5F)};
  e.vectors["touch"] = {{37, 2, 2}, std::vector<float>(37 * 4, 1.5F)};
  e.physics["qpos"] = {{37, 2}, std::vector<double>(37 * 2, 1.0 / 3)};
  e.physics["time"] = {{37, 1}, std::vector<double>(37, 0.25)};
  e.model["geom_pos"] = {1, 2, 3.5};
  write_episode(path, e, io::new_provenance({}, 7, {}), io::Replace::no);

  const Episode back = read_episode(path);
  EXPECT_EQ(back.signature, e.signature);
  EXPECT_EQ(back.seed, 7);
  EXPECT_EQ(back.index, 2);
  EXPECT_EQ(back.render, "exact");
  EXPECT_EQ(back.images, e.images);
  EXPECT_EQ(back.action, e.action);
  EXPECT_EQ(back.reward, e.reward);
  EXPECT_EQ(back.discount, e.discount);
  EXPECT_EQ(back.vectors.at("position").values, e.vectors.at("position").values);
  EXPECT_EQ(back.vectors.at("touch").shape, (std::vector<std::int64_t>{37, 2, 2}));
  EXPECT_EQ(back.physics.at("qpos").shape, (std::vector<std::int64_t>{37, 2}));
  EXPECT_EQ(back.physics.at("qpos").values, e.physics.at("qpos").values);
  EXPECT_EQ(back.physics.size(), 2U);
  EXPECT_EQ(back.model, e.model);
  const io::FileReader file(path);
  EXPECT_EQ(file.attribute("/", "length"), 37);
  EXPECT_EQ(file.attribute("/", "return"), e.total_reward());
}

TEST_F(EpisodeFile, NameSortsByNumber) {
  EXPECT_EQ(episode_file_name("reacher_easy", 12, 345), "reacher_easy-0000000012-000345.h5");
}

TEST_F(EpisodeFile, DiscreteActionsStayDiscrete) {
  Episode e = make_episode(0, 3);
  e.signature.action = discrete_space("action", {e.signature.action.size()});
  write_episode(path, e, io::new_provenance({}, 7, {}), io::Replace::no);
  EXPECT_EQ(read_episode(path).signature.action.kind, SpaceKind::discrete);
}

TEST_F(EpisodeFile, ObservedChoicesAreReadBackAndPassTheCheck) {
  Episode e = make_episode(0, 2);
  e.signature.observations.push_back(discrete_space("mode", {3}));
  e.vectors["mode"] = {.shape = {2, 3}, .values = {1, 0, 0, 0, 0, 1}};
  write_episode(path, e, io::new_provenance({}, 7, {}), io::Replace::no);
  EXPECT_EQ(read_episode(path).signature, e.signature);
  EXPECT_THAT(violations(path), ::testing::IsEmpty());
}

TEST_F(EpisodeFile, ReplayNeedsOnlyActions) {
  io::FileWriter file("dreamer.episode");
  file.dataset<float>("/action", "T,A", {2, 1}, std::vector<float>{0, 0.5F});
  commit(file);
  const Episode e = read_logged_actions(path);
  EXPECT_EQ(e.signature.task, "reacher_easy");
  EXPECT_EQ(e.seed, 3);
  EXPECT_EQ(e.index, 0);
  EXPECT_EQ(e.action, (std::vector<float>{0, 0.5F}));
  EXPECT_THAT(message_of([&] { (void)read_episode(path); }),
              HasSubstr("ep7.h5: /reward is missing"));
}

TEST_F(EpisodeFile, MessagesNameFileDatasetAndRow) {
  const auto complaint = [&](std::int64_t rows, const std::vector<float>& reward, float discount) {
    io::FileWriter file("dreamer.episode");
    file.dataset<float>("/action", "T,A", {rows, 1},
                        std::vector<float>(static_cast<std::size_t>(rows)));
    file.dataset<float>("/reward", "T", {static_cast<std::int64_t>(reward.size())}, reward);
    file.dataset<float>("/discount", "T", {rows},
                        std::vector<float>(static_cast<std::size_t>(rows), discount));
    commit(file);
    return message_of([&] { (void)read_episode(path); });
  };
  EXPECT_THAT(complaint(3, {0, 1, std::numeric_limits<float>::quiet_NaN()}, 1),
              HasSubstr("ep7.h5: /reward row 2 is not finite"));
  EXPECT_THAT(complaint(3, {0, 1}, 1), HasSubstr("ep7.h5: /reward is [2], [3] is needed"));
  EXPECT_THAT(complaint(3, {0, 1, 2}, 1.5F), HasSubstr("ep7.h5: /discount row 0 is 1.5"));
}

TEST_F(EpisodeFile, WhatCheckRefusesReadersRefuse) {
  const auto both_refuse = [&](const std::function<void(io::FileWriter&)>& change,
                               const std::string& says) {
    io::FileWriter file("dreamer.episode");
    file.attribute("/", "index", 0);
    file.attribute("/", "action_space", R"({"type": "continuous"})");
    file.attribute("/", "render", "");
    file.attribute("/", "return", 0.0);
    file.attribute("/", "length", 3);
    file.dataset<float>("/action", "T,A", {3, 1}, std::vector<float>{0, 0, 0});
    file.dataset<float>("/reward", "T", {3}, std::vector<float>{0, 0, 0});
    file.dataset<float>("/discount", "T", {3}, std::vector<float>{1, 1, 1});
    io::write_provenance(file, io::new_provenance({}, 0, {}));
    commit(file, change);
    const auto broken = violations(path);
    ASSERT_EQ(broken.size(), 1U) << says;
    EXPECT_THAT(broken.front(), HasSubstr(says));
    EXPECT_THAT(message_of([&] { (void)read_episode(path); }), HasSubstr(says));
  };
  both_refuse([](io::FileWriter& file) { file.attribute("/", "length", 4); },
              "@length is 4, /action");
  both_refuse([](io::FileWriter& file) { file.attribute("/", "action_repeat", 0); },
              "@action_repeat is 0, 1 to");
  both_refuse(
      [](io::FileWriter& file) {
        Signature signature;
        signature.task = "reacher_easy";
        signature.frames_per_step = 2;
        signature.action.shape = {2};
        file.attribute("/", "signature", to_json(signature).dump());
      },
      "the action is 2, but the file has 1");
}

TEST_F(EpisodeFile, ActionsOutsideOfTheirRangeAreRefused) {
  io::FileWriter file("dreamer.episode");
  file.dataset<float>("/action", "T,A", {2, 1}, std::vector<float>{0, 1.5F});
  commit(file);
  EXPECT_THAT(message_of([&] { (void)read_logged_actions(path); }),
              HasSubstr("ep7.h5: /action row 1 is 1.5, -1 to 1 are allowed"));
}

TEST_F(EpisodeFile, BadEpisodesAreNotWritten) {
  const auto refusal = [&](const Episode& e) {
    return message_of(
        [&] { write_episode(path, e, io::new_provenance({}, 0, {}), io::Replace::no); });
  };
  Episode e = make_episode(0, 5);
  e.action[7] = std::numeric_limits<float>::infinity();
  EXPECT_THAT(refusal(e), HasSubstr("ep7.h5: /action row 3 is not finite"));
  e = make_episode(0, 5);
  e.images["image"].pop_back();
  EXPECT_THAT(refusal(e), HasSubstr("/image has 239 values, 240 are needed"));
  e = make_episode(0, 5);
  e.physics["a/b"] = {{5, 1}, std::vector<double>(5)};
  EXPECT_THAT(refusal(e), HasSubstr("'a/b' cannot name a field"));
  EXPECT_THAT(listing(), ::testing::IsEmpty());
}

TEST_F(EpisodeFile, AnotherKindOfFileIsNamed) {
  io::FileWriter file("dreamer.dream");
  commit(file);
  EXPECT_THAT(message_of([&] { (void)read_episode(path); }),
              HasSubstr("ep7.h5 is a dreamer.dream, a dreamer.episode is needed"));
}

}  // namespace
}  // namespace dreamer::data
