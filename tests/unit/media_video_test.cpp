#include <sys/resource.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "media/png.h"
#include "media/video.h"

namespace dreamer::media {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// A folder of its own for each test, removed at its end.
class Video : public testing::Test {
 protected:
  Video() {
    std::string name = fs::temp_directory_path() / "dreamer-video-XXXXXX";
    folder_ = ::mkdtemp(name.data());
  }
  ~Video() override { fs::remove_all(folder_); }

  [[nodiscard]] bool empty() const { return fs::is_empty(folder_); }
  [[nodiscard]] std::string bytes(const std::string& name) const {
    std::ifstream file(folder_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  fs::path folder_;
};

/// Noise, so that it is large, and another in every frame.
Clip noise(std::int64_t frames, int height, int width) {
  return {frames, height, width, [=](std::int64_t i) {
            Canvas canvas(height, width);
            std::uint32_t state = static_cast<std::uint32_t>(i) + 1;
            for (std::uint8_t& value : canvas.rgb) {
              state = state * 1664525u + 1013904223u;
              value = static_cast<std::uint8_t>(state >> 24);
            }
            return canvas;
          }};
}

std::string message_of(const std::function<void()>& body, ExitCode code = ExitCode::failed) {
  try {
    body();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), code);
    return e.what();
  }
  ADD_FAILURE() << "no error";
  return {};
}

TEST_F(Video, SameClipGivesSameBytes) {
  for (const std::string extension : {"mp4", "gif", "png"}) {
    const Clip clip = noise(extension == "png" ? 1 : 5, 34, 50);
    write_video(folder_ / ("a." + extension), clip, 20, io::Replace::no);
    write_video(folder_ / ("b." + extension), clip, 20, io::Replace::no);
    EXPECT_FALSE(bytes("a." + extension).empty());
    EXPECT_EQ(bytes("a." + extension), bytes("b." + extension)) << extension;
  }
}

TEST_F(Video, OddSizesArePaddedForMp4Only) {
  const Clip clip = noise(3, 33, 51);
  const VideoInfo mp4 = write_video(folder_ / "a.mp4", clip, 20, io::Replace::no);
  EXPECT_EQ(mp4.height, 34);
  EXPECT_EQ(mp4.width, 52);
  EXPECT_EQ(mp4.frames, 3);
  const VideoInfo gif = write_video(folder_ / "a.gif", clip, 20, io::Replace::no);
  EXPECT_EQ(gif.height, 33);
  EXPECT_EQ(gif.width, 51);
}

TEST_F(Video, OnePixelIsEnough) {
  for (const char* name : {"a.mp4", "a.gif", "a.png"})
    EXPECT_NO_THROW(write_video(folder_ / name, noise(1, 1, 1), 20, io::Replace::no)) << name;
}

TEST_F(Video, ExtensionDecidesTheFormat) {
  EXPECT_EQ(format_of("x.MP4"), Format::mp4);
  const std::string message =
      message_of([] { static_cast<void>(format_of("x.avi")); }, ExitCode::usage);
  for (const char* name : {"x.avi", ".mp4", ".gif", ".png"}) EXPECT_THAT(message, HasSubstr(name));
}

TEST_F(Video, PngHoldsOneImage) {
  EXPECT_THROW(write_video(folder_ / "a.png", noise(2, 4, 4), 20, io::Replace::no), Error);
  EXPECT_TRUE(empty());
}

TEST_F(Video, TooManyFramesASecondAreRefused) {
  message_of([&] { write_video(folder_ / "a.gif", noise(2, 4, 4), 60, io::Replace::no); },
             ExitCode::usage);
  message_of([&] { write_video(folder_ / "a.mp4", noise(2, 4, 4), 0, io::Replace::no); },
             ExitCode::usage);
  EXPECT_TRUE(empty());
}

TEST_F(Video, ExistingFileStaysWithoutForce) {
  write_video(folder_ / "a.gif", noise(2, 8, 8), 20, io::Replace::no);
  const std::string before = bytes("a.gif");
  EXPECT_THAT(
      message_of([&] { write_video(folder_ / "a.gif", noise(3, 8, 8), 20, io::Replace::no); }),
      HasSubstr("a.gif"));
  EXPECT_EQ(bytes("a.gif"), before);
  write_video(folder_ / "a.gif", noise(3, 8, 8), 20, io::Replace::yes);
  EXPECT_NE(bytes("a.gif"), before);
}

TEST_F(Video, FullDiskLeavesNothing) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  for (const char* name : {"a.mp4", "a.gif", "a.png"}) {
    const Clip clip = noise(name[2] == 'p' ? 1 : 4, 200, 200);
    rlimit small = before;
    small.rlim_cur = 20000;
    setrlimit(RLIMIT_FSIZE, &small);
    const std::string message =
        message_of([&] { write_video(folder_ / name, clip, 20, io::Replace::no); });
    setrlimit(RLIMIT_FSIZE, &before);
    EXPECT_THAT(message, testing::AllOf(HasSubstr(name), HasSubstr("File too large")));
    EXPECT_TRUE(empty()) << name;
  }
}

TEST_F(Video, AnyNameIsTheNameOfAFile) {
  const fs::path before = fs::current_path();
  fs::current_path(folder_);
  for (const std::string name :
       {"http:x", "concat:a|b", "pipe:1", "file:x", "data:,x", "%03d", "-"})
    for (const std::string extension : {".mp4", ".gif", ".png"}) {
      const Clip clip = noise(extension == ".png" ? 1 : 2, 8, 8);
      EXPECT_NO_THROW(write_video(name + extension, clip, 20, io::Replace::no)) << name;
      EXPECT_FALSE(bytes(name + extension).empty()) << name;
    }
  fs::current_path(before);
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 7 * 3);
}

TEST_F(Video, AFrameOfAnotherSizeIsAnError) {
  Clip clip = noise(3, 8, 8);
  clip.frame = [](std::int64_t i) { return Canvas(8, i == 2 ? 9 : 8); };
  EXPECT_THAT(message_of([&] { write_video(folder_ / "a.mp4", clip, 20, io::Replace::no); }),
              HasSubstr("9x8"));
  EXPECT_TRUE(empty());
}

TEST_F(Video, MissingFolderIsNamed) {
  const fs::path path = folder_ / "none" / "a.mp4";
  EXPECT_THAT(message_of([&] { write_video(path, noise(2, 4, 4), 20, io::Replace::no); }),
              HasSubstr((folder_ / "none").string()));
}

TEST_F(Video, FolderThatNobodyMayWriteIsNamed) {
  const Clip clip = noise(2, 4, 4);
  EXPECT_THAT(message_of([&] { write_video("/proc/a.mp4", clip, 20, io::Replace::no); }),
              HasSubstr("/proc"));
}

TEST_F(Video, ClipsFollowEachOtherOnTheLargestCanvas) {
  const Clip both = concatenate({noise(2, 3, 9), noise(3, 5, 4)});
  EXPECT_EQ(both.frames, 5);
  EXPECT_EQ(both.height, 5);
  EXPECT_EQ(both.width, 9);
  const Canvas last = both.frame(4), alone = noise(3, 5, 4).frame(2);
  EXPECT_EQ(last.width, 9);
  EXPECT_EQ(last.at(4, 3), alone.at(4, 3));
  EXPECT_EQ(last.at(4, 4), theme::kBackground);
}

TEST(Png, BeginsWithItsSignature) {
  const std::vector<std::byte> png = encode_png(Canvas(3, 5));
  ASSERT_GT(png.size(), 8u);
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(png.data()), 8), "\x89PNG\r\n\x1a\n");
}

}  // namespace
}  // namespace dreamer::media
