#include "io/atomic_file.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include "io/temporary_file.h"
#include "unit/data_fixture.h"

namespace dreamer::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing_data::message_of;
using testing_data::slurp;
using testing_data::spill;

class AtomicFile : public testing_data::Scratch {
 protected:
  static std::span<const std::byte> bytes(const std::string& text) {
    return std::as_bytes(std::span(text));
  }
  std::filesystem::path path = dir / "out.h5";
};

/// Runs `body` in a process of its own; its exit status.
int in_child(const std::function<int()>& body) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_F(AtomicFile, ContentsArriveWhole) {
  write_atomically(path, bytes("hello"), Replace::no);
  EXPECT_EQ(slurp(path), "hello");
  EXPECT_THAT(listing(), ElementsAre("out.h5"));
}

TEST_F(AtomicFile, ExistingFileIsKeptUnlessForced) {
  spill(path, "old");
  EXPECT_THAT(message_of([&] { write_atomically(path, bytes("new"), Replace::no); }),
              HasSubstr("out.h5 exists already; give --force"));
  EXPECT_EQ(slurp(path), "old");
  write_atomically(path, bytes("new"), Replace::yes);
  EXPECT_EQ(slurp(path), "new");
  EXPECT_THAT(listing(), ElementsAre("out.h5"));
}

TEST_F(AtomicFile, FileThatAppearsMeanwhileIsKept) {
  const auto racing = [&](const std::filesystem::path& temporary) {
    spill(temporary, "mine");
    spill(path, "theirs");
  };
  EXPECT_THAT(message_of([&] { write_atomically(path, Replace::no, racing); }),
              HasSubstr("exists already"));
  EXPECT_EQ(slurp(path), "theirs");
  EXPECT_THAT(listing(), ElementsAre("out.h5"));
}

TEST_F(AtomicFile, OneOfManyWritersWins) {
  std::atomic<int> won = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&] {
      try {
        write_atomically(path, bytes("x"), Replace::no);
        ++won;
      } catch (const Error&) {
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(won, 1);
  EXPECT_THAT(listing(), ElementsAre("out.h5"));
}

TEST_F(AtomicFile, TemporaryWithANameIsHiddenFromEpisodeGlobs) {
  const TemporaryFile temporary(path, path, TemporaryFile::Kind::named);
  EXPECT_EQ(temporary.path().parent_path(), dir);
  EXPECT_TRUE(temporary.path().filename().string().starts_with(".out.h5."));
  EXPECT_EQ(temporary.path().extension(), ".tmp");
}

TEST_F(AtomicFile, FailureOfTheWriterLeavesNothing) {
  EXPECT_THROW(write_atomically(path, Replace::no,
                                [&](const std::filesystem::path& temporary) {
                                  spill(temporary, "half");
                                  throw std::runtime_error("out of ideas");
                                }),
               std::runtime_error);
  EXPECT_THAT(listing(), IsEmpty());
}

TEST_F(AtomicFile, LimitOnFileSizeIsReportedAndLeavesNothing) {
  const int status = in_child([&] {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    const std::string large(5000, 'x');
    const std::string message =
        message_of([&] { write_atomically(path, bytes(large), Replace::no); });
    return message.find("larger than a file may be here") != std::string::npos ? 0 : 1;
  });
  EXPECT_EQ(status, 0);
  EXPECT_THAT(listing(), IsEmpty());
}

TEST_F(AtomicFile, FullDiskIsReportedAndLeavesNothing) {
  constexpr int kCannotMount = 77;
  const int status = in_child([&] {
    // In a mount namespace of its own, which goes with the process.
    if (::unshare(CLONE_NEWNS) != 0 ||
        ::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        ::mount("none", dir.c_str(), "tmpfs", 0, "size=64k") != 0)
      return kCannotMount;
    spill(path, "old");
    const std::string large(1 << 20, 'x');
    const std::string message =
        message_of([&] { write_atomically(path, bytes(large), Replace::yes); });
    const bool as_it_was = slurp(path) == "old" && listing() == std::vector<std::string>{"out.h5"};
    return as_it_was && message.find("out.h5: no space left") != std::string::npos ? 0 : 1;
  });
  if (status == kCannotMount) GTEST_SKIP() << "a small file system cannot be mounted here";
  EXPECT_EQ(status, 0);
}

TEST_F(AtomicFile, BothKindsOfTemporaryReplaceAndDoNotReplace) {
  for (const auto kind : {TemporaryFile::Kind::nameless, TemporaryFile::Kind::named}) {
    spill(path, "old");
    {
      TemporaryFile temporary(path, path, kind);
      spill(temporary.path(), "new");
      EXPECT_THAT(message_of([&] { temporary.put_in_place(Replace::no); }),
                  HasSubstr("exists already"));
    }
    EXPECT_EQ(slurp(path), "old");
    TemporaryFile temporary(path, path, kind);
    spill(temporary.path(), "new");
    temporary.put_in_place(Replace::yes);
    EXPECT_EQ(slurp(path), "new");
    EXPECT_THAT(listing(), ElementsAre("out.h5"));
  }
}

TEST_F(AtomicFile, KilledWritersLitterIsRemovedByTheNext) {
  in_child([&] {
    const TemporaryFile temporary(path, path, TemporaryFile::Kind::named);
    spill(temporary.path(), "half");
    return ::raise(SIGKILL);
  });
  ASSERT_EQ(listing().size(), 1U);
  EXPECT_TRUE(listing()[0].starts_with(".out.h5."));
  spill(dir / ".other.h5.0000000000000000.tmp", "another file's");
  write_atomically(path, bytes("whole"), Replace::no);
  EXPECT_THAT(listing(),
              ::testing::UnorderedElementsAre("out.h5", ".other.h5.0000000000000000.tmp"));
}

TEST_F(AtomicFile, KilledWriterWithoutANameLeavesNothing) {
  constexpr int kNamed = 77;
  const int status = in_child([&] {
    write_atomically(path, Replace::no, [](const std::filesystem::path& temporary) {
      if (!temporary.string().starts_with("/proc")) ::_exit(kNamed);
      spill(temporary, "half");
      ::raise(SIGKILL);
    });
    return 0;
  });
  if (status == kNamed) GTEST_SKIP() << "files need names on this file system";
  EXPECT_THAT(listing(), IsEmpty());
}

TEST_F(AtomicFile, LivingWritersTemporaryIsLeftAlone) {
  TemporaryFile mine(path, path, TemporaryFile::Kind::named);
  spill(mine.path(), "mine");
  write_atomically(path, bytes("theirs"), Replace::no);
  EXPECT_EQ(slurp(mine.path()), "mine");
  mine.put_in_place(Replace::yes);
  EXPECT_EQ(slurp(path), "mine");
}

// As containers do that share a folder: a process number means nothing to the others.
TEST_F(AtomicFile, TemporaryOfAProcessThatCannotBeSeenIsLeftAlone) {
  constexpr int kNotPermitted = 77;
  const TemporaryFile mine(path, path, TemporaryFile::Kind::named);
  const int status = in_child([&] {
    if (::unshare(CLONE_NEWPID) != 0) return kNotPermitted;
    return in_child([&] {  // process 1 of a world of its own
      write_atomically(path, bytes("theirs"), Replace::no);
      return ::getpid() == 1 ? 0 : 1;
    });
  });
  if (status == kNotPermitted) GTEST_SKIP() << "namespaces cannot be made here";
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(std::filesystem::exists(mine.path()));
}

TEST_F(AtomicFile, SymbolicLinkStaysAndWhatItLeadsToIsWritten) {
  std::filesystem::create_directory(dir / "scratch");
  const auto target = dir / "scratch" / "real.h5";
  std::filesystem::create_symlink("scratch/real.h5", path);
  check_output(path, Replace::no);
  write_atomically(path, bytes("first"), Replace::no);
  EXPECT_EQ(slurp(target), "first");
  EXPECT_THAT(message_of([&] { check_output(path, Replace::no); }), HasSubstr("exists already"));
  write_atomically(path, bytes("second"), Replace::yes);
  EXPECT_EQ(slurp(target), "second");
  EXPECT_TRUE(std::filesystem::is_symlink(path));
}

TEST_F(AtomicFile, WhatIsNoPlainFileIsRefusedWithoutAdvisingForce) {
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  std::filesystem::create_symlink("out.h5", dir / "link.h5");
  std::filesystem::create_symlink("circle.h5", dir / "circle.h5");
  for (const std::filesystem::path& name :
       {path, dir / "link.h5", dir / "circle.h5", std::filesystem::path("/dev/null"),
        std::filesystem::path("/dev/stdout"), std::filesystem::path("/proc/self/fd/1"),
        std::filesystem::path(), dir / "slash.h5" / "", dir / std::string(300, 'x')})
    for (const Replace replace : {Replace::no, Replace::yes})
      EXPECT_THAT(message_of([&] { check_output(name, replace); }),
                  ::testing::AllOf(HasSubstr("name"), ::testing::Not(HasSubstr("--force"))))
          << name;
}

TEST_F(AtomicFile, BadPlacesAreRefusedBeforeTheWork) {
  EXPECT_THAT(message_of([&] { check_output(dir / "no" / "where.h5", Replace::no); }),
              HasSubstr("does not exist; make it first (mkdir -p"));
  EXPECT_THAT(message_of([&] { check_output(dir, Replace::yes); }), HasSubstr("is a directory"));
  EXPECT_THAT(message_of([&] { check_output(dir / "", Replace::no); }),
              HasSubstr("is a directory"));
  spill(path, "x");
  EXPECT_THAT(message_of([&] { check_output(path / "below.h5", Replace::no); }),
              HasSubstr("does not exist"));
  EXPECT_THAT(message_of([&] { check_output(path, Replace::no); }), HasSubstr("--force"));
  EXPECT_NO_THROW(check_output(path, Replace::yes));
  EXPECT_NO_THROW(check_output("in-this-folder.h5", Replace::no));
}

TEST_F(AtomicFile, ForbiddenFolderIsRefused) {
  const int status = in_child([&] {
    ::chmod(dir.c_str(), 0555);
    if (::geteuid() == 0 && ::setuid(65534) != 0) return 2;  // root may write anywhere
    const std::string asked = message_of([&] { check_output(path, Replace::no); });
    const std::string tried = message_of([&] { write_atomically(path, bytes("x"), Replace::no); });
    return asked.find("permission denied") != std::string::npos && asked == tried ? 0 : 1;
  });
  ::chmod(dir.c_str(), 0755);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace dreamer::io
