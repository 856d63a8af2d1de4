// Runs our environment on given actions and prints everything it computes at full precision, for
// dm_control_conformance.py to compare with dm_control.
//
//   environment_trace            lists the tasks
//   environment_trace TASK SEED EPISODES STEPS REPEAT RENDER IMAGE_EVERY RESTORE
//
// stdin, for each episode: with RESTORE 1, qpos and qvel as float64, into which the episode is put
// after its reset; then the actions [STEPS,A] as float32. stdout: a line of JSON with the names and
// sizes of a row's columns; then for each row (reset and steps) its float64 columns, followed by
// the image where the row's number is a multiple of IMAGE_EVERY. Drawing takes nearly all the time,
// so only those rows are drawn: by an environment of its own that is put into the same state, as
// episodes are filmed anew.
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/json.h"
#include "env/control_environment.h"

namespace {

using dreamer::Step;
using Environment = dreamer::env::ControlEnvironment;
using Columns = std::map<std::string, std::vector<double>>;

template <class T>
std::vector<T> read(std::size_t count) {
  std::vector<T> values(count);
  if (std::fread(values.data(), sizeof(T), count, stdin) != count)
    throw dreamer::error("stdin: too short");
  return values;
}

// Named columns of the present state; row rewards are those of the step, and of its last inner
// step.
Columns columns(const Environment& environment, const Step& seen) {
  Columns all;
  for (auto& [name, values] : environment.state()) all["physics/" + name] = values;
  for (auto& [name, values] : environment.model_changes()) all["model/" + name] = values;
  for (auto& [name, values] : environment.observations()) all["observation/" + name] = values;
  all["reward"] = {seen.reward};
  all["inner_reward"] = {environment.reward()};
  all["last"] = {seen.last ? 1.0 : 0.0};
  return all;
}

void write(const Columns& all, const std::vector<std::uint8_t>& image) {
  for (const auto& [name, values] : all)
    if (!values.empty()) std::fwrite(values.data(), sizeof(double), values.size(), stdout);
  if (!image.empty()) std::fwrite(image.data(), 1, image.size(), stdout);
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc == 1) {
    for (const auto& task : dreamer::env::all_tasks()) std::printf("%s\n", task.name.c_str());
    return 0;
  }
  if (argc != 9)
    throw dreamer::usage_error("eight arguments are needed: see the head of the source");
  const std::string task = argv[1];
  const auto number = [&](int i) { return std::strtoll(argv[i], nullptr, 10); };
  const auto episodes = number(3), steps = number(4), image_every = number(7);
  const auto render = dreamer::env::render_quality(argv[6]);
  constexpr auto kNone = dreamer::env::RenderQuality::none;
  Environment environment(task, {.action_repeat = number(5), .render = kNone});
  std::unique_ptr<Environment> painter;
  if (render != kNone)
    painter =
        std::make_unique<Environment>(task, dreamer::env::EnvironmentOptions{.render = render});
  const auto action_size = static_cast<std::size_t>(environment.signature().action.size());
  bool described = false;

  for (long long episode = 0; episode < episodes; ++episode) {
    Step seen = environment.begin({number(2), episode});
    if (painter) painter->begin({0, episode});
    if (number(8) != 0) {
      const auto state = environment.state();
      const auto qpos = read<double>(state.at("qpos").size());
      const auto qvel = read<double>(state.at("qvel").size());
      seen = environment.restore({{"qpos", qpos}, {"qvel", qvel}}, {});
    }
    for (long long row = 0;; ++row) {
      const Columns all = columns(environment, seen);
      if (!described) {
        dreamer::Json sizes = dreamer::Json::object();
        for (const auto& [name, values] : all) sizes[name] = values.size();
        std::printf("%s\n", sizes.dump().c_str());
        described = true;
      }
      std::vector<std::uint8_t> image;
      if (painter && row % image_every == 0)
        image =
            painter->restore(environment.state(), environment.model_changes()).images.at("image");
      write(all, image);
      if (row == steps) break;
      seen = environment.step(read<float>(action_size));
    }
  }
  return 0;
} catch (const dreamer::Error& e) {
  std::fprintf(stderr, "environment_trace: error: %s\n", e.what());
  return static_cast<int>(e.code());
}
