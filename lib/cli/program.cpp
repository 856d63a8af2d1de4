#include "cli/program.h"

#include "cli/describe.h"
#include "cli/help.h"
#include "cli/option_error.h"
#include "cli/outcome.h"
#include "core/error.h"
#include "core/log.h"
#include "core/nearest.h"
#include "core/number.h"
#include "core/output.h"
#include "core/signals.h"
#include "core/terminal.h"
#include "io/crash.h"
#include "io/provenance.h"
#include "learner/unfinished.h"

namespace dreamer::cli {
namespace {

constexpr std::int64_t kLargestSeed = (std::int64_t{1} << 31) - 1;
constexpr std::int64_t kLargestCount = std::int64_t{1} << 52;
constexpr std::int64_t kPublishEvery = 100;  // updates

// Headings of --help.
constexpr const char* kFiles = "Input and output";
constexpr const char* kWork = "Work";
constexpr const char* kSaving = "Saving and logging";
constexpr const char* kComputing = "Computing";

// Shown as the kind of a value in help and man page: "--seed N".
CLI::Option* typed(CLI::Option* option, const std::string& type) { return option->type_name(type); }

// CLI11 reads numbers as C does, 010 as 8 and 0x10 as 16. What `parse` makes of the text is put in
// its place, so that a number is read in one way everywhere.
template <class Parse, class Allowed>
CLI::Validator number(Parse parse, Allowed allowed, const std::string& requirement) {
  return CLI::Validator(
      [=](std::string& text) -> std::string {
        const auto value = parse(text);
        if (!value || !allowed(*value)) return fmt::format("must be {}, not {}", requirement, text);
        text = fmt::format("{}", *value);
        return "";
      },
      "");
}

CLI::Validator integer(std::int64_t least, std::int64_t most) {
  return number(
      parse_integer, [=](std::int64_t n) { return n >= least && n <= most; },
      most == kLargestCount ? fmt::format("an integer of {} or more", least)
                            : fmt::format("an integer from {} to {}", least, most));
}

}  // namespace

Program::Program(std::string name, std::string summary)
    : app_(std::move(summary), name), name_(std::move(name)) {
  app_.formatter(std::make_shared<HelpFormatter>());
  group(kMessages);
  app_.set_help_flag("-h,--help", "show this help")->group(kMessages);
  app_.add_flag("--version", version_,
                "show the version; with --json those of LibTorch, MuJoCo and HDF5 too");
  app_.add_flag("--quiet", quiet_, "only errors on stderr");
  app_.add_flag("--verbose", verbose_, "more messages on stderr")->excludes("--quiet");
  app_.add_flag("--json", json_, "machine-readable output, on a terminal too");
  // For our own build: the man page's options, the completion's words, the configuration's schema.
  app_.add_flag("--help-man", man_)->group("");
  app_.add_flag("--help-complete", complete_)->group("");
  app_.add_flag("--help-schema", schema_)->group("");
  group(kFiles);
}

void Program::examples(const std::vector<std::string>& commands) {
  app_.footer(
      fmt::format("Examples:\n  {}\n\nman {}: all about it; man dreamer: the whole loop, "
                  "tab completion for bash, exit codes",
                  fmt::join(commands, "\n  "), name_));
}

void Program::data(std::vector<std::filesystem::path>& paths, Need need) {
  episodes(
      "--data", paths,
      "episodes: files, folders (sorted by name), or - for paths or JSON lines with an episode "
      "field on stdin",
      need);
}

void Program::episodes(const std::string& name, std::vector<std::filesystem::path>& paths,
                       const std::string& doc, Need need) {
  data_ = &paths;
  typed(app_.add_option(name, data_arguments_, doc), "PATH")->required(need == Need::required);
}

void Program::out(std::filesystem::path& path, const std::string& type, const std::string& doc) {
  typed(app_.add_option("--out", path, doc), type)->required();
}

void Program::out_file(std::filesystem::path& path, const std::string& doc) {
  out(path, "FILE", doc);
  check_hdf5("--out", path);
}

void Program::check_hdf5(const std::string& name, const std::filesystem::path& path) {
  check([name, &path] {
    if (!path.empty() && path.extension() != ".h5")
      throw usage_error("{} {}: is written as HDF5; give it a name that ends in .h5", name,
                        path.string());
  });
}

void Program::force(io::Replace& replace) {
  app_.add_flag_callback(
      "--force", [&replace] { replace = io::Replace::yes; }, "replace an output that exists");
}

void Program::config(Config& config, std::vector<std::string> sections) {
  config_ = &config;
  sections_ = std::move(sections);
  const char* group = "Settings (defaults < settings of --init < preset < config < set)";
  typed(app_.add_option("--preset", preset_, "settings by name"),
        "paper|paper-gr|quick|state|atari")
      ->group(group);
  typed(app_.add_option("--config", config_files_, "settings from a JSON file"), "FILE")
      ->group(group);
  typed(app_.add_option("--set", settings_,
                        "one setting, such as " + sections_.front() + "." +
                            to_json(config)[sections_.front()].begin().key() + "=…"),
        "KEY=VALUE")
      ->group(group);
  app_.add_flag("--print-config", print_config_, "print the resolved settings as JSON and stop")
      ->group(group);
}

void Program::follow(bool& follow, const std::string& doc) {
  follow_ = &follow;
  app_.add_flag("--follow", follow, doc);
}

void Program::seed(std::int64_t& seed) {
  group(kComputing);
  typed(app_.add_option("--seed", seed, "random seed"), "N")
      ->transform(integer(0, kLargestSeed))
      ->capture_default_str();
}

void Program::compute(Compute& compute) {
  seed(compute.seed);
  typed(
      app_.add_option("--threads", compute.threads,
                      "threads to compute with; 0: OMP_NUM_THREADS, or the cores that the process "
                      "may use"),
      "N")
      ->transform(integer(0, 4096))
      ->capture_default_str();
  typed(
      app_.add_option("--device", compute.device, "where to compute; auto: a GPU if there is one"),
      "auto|cpu|cuda[:N]")
      ->capture_default_str();
}

void Program::init(const std::string& name, std::filesystem::path& path, const std::string& doc) {
  typed(app_.add_option(name, path, doc), "FILE");
  inits_.push_back(&path);
}

void Program::policy(std::string& policy) {
  auto* option =
      typed(app_.add_option("--policy", policy, "a policy checkpoint, or random"), "FILE");
  if (!policy.empty()) option->capture_default_str();
  policy_ = &policy;
}

void Program::task(std::string& task) {
  task_ = &task;
  typed(app_.add_option("--task", task,
                        "the task to act in, by default the policy's; dr-collect --list-tasks "
                        "shows all"),
        "TASK");
}

void Program::require_task() const {
  if (task_->empty()) throw usage_error("--task is needed; dr-collect --list-tasks shows all");
}

void Program::refuse(const std::vector<std::string>& options, const std::string& because) const {
  for (const std::string& option : options)
    if (app_.count(option) > 0)
      throw usage_error("{} has no effect: {}; leave it out", option, because);
}

void Program::learn(LearnJob& job, std::vector<std::string> sections) {
  memory_remedy(kMemoryRemedy);
  group(kSaving);
  count("--log-every", job.log_every, 1, "updates between lines of metrics");
  typed(app_.add_option("--logdir", job.logdir,
                        "write TensorBoard events there, in a run of this program's own"),
        "DIR");
  real("--save-minutes", job.save_minutes, 0, 1e6,
       "minutes between saves of unfinished work; 0: none by time")
      ->type_name("M")
      ->capture_default_str();
  compute(job);
  typed(
      app_.add_option("--replay-memory", job.replay_memory, "memory for decoded frames (4G, 500M)")
          ->transform(number(
              parse_size, [](std::int64_t) { return true; }, "a size such as 500M or 4G")),
      "SIZE");
  config(job.config, std::move(sections));
}

void Program::fit(FitJob& job, std::vector<std::string> sections) {
  data(job.data);
  out_file(job.out, "the checkpoint to write, when the work is done");
  init("--init", job.init, "continue from this checkpoint");
  force(job.replace);
  group(kWork);
  auto* updates = count("--updates", job.updates, 1,
                        "updates to make, on top of those of --init (required without --follow)");
  updates->default_str("");
  follow_fit(job, *updates);
  group(kSaving);
  count("--save-every", job.save_every, 0,
        "updates between saves of OUT.resume.h5, beside those by time; 0: none by count");
  typed(app_.add_option("--dump-step", job.dump_step,
                        "write batch, noise, losses and gradients of the first update there"),
        "FILE");
  check_hdf5("--dump-step", job.dump_step);
  learn(job, std::move(sections));
}

void Program::follow_fit(FitJob& job, const CLI::Option& updates) {
  follow(job.follow,
         "learn from what others add to --data meanwhile: write --out every --save-every updates "
         "(default 100) and --save-minutes, continue from it when run again; without --updates, "
         "run until SIGINT or SIGTERM");
  count("--min-episodes", job.min_episodes, 1, "wait for so many before the first update")
      ->needs("--follow");
  real("--train-ratio,--max-ratio", job.train_ratio, 1e-9, 1e9,
       "updates for each agent step in the data, at most; waits for more data")
      ->type_name("R")
      ->needs("--follow");
  check([&] {
    if (updates.count() == 0 && !job.follow) throw usage_error("--updates is required");
    if (!job.follow) return;
    if (job.replace == io::Replace::yes)
      throw usage_error(
          "--follow continues from its output; to start over remove that, instead of --force");
    job.replace = io::Replace::yes;
    if (job.save_every == 0) job.save_every = kPublishEvery;
  });
}

CLI::Option* Program::count(const std::string& name, std::int64_t& value, std::int64_t least,
                            const std::string& doc) {
  return typed(app_.add_option(name, value, doc), "N")
      ->transform(integer(least, kLargestCount))
      ->capture_default_str();
}

CLI::Option* Program::real(const std::string& name, double& value, double least, double most,
                           const std::string& doc) {
  return typed(app_.add_option(name, value, doc), "N")
      ->transform(number(
          parse_real, [=](double x) { return x >= least && x <= most; },
          fmt::format("a number from {} to {}", least, most)));
}

void Program::check_spelling(int argc, char** argv) const {
  std::vector<std::string> known;
  for (const CLI::Option* option : app_.get_options())
    for (const std::string& name : option->get_lnames())
      if (!option->get_group().empty()) known.push_back("--" + name);
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "--") return;
    const std::string name = word.substr(0, word.find('='));
    if (name.starts_with("--") && app_.get_option_no_throw(name) == nullptr)
      throw usage_error("no option {}{} (see {} --help)", name, did_you_mean(name, known), name_);
  }
}

void Program::parse(int argc, char** argv) {
  io::set_command_line(name_, std::vector<std::string>(argv + 1, argv + argc));
  app_.parse(argc, argv);
  if (json_) prefer_json();
  log::configure(name_, quiet_     ? log::Level::quiet
                        : verbose_ ? log::Level::verbose
                                   : log::Level::normal);
}

bool Program::answer_about_itself() {
  if (version_) {
    if (json_)
      emit(versions());
    else
      emit_text(fmt::format("{} {}\n", name_, version()));
  } else if (man_) {
    emit_text(man_options(app_, sections_));
  } else if (complete_) {
    emit_text(completion_words(app_));
  } else if (schema_) {
    emit_text(config_schema().dump(2) + "\n");
  } else {
    return false;
  }
  return true;
}

ExitCode Program::answer_or_work(int argc, char** argv, const std::function<ExitCode()>& work) {
  check_spelling(argc, argv);
  // Questions about the program itself need no other option.
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    if (word == "--version" || word == "--print-config")
      for (CLI::Option* option : app_.get_options()) option->required(false);
    man_ = man_ || word == "--help-man";
    complete_ = complete_ || word == "--help-complete";
    schema_ = schema_ || word == "--help-schema";
  }
  // Described before parsing, which would want the required options.
  if ((man_ || complete_ || schema_) && answer_about_itself()) return ExitCode::ok;
  try {
    parse(argc, argv);
  } catch (const CLI::Success&) {
    emit_text(app_.help());
    return ExitCode::ok;
  } catch (const CLI::Error& e) {
    throw usage_error("{} (see {} --help)", in_words(e.get_name(), e.what()), name_);
  }
  if (answer_about_itself()) return ExitCode::ok;
  resolve_config();
  if (print_config_) {
    emit_text(to_json(*config_, sections_).dump(2) + "\n");
    return ExitCode::ok;
  }
  for (const auto& check : checks_) check();
  resolve_data();
  return work();
}

int Program::run_coded(int argc, char** argv, const std::function<ExitCode()>& work) {
  terminal::hold_standard_descriptors();
  log::configure(name_, log::Level::normal);
  signals::install();
  io::report_crashes_of_hdf5();
  return exit_code_of([&] { return answer_or_work(argc, argv, work); }, memory_remedy_);
}

}  // namespace dreamer::cli
