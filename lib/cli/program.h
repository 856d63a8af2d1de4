#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <CLI/CLI.hpp>

#include "config/config.h"
#include "core/error.h"
#include "io/file.h"
#include "learner/jobs.h"

namespace dreamer::cli {

/// Whether a program can do without an option.
enum class Need { required, optional };

/// A command-line program: options declared first, then `run`, which parses them, does the work and
/// turns every outcome into the documented exit code. Parsing opens no file.
///
///     int main(int argc, char** argv) {
///       FitModelJob job;
///       cli::Program program("dr-fit-model", "Learn a world model from episodes");
///       program.data(job.data);
///       program.out(job.out, "FILE", "the model checkpoint");
///       return program.run(argc, argv, [&] { learner().fit_model(job); });
///     }
///
/// An option is spelled and described here if several programs have it, so it reads the same in
/// all.
class Program {
 public:
  Program(std::string name, std::string summary);

  // Options that several programs share.
  void data(std::vector<std::filesystem::path>& paths, Need need = Need::required);
  /// An option that takes episodes as --data does; a program has one.
  void episodes(const std::string& name, std::vector<std::filesystem::path>& paths,
                const std::string& doc, Need need = Need::optional);
  void out(std::filesystem::path& path, const std::string& type, const std::string& doc);
  /// --out of a program that writes one HDF5 file, whose name must say so.
  void out_file(std::filesystem::path& path, const std::string& doc);
  void force(io::Replace& replace);
  /// --preset, --config, --set, --print-config. Only the named sections may be --set.
  void config(Config& config, std::vector<std::string> sections);
  void seed(std::int64_t& seed);
  /// --policy, of what acts in a task: a checkpoint, whose task and action repeat become the
  /// defaults unless it is followed.
  void policy(std::string& policy);
  /// --task; `require_task` says what to do where neither it nor a policy names the task.
  void task(std::string& task);
  void require_task() const;
  /// --follow, which each program says in its own words.
  void follow(bool& follow, const std::string& doc);
  /// --threads, --device and --seed.
  void compute(Compute& compute);
  /// A checkpoint to continue from, whose settings hold unless set otherwise.
  void init(const std::string& name, std::filesystem::path& path, const std::string& doc);
  /// --log-every, --replay-memory, --logdir, those of `compute` and those of `config`.
  void learn(LearnJob& job, std::vector<std::string> sections);
  /// All options of a fitting stage.
  void fit(FitJob& job, std::vector<std::string> sections);

  /// For the options of one program alone.
  [[nodiscard]] CLI::App& app() { return app_; }
  /// The heading in --help of the options that are declared after this.
  void group(const std::string& heading) { app_.option_defaults()->group(heading); }
  /// Command lines at the end of --help.
  void examples(const std::vector<std::string>& commands);
  /// A number option with its default shown and its range checked.
  CLI::Option* count(const std::string& name, std::int64_t& value, std::int64_t least,
                     const std::string& doc);
  /// The same for any number.
  CLI::Option* real(const std::string& name, double& value, double least, double most,
                    const std::string& doc);
  [[nodiscard]] bool given(const std::string& option) const { return app_.count(option) > 0; }
  /// What to use where memory runs out, such as "fewer --envs".
  void memory_remedy(std::string remedy) { memory_remedy_ = std::move(remedy); }
  /// Whether --json was given.
  [[nodiscard]] bool json() const { return json_; }
  /// Lays what the user gave by --config and --set over `config`.
  void lay_given_over(Config& config) const;
  /// For tasks outside of the control suite: what defaults and presets say of pace (action repeat
  /// and hold, time limit) was made for control tasks and is dropped. A policy's own action repeat
  /// stays, and so does what the user gave.
  /// @param action_repeat of the task's own
  void leave_pace_to_task(std::int64_t action_repeat);
  /// Refuses those of `options` that were given, as they have no effect on what is asked.
  void refuse(const std::vector<std::string>& options, const std::string& because) const;
  /// A check over all options, made before any work; it throws usage_error.
  void check(std::function<void()> check) { checks_.push_back(std::move(check)); }

  /// Parses, works, and returns the exit code; prints at most one line of error. `work` returns
  /// nothing, or the ExitCode that is its answer.
  template <class Work>
  int run(int argc, char** argv, Work&& work) {
    return run_coded(argc, argv, [&]() -> ExitCode {
      if constexpr (std::is_void_v<decltype(work())>) {
        work();
        return ExitCode::ok;
      } else {
        return work();
      }
    });
  }

 private:
  /// Those of a fitting stage that have to do with --follow.
  void follow_fit(FitJob& job, const CLI::Option& updates);
  void check_hdf5(const std::string& name, const std::filesystem::path& path);
  ExitCode answer_or_work(int argc, char** argv, const std::function<ExitCode()>& work);
  int run_coded(int argc, char** argv, const std::function<ExitCode()>& work);
  /// Refuses an unknown option before a missing one, naming the nearest.
  void check_spelling(int argc, char** argv) const;
  void parse(int argc, char** argv);
  void resolve_config();
  void resolve_policy();
  void resolve_data();
  bool answer_about_itself();

  CLI::App app_;
  std::string name_, memory_remedy_ = "a machine with more of it";
  std::vector<std::function<void()>> checks_;

  Config* config_ = nullptr;
  std::vector<const std::filesystem::path*> inits_;
  const std::string* policy_ = nullptr;
  std::string* task_ = nullptr;
  std::optional<std::int64_t> policy_repeat_;  // the action repeat of the given policy
  std::vector<std::string> sections_;
  std::string preset_;
  std::vector<std::filesystem::path> config_files_;
  std::vector<std::string> settings_;

  std::vector<std::filesystem::path>* data_ = nullptr;
  const bool* follow_ = nullptr;
  std::vector<std::string> data_arguments_;

  bool print_config_ = false, version_ = false, json_ = false, quiet_ = false, verbose_ = false;
  bool man_ = false, complete_ = false, schema_ = false;
};

}  // namespace dreamer::cli
