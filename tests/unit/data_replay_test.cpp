#include "data/replay.h"

#include <cmath>
#include <map>
#include <thread>

#include "unit/data_fixture.h"

namespace dreamer::data {
namespace {

using ::testing::HasSubstr;
using testing_data::make_episode;
using testing_data::message_of;
using testing_data::write;
using Paths = std::vector<std::filesystem::path>;

class ReplayTest : public testing_data::Scratch {
 protected:
  /// Episodes 0, 1, … of these lengths.
  Paths make(const std::vector<std::int64_t>& lengths) {
    Paths paths;
    for (std::size_t i = 0; i < lengths.size(); ++i)
      paths.push_back(write(dir, make_episode(static_cast<std::int64_t>(i), lengths[i])));
    return paths;
  }

  /// Checks that row t of window b holds row first_row + t of its episode, zeros where masked.
  static void expect_rows_of_origin(const Replay& replay, const Batch& batch) {
    const std::int64_t pixels = image_shape(batch.signature).size();
    for (std::int64_t b = 0; b < batch.batch; ++b) {
      const auto ub = static_cast<std::size_t>(b);
      const std::int64_t id = batch.episode[ub], first = batch.first_row[ub];
      ASSERT_GE(first, 0);
      for (std::int64_t t = 0; t < batch.length; ++t) {
        const auto i = static_cast<std::size_t>(b * batch.length + t);
        const bool inside = first + t < replay.length(id);
        const std::int64_t row = first + t;
        ASSERT_EQ(batch.mask[i], inside ? 1 : 0);
        ASSERT_EQ(batch.discount[i], inside ? 1 : 0);
        ASSERT_EQ(batch.reward[i], inside ? static_cast<float>(id * 1000 + row) : 0);
        ASSERT_EQ(batch.action[2 * i + 1], inside ? -static_cast<float>(row) / 1000 : 0);
        for (const std::int64_t p : {std::int64_t{0}, pixels - 1})
          ASSERT_EQ(
              batch.images.at(
                  "image")[i * static_cast<std::size_t>(pixels) + static_cast<std::size_t>(p)],
              inside ? static_cast<std::uint8_t>(id * 16 + row) : 0);
      }
    }
  }

  RandomStream stream{3, "replay"};
};

TEST_F(ReplayTest, RowsAreThoseOfTheEpisodeInOrder) {
  const Replay replay(make({60, 33, 17}));
  for (std::uint64_t update = 0; update < 20; ++update)
    expect_rows_of_origin(replay, replay.sample(8, 10, stream, update));
}

TEST_F(ReplayTest, OneFileUnderTwoNamesIsOneEpisode) {
  Paths paths = make({5, 5});
  std::filesystem::create_symlink(paths[0], dir / "other.h5");
  paths.push_back(dir / "." / paths[0].filename());
  paths.push_back(dir / "other.h5");
  EXPECT_EQ(Replay(paths).episodes(), 2);
}

TEST_F(ReplayTest, WhatCouldNotBeReadIsTriedAgainWhenItChanges) {
  const Paths paths = make({5});
  const std::string whole = testing_data::slurp(paths[0]);
  testing_data::spill(paths[0], "half of it");
  Replay replay({}, {.unusable = Unusable::skip});
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(replay.add_episodes(paths), 0);
  EXPECT_EQ(replay.add_episodes(paths), 0);
  EXPECT_EQ(replay.add_episodes(paths), 0);
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(said.find("left out"), said.rfind("left out")) << said;
  testing_data::spill(paths[0], whole);
  EXPECT_EQ(replay.add_episodes(paths), 1);
  EXPECT_EQ(replay.add_episodes(paths), 0);
}

TEST_F(ReplayTest, WhatStaysUnreadableIsTriedAgainNowAndThen) {
  // A folder above it that cannot be entered: nothing of the file itself changes.
  const Paths paths = make({5});
  const auto inside = dir / "folder" / "a.h5";
  std::filesystem::create_directory(dir / "folder");
  Replay replay({}, {.unusable = Unusable::skip});
  ::testing::internal::CaptureStderr();
  for (int look = 0; look < 10; ++look) EXPECT_EQ(replay.add_episodes({inside}), 0);
  std::filesystem::rename(paths[0], inside);
  std::int64_t added = 0;
  for (int look = 0; look < 64 && added == 0; ++look) added = replay.add_episodes({inside});
  ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(added, 1);
}

TEST_F(ReplayTest, WindowNeverLeavesItsEpisode) {
  const Replay replay(make({11, 10, 30}));
  for (std::uint64_t update = 0; update < 50; ++update) {
    const Batch batch = replay.sample(8, 10, stream, update);
    for (std::size_t b = 0; b < 8; ++b)
      EXPECT_LE(batch.first_row[b] + 10, replay.length(batch.episode[b]));
    for (const float mask : batch.mask) EXPECT_EQ(mask, 1);
  }
}

TEST_F(ReplayTest, StartsAreUniformAndReachTheLastRow) {
  const Replay replay(make({14}));
  std::map<std::int64_t, int> count;
  constexpr int kDraws = 5000;
  for (std::uint64_t update = 0; update < kDraws / 50; ++update)
    for (const auto first : replay.sample(50, 10, stream, update).first_row) ++count[first];
  ASSERT_EQ(count.size(), 5U);  // 0…4: row 13 is sampled
  for (const auto& [first, n] : count) EXPECT_NEAR(n, kDraws / 5.0, 120) << first;
}

TEST_F(ReplayTest, EpisodesAreDrawnUniformlyWhateverTheirLength) {
  const Replay replay(make({100, 2, 20, 50}));
  std::map<std::int64_t, int> count;
  for (std::uint64_t update = 0; update < 100; ++update)
    for (const auto episode : replay.sample(40, 5, stream, update).episode) ++count[episode];
  ASSERT_EQ(count.size(), 4U);
  for (const auto& [episode, n] : count) EXPECT_NEAR(n, 1000, 120) << episode;
}

TEST_F(ReplayTest, ShortEpisodesArePaddedAndMasked) {
  const Replay replay(make({4, 2}));
  const Batch batch = replay.sample(16, 10, stream, 0);
  expect_rows_of_origin(replay, batch);
  for (const auto first : batch.first_row) EXPECT_EQ(first, 0);
}

TEST_F(ReplayTest, SampleDependsOnStreamAndUpdateOnly) {
  const Paths paths = make({40, 50, 60});
  const Replay a(paths), b(paths, {.memory_bytes = 0});
  (void)b.sample(3, 5, stream, 99);
  const Batch one = a.sample(5, 8, stream, 7), same = b.sample(5, 8, stream, 7);
  EXPECT_EQ(one.images, same.images);
  EXPECT_EQ(one.episode, same.episode);
  EXPECT_EQ(one.first_row, same.first_row);
  EXPECT_NE(one.first_row, a.sample(5, 8, stream, 8).first_row);
  EXPECT_NE(one.first_row, a.sample(5, 8, RandomStream(4, "replay"), 7).first_row);
}

TEST_F(ReplayTest, WindowIsWhatIsAskedFor) {
  const Replay replay(make({20, 30}));
  const Batch batch = replay.window(1, 25, 8);
  EXPECT_EQ(batch.episode[0], 1);
  EXPECT_EQ(batch.first_row[0], 25);
  expect_rows_of_origin(replay, batch);
  EXPECT_THAT(message_of([&] { (void)replay.window(1, 30, 8); }), HasSubstr("no window begins"));
  EXPECT_THAT(message_of([&] { (void)replay.window(2, 0, 8); }), HasSubstr("no episode number 2"));
}

TEST_F(ReplayTest, MemoryStaysBounded) {
  const Paths paths = make({100, 100, 100, 100});
  constexpr std::int64_t kBlock = 16 * 48;
  const Replay replay(paths, {.memory_bytes = 5 * kBlock + 10});
  std::int64_t most = 0;
  for (std::uint64_t update = 0; update < 50; ++update) {
    expect_rows_of_origin(replay, replay.sample(4, 20, stream, update));
    most = std::max(most, replay.cached_bytes());
  }
  EXPECT_EQ(most, 5 * kBlock);
}

TEST_F(ReplayTest, RewardsAreTransformedOnReadOnly) {
  const Paths paths = make({10});
  const Replay raw(paths), squashed(paths, {.reward = RewardTransform::tanh});
  EXPECT_EQ(squashed.window(0, 1, 1).reward[0], std::tanh(raw.window(0, 1, 1).reward[0]));
  EXPECT_EQ(raw.digest(), squashed.digest());
}

TEST_F(ReplayTest, DigestTellsDataApart) {
  const Paths paths = make({10, 12});
  const Replay replay(paths);
  EXPECT_EQ(replay.digest(), Replay(paths).digest());
  EXPECT_NE(replay.digest(), Replay(Paths{paths[1], paths[0]}).digest());
  EXPECT_NE(replay.digest(), Replay(Paths{paths[0]}).digest());
  Episode changed = make_episode(1, 12);
  changed.reward[5] += 1;
  write_episode(paths[1], changed, io::new_provenance({}, 7, {}), io::Replace::yes);
  EXPECT_NE(replay.digest(), Replay(paths).digest());
}

TEST_F(ReplayTest, GrowsByNewEpisodesOnly) {
  Paths paths = make({10, 12});
  Replay replay(paths);
  paths.push_back(write(dir, make_episode(2, 20)));
  EXPECT_EQ(replay.add_episodes(paths), 1);
  EXPECT_EQ(replay.add_episodes({dir / "." / paths[0].filename()}), 0);
  EXPECT_EQ(replay.episodes(), 3);
  EXPECT_EQ(replay.length(2), 20);
  EXPECT_EQ(replay.total_rows(), 42);
  EXPECT_EQ(replay.digest(), Replay(paths).digest());
}

TEST_F(ReplayTest, MeanImageIsTheMeanOfTheFrames) {
  const Replay replay(make({10, 20}));
  double sum = 0;
  for (int t = 0; t < 10; ++t) sum += t;
  for (int t = 0; t < 20; ++t) sum += 16 + t;
  const auto mean = replay.mean_image();
  ASSERT_EQ(mean.size(), 48U);
  for (const float m : mean) EXPECT_FLOAT_EQ(m, static_cast<float>(sum / 30 / 255));
}

TEST_F(ReplayTest, RefusesEpisodesThatDoNotFit) {
  const Paths paths = make({10});
  const auto refusal = [&](const std::function<void(Episode&)>& change) {
    Episode e = make_episode(1, 10);
    change(e);
    const auto other = dir / "other.h5";
    write_episode(other, e, io::new_provenance({}, 7, {}), io::Replace::yes);
    return message_of([&] { const Replay replay({paths[0], other}); });
  };
  EXPECT_THAT(refusal([](Episode& e) { e.signature.task = "reacher_easy"; }),
              HasSubstr("other.h5: is of task reacher_easy, but"));
  EXPECT_THAT(refusal([](Episode& e) {
                e.signature.observations = {image_space({2, 8, 3})};
              }),
              HasSubstr("/image is 2x8x3, but"));
  EXPECT_THAT(refusal([](Episode& e) {
                e.signature.action.shape = {1};
                e.action.resize(10);
              }),
              HasSubstr("an action is 1 value, but"));
  EXPECT_THAT(refusal([](Episode& e) {
                e.signature.observations.clear();
                e.images.clear();
              }),
              HasSubstr("other.h5: /image is not there, but"));
  EXPECT_THAT(refusal([](Episode& e) { e = make_episode(1, 1); }),
              HasSubstr("other.h5 has 1 row, at least 2"));
  EXPECT_THAT(message_of([&] { const Replay replay(Paths{}); }), HasSubstr("dr-collect"));
}

TEST_F(ReplayTest, RefusesNumbersThatAreNotFinite) {
  const Episode e = make_episode(0, 4);
  io::FileWriter file("dreamer.episode");
  file.attribute("/", "task", e.signature.task);
  file.attribute("/", "seed", 1);
  file.attribute("/", "action_repeat", 2);
  file.dataset("/image", "T,H,W,C", {4, 4, 4, 3}, e.images.at("image"));
  file.dataset("/action", "T,A", {4, 2}, e.action);
  file.dataset<float>("/reward", "T", {4}, std::vector<float>{0, 1, -INFINITY, 0});
  file.dataset("/discount", "T", {4}, e.discount);
  file.commit(dir / "bad.h5", io::Replace::no);
  EXPECT_THAT(message_of([&] { const Replay replay({dir / "bad.h5"}); }),
              HasSubstr("bad.h5: /reward row 2 is not finite"));
}

TEST_F(ReplayTest, DifferentRenderingsWarnOnce) {
  Paths paths = make({10});
  Episode fast = make_episode(1, 10);
  fast.render = "fast";
  paths.push_back(write(dir, fast));
  ::testing::internal::CaptureStderr();
  Replay replay(paths);
  fast.index = 2;
  replay.add_episodes({write(dir, fast)});
  const std::string said = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(said, HasSubstr("warning: episodes are rendered differently"));
  EXPECT_EQ(std::count(said.begin(), said.end(), '\n'), 1);
}

TEST_F(ReplayTest, ServesSeveralThreadsWhileItGrows) {
  Paths paths = make({60, 33, 17});
  Replay replay(paths, {.memory_bytes = 3000});
  for (std::int64_t id = 3; id < 8; ++id) paths.push_back(write(dir, make_episode(id, 20)));
  const auto work = [&](std::uint64_t update) {
    for (int i = 0; i < 30; ++i)
      expect_rows_of_origin(replay,
                            replay.sample(6, 10, stream, update + static_cast<unsigned>(i)));
  };
  std::thread a(work, 0), b(work, 100);
  for (std::size_t n = 4; n <= paths.size(); ++n)
    replay.add_episodes(Paths(paths.begin(), paths.begin() + static_cast<std::ptrdiff_t>(n)));
  a.join();
  b.join();
  EXPECT_EQ(replay.episodes(), 8);
}

TEST_F(ReplayTest, WhatCannotBeReadIsLeftOutWhereToldTo) {
  const Paths paths = make({20, 20});
  testing_data::spill(dir / "foreign.h5", "no HDF5");
  // Too short to learn from: what its header says binds no other.
  auto bad = make_episode(2, 1);
  bad.signature.task = "walker_walk";
  const auto short_one = write(dir, bad);

  Replay replay({}, {.unusable = Unusable::skip});
  EXPECT_EQ(replay.episodes(), 0);
  EXPECT_EQ(replay.add_episodes({short_one, dir / "foreign.h5", paths[0]}), 1);
  EXPECT_EQ(replay.add_episodes({short_one, dir / "foreign.h5", paths[0], paths[1]}), 1);
  EXPECT_EQ(replay.signature().task, "cartpole_swingup");
  expect_rows_of_origin(replay, replay.sample(8, 10, stream, 0));
  EXPECT_THROW(Replay({paths[0], short_one}), Error);
}

TEST_F(ReplayTest, AnEpisodeThatVanishesIsNotDrawnAgainWhereToldTo) {
  const Paths paths = make({20, 8, 20});
  const ReplayOptions skip = {.memory_bytes = 0, .unusable = Unusable::skip};
  EXPECT_EQ(Replay(paths, skip).sample(8, 10, stream, 5).images,
            Replay(paths).sample(8, 10, stream, 5).images);
  // Objects that have no file open yet.
  const Replay skipping(paths, skip), refusing(paths);
  std::filesystem::remove(paths[0]);
  const auto sample = [&](const Replay& replay) {
    for (std::uint64_t update = 0; update < 10; ++update) {
      const Batch batch = replay.sample(8, 10, stream, update);
      EXPECT_THAT(batch.episode, ::testing::Not(::testing::Contains(0)));
      expect_rows_of_origin(replay, batch);
    }
  };
  sample(skipping);
  EXPECT_FALSE(skipping.mean_image().empty());
  EXPECT_THROW(sample(refusing), Error);

  const Replay lost({paths[1]}, skip);
  std::filesystem::remove(paths[1]);
  EXPECT_THAT(message_of([&] { sample(lost); }), HasSubstr("no episode can be read any more"));
}

}  // namespace
}  // namespace dreamer::data
