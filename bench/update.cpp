// The seconds of one update and of its parts; see README.md.

#include <fstream>
#include <iostream>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "cli/program.h"
#include "core/output.h"
#include "measure.h"
#include "run/compute.h"
#include "subject.h"
#include "work.h"

namespace {

using namespace dreamer;
using namespace dreamer::bench;

struct Job : Compute {
  Config config;
  std::int64_t updates = 5;
  std::int64_t action = 6, vector = 0;
  bool discrete = false;
  bool on_request = false;
  std::filesystem::path record;
};

/// A line of the table: a phase of the update, or a part of a phase timed by itself.
struct Line {
  std::string name;
  double gflop = 0;
  bool part = false;
};

std::vector<Line> lines(const Work& work) {
  return {{"batch and noise"},
          {"model forward", work.model_forward()},
          {"encoder forward", work.encoder_forward, true},
          {"RSSM forward", work.rssm_forward, true},
          {"decoder forward", work.decoder_forward, true},
          {"reward forward", work.reward_forward, true},
          {"model backward", work.model_backward()},
          {"encoder backward", work.encoder_backward, true},
          {"RSSM backward", work.rssm_backward, true},
          {"decoder backward", work.decoder_backward, true},
          {"reward backward", work.reward_backward, true},
          {"imagination", work.imagine_forward},
          {"actor backward", work.actor_backward},
          {"value backward", work.value_backward},
          {"optimizers"}};
}

Json row(const std::string& name, double seconds, double gflop, double roof) {
  Json row = {{"name", name}, {"seconds", seconds}};
  if (gflop > 0) {
    row["gflop"] = gflop;
    row["gflops"] = gflop / seconds;
    row["share_of_roof"] = gflop / seconds / roof;
  }
  return row;
}

Json measure(const Job& job, Subject& subject, const Work& work, torch::Device device) {
  std::map<std::string, std::vector<double>> seconds;
  std::map<std::string, double> laps;
  Stopwatch watch;
  const auto ended = [&](const char* phase) {
    synchronize(device);
    laps[phase] += watch.lap();
  };
  // Those of one run, which are over; all of them together.
  const auto take_laps = [&] {
    double whole = 0;
    for (const auto& [phase, lap] : std::exchange(laps, {})) {
      seconds[phase].push_back(lap);
      whole += lap;
    }
    return whole;
  };
  subject.trainer().time_phases(ended);
  std::vector<double> wholes, roofs;
  Roof roof(device);
  for (std::int64_t i = 0; i < job.updates; ++i) {
    roofs.push_back(roof.sample());
    static_cast<void>(watch.lap());
    subject.trainer().compute(subject.batch(), static_cast<std::uint64_t>(i) + 1)->apply();
    wholes.push_back(take_laps());
  }
  const double peak = peak_memory();
  for (std::int64_t i = 0; i < job.updates; ++i) {
    static_cast<void>(watch.lap());
    subject.run_parts(ended);
    static_cast<void>(take_laps());
    roofs.push_back(roof.sample());
  }

  const double top = median(roofs);
  Json result = row("update", median(wholes), work.update(), top);
  result["fastest"] = *std::ranges::min_element(wholes);
  result["slowest"] = *std::ranges::max_element(wholes);
  result["updates"] = job.updates;
  result["roof_gflops"] = top;
  result["peak_memory_gib"] = peak;
  result["threads"] = at::get_num_threads();
  result["device"] = device.str();
  result["processor"] = processor();
  result["parts"] = Json::array();
  for (const Line& line : lines(work)) {
    result["parts"].push_back(row(line.name, median(seconds[line.name]), line.gflop, top));
    result["parts"].back()["by_itself"] = line.part;
  }
  result["config"] = to_json(job.config, {"model", "fit_model", "behavior"});
  return result;
}

std::string table(const Json& result) {
  std::string text = fmt::format(
      "{}, {} threads; roof {:.0f} GFLOP/s (float32 product 2048x2048x2048)\n"
      "{:<22}{:>10}{:>8}{:>9}{:>10}{:>6}\n",
      result["processor"].get<std::string>(), result["threads"].get<int>(),
      result["roof_gflops"].get<double>(), "", "seconds", "share", "GFLOP", "GFLOP/s", "roof");
  const double whole = result["seconds"];
  const auto add = [&](const Json& line, const std::string& name) {
    const double seconds = line["seconds"];
    text += fmt::format("{:<22}{:>10.4f}{:>7.0f}%", name, seconds, 100 * seconds / whole);
    if (line.contains("gflop"))
      text += fmt::format("{:>9.2f}{:>10.1f}{:>5.0f}%", line["gflop"].get<double>(),
                          line["gflops"].get<double>(), 100 * line["share_of_roof"].get<double>());
    text += '\n';
  };
  add(result, "update");
  for (const Json& part : result["parts"])
    add(part, (part["by_itself"].get<bool>() ? "    " : "  ") + part["name"].get<std::string>());
  return text + fmt::format("median of {} updates ({:.4f} to {:.4f} s); peak memory {:.2f} GiB\n",
                            result["updates"].get<int>(), result["fastest"].get<double>(),
                            result["slowest"].get<double>(),
                            result["peak_memory_gib"].get<double>());
}

Signature signature_of(const Job& job) {
  Signature signature;
  signature.task = "bench";
  signature.observations = {image_space({64, 64, 3})};
  if (job.vector > 0) signature.observations = {{.name = "vector", .shape = {job.vector}}};
  signature.action.shape = {job.action};
  if (job.discrete) signature.action = discrete_space("action", {job.action});
  return signature;
}

void time_updates(const Job& job, bool json) {
  const Signature signature = signature_of(job);
  const torch::Device device = set_up(job);
  Subject subject(job.config, signature, job.seed, device);
  subject.trainer().compute(subject.batch(), 0)->apply();  // the first one sets things up

  if (job.on_request) {
    std::uint64_t count = 0;
    for (std::string line; std::getline(std::cin, line);) {
      Stopwatch watch;
      subject.trainer().compute(subject.batch(), ++count)->apply();
      synchronize(device);
      emit({{"seconds", watch.lap()}, {"peak_memory_gib", peak_memory()}});
    }
    return;
  }
  const Work work = count_work(job.config, subject.starts(), signature);
  const Json result = measure(job, subject, work, device);
  if (!job.record.empty()) std::ofstream(job.record) << result.dump(2) << "\n";
  if (json)
    emit(result);
  else
    emit_text(table(result));
}

}  // namespace

int main(int argc, char** argv) {
  Job job;
  cli::Program program("bench_update", "Time an update of model and behavior, and its parts");
  program.compute(job);
  program.config(job.config, {"model", "fit_model", "behavior"});
  program.count("--updates", job.updates, 1, "updates to take the median of");
  program.count("--action", job.action, 1, "values of an action");
  program.app().add_flag("--discrete", job.discrete, "the action is one of --action");
  program.count("--vector", job.vector, 0,
                "values of a vector in place of the image; 0: the image");
  program.app().add_flag("--on-request", job.on_request,
                         "do one update for every line on stdin, and print its seconds");
  program.app().add_option("--record", job.record, "write the JSON to this file, too");
  return program.run(argc, argv, [&] { time_updates(job, program.json()); });
}
