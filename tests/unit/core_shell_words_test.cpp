#include "core/shell_words.h"

#include <array>
#include <cstdio>
#include <vector>

#include <gtest/gtest.h>

namespace dreamer {
namespace {

/// What bash makes of a command line: its words, a line each.
std::string read_by_bash(const std::string& line) {
  const std::string path = testing::TempDir() + "/words.sh";
  std::FILE* script = std::fopen(path.c_str(), "w");
  if (script == nullptr) return "no " + path;
  std::fputs(("printf '<%s>' " + line + "\n").c_str(), script);
  std::fclose(script);
  // NOLINTNEXTLINE(bugprone-command-processor): the shell is what is asked
  std::FILE* bash = ::popen(("bash " + path).c_str(), "r");
  if (bash == nullptr) return "no bash";
  std::string said;
  std::array<char, 256> part{};
  while (std::fgets(part.data(), part.size(), bash) != nullptr) said += part.data();
  ::pclose(bash);
  return said;
}

TEST(ShellWords, PlainWordsStayAsTheyAre) {
  const std::vector<std::string> words{"dr-fit-model", "--set", "model.kl_scale=5", "a/b_c.h5"};
  EXPECT_EQ(shell_words(words), "dr-fit-model --set model.kl_scale=5 a/b_c.h5");
}

TEST(ShellWords, AShellReadsThemBackWhateverTheyHold) {
  for (const std::string word : {"", " ", "it's", "$HOME", "a;b", "`id`", "\"q\"", "\\", "*", "~",
                                 "#c", "a\nb", "tab\t'", "\x1b[2J\\", "ä"}) {
    const std::string line = shell_words(std::vector<std::string>{word});
    EXPECT_EQ(read_by_bash(line), "<" + word + ">") << line;
    EXPECT_EQ(line.find('\n'), std::string::npos);
  }
}

}  // namespace
}  // namespace dreamer
