#pragma once

// What the tests of files and replay share: a scratch folder and episodes whose contents tell where
// they come from.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "core/error.h"
#include "data/episode.h"

namespace dreamer::testing_data {

/// A folder that is gone after the test.
class Scratch : public ::testing::Test {
 protected:
  Scratch() {
    std::string pattern = (std::filesystem::temp_directory_path() / "dreamer-test-XXXXXX").string();
    dir = ::mkdtemp(pattern.data());
  }
  ~Scratch() override { std::filesystem::remove_all(dir); }

  /// Everything in the folder, dot files too.
  [[nodiscard]] std::vector<std::string> listing() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(dir))
      names.push_back(entry.path().filename().string());
    return names;
  }

  std::filesystem::path dir;
};

/// The message of the Error that `body` throws; fails the test if it throws none.
template <class Body>
std::string message_of(Body&& body) {
  try {
    body();
  } catch (const Error& e) {
    return e.what();
  }
  ADD_FAILURE() << "no Error";
  return "";
}

inline std::string slurp(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void spill(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

/// An episode of `rows` rows of 4x4x3 images and 2 actions. Row t of episode `id`: every pixel
/// (id·16 + t) mod 256, actions id/16 + t/1000 and −t/1000, reward id·1000 + t.
inline data::Episode make_episode(std::int64_t id, std::int64_t rows) {
  data::Episode e;
  e.signature.task = "cartpole_swingup";
  e.signature.observations = {image_space({4, 4, 3})};
  e.signature.action.shape = {2};
  e.signature.frames_per_step = 2;
  e.seed = 7;
  e.index = id;
  e.render = "exact";
  for (std::int64_t t = 0; t < rows; ++t) {
    auto& image = e.images["image"];
    image.insert(image.end(), 48, static_cast<std::uint8_t>(id * 16 + t));
    e.action.push_back(static_cast<float>(id) / 16 + static_cast<float>(t) / 1000);
    e.action.push_back(-static_cast<float>(t) / 1000);
    e.reward.push_back(static_cast<float>(id * 1000 + t));
    e.discount.push_back(1);
  }
  return e;
}

inline std::filesystem::path write(const std::filesystem::path& dir, const data::Episode& e) {
  const auto path = dir / data::episode_file_name(e.signature.task, e.seed, e.index);
  data::write_episode(path, e, io::new_provenance(Json(), e.seed, {}), io::Replace::no);
  return path;
}

}  // namespace dreamer::testing_data
