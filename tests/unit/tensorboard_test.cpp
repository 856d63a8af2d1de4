#include "core/tensorboard.h"

#include <cstdlib>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "core/error.h"

namespace dreamer {
namespace {

namespace fs = std::filesystem;

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

/// A folder of its own, removed at the end.
struct Folder {
  fs::path path;
  Folder() {
    std::string name = fs::temp_directory_path() / "dreamer-tb-XXXXXX";
    path = ::mkdtemp(name.data());
  }
  ~Folder() { fs::remove_all(path); }
};

std::string contents(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Crc32c, EqualsTheVectorsOfRfc3720) {
  EXPECT_EQ(crc32c(bytes_of("123456789")), 0xe3069283u);
  EXPECT_EQ(crc32c(bytes_of(std::string(32, '\0'))), 0x8a9136aau);
  EXPECT_EQ(crc32c(bytes_of(std::string(32, '\xff'))), 0x62a8ab43u);
  EXPECT_EQ(crc32c({}), 0u);
}

TEST(TensorBoard, EachRunWritesAFileOfItsOwn) {
  const Folder folder;
  const TensorBoard first(folder.path / "deep" / "run"), second(folder.path / "deep" / "run");
  EXPECT_NE(first.path(), second.path());
  EXPECT_TRUE(first.path().filename().string().starts_with("events.out.tfevents."));
}

TEST(TensorBoard, RecordsFollowEachOtherWithoutGaps) {
  const Folder folder;
  TensorBoard board(folder.path, 6);
  board.scalar("loss", 7, 0.5);
  board.flush();
  const std::string file = contents(board.path());
  int records = 0;
  for (std::size_t at = 0; at < file.size(); ++records) {
    std::uint64_t length = 0;
    for (int i = 7; i >= 0; --i) length = length << 8 | static_cast<unsigned char>(file[at + i]);
    at += 8 + 4 + length + 4;
    ASSERT_LE(at, file.size());
  }
  EXPECT_EQ(records, 3);  // the version, the start of the session, the scalar
}

TEST(TensorBoard, FolderThatCannotBeMadeIsAnError) {
  EXPECT_THROW(TensorBoard("/proc/none/run"), Error);
}

}  // namespace
}  // namespace dreamer
