// How many windows a second the replay gives, and with how much memory; see README.md.

#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <thread>

#include <fmt/format.h>

#include "cli/program.h"
#include "core/output.h"
#include "data/replay.h"

namespace {

using namespace dreamer;

struct Options {
  std::vector<std::filesystem::path> data;
  std::int64_t batch = 50, length = 50, memory = 1 << 30, threads = 1;
  double seconds = 5;
};

/// Batches that `threads` threads sample in `seconds`, after the cache had as long to fill.
double batches_per_second(const data::Replay& replay, const Options& o) {
  const RandomStream stream(0, "bench");
  std::atomic<std::uint64_t> next = 0, counted = 0;
  std::atomic<bool> counts = false, ended = false;
  std::vector<std::thread> threads;
  for (std::int64_t i = 0; i < o.threads; ++i)
    threads.emplace_back([&] {
      while (!ended) {
        static_cast<void>(replay.sample(o.batch, o.length, stream, next++));
        if (counts) ++counted;
      }
    });
  const auto wait = [&] { std::this_thread::sleep_for(std::chrono::duration<double>(o.seconds)); };
  wait();
  counts = true;
  const auto begin = std::chrono::steady_clock::now();
  wait();
  counts = false;
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  ended = true;
  for (std::thread& thread : threads) thread.join();
  return static_cast<double>(counted) / took.count();
}

double peak_megabytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

}  // namespace

int main(int argc, char** argv) {
  Options o;
  cli::Program program("bench_replay", "Time how fast the replay gives windows");
  program.data(o.data);
  program.count("--batch", o.batch, 1, "windows in a batch");
  program.count("--length", o.length, 1, "rows in a window");
  program.count("--replay-memory", o.memory, 0, "bytes of decoded frames held");
  program.count("--threads", o.threads, 1, "threads that sample");
  program.real("--seconds", o.seconds, 0.1, 600, "to warm up, and again to measure");
  return program.run(argc, argv, [&] {
    const data::Replay replay(o.data, {.memory_bytes = o.memory});
    std::int64_t row = 0;
    for (const Space& space : replay.signature().observations)
      if (space.kind == SpaceKind::image) row += space.size();
    const double batches = batches_per_second(replay, o);
    emit({{"batch", o.batch},
          {"length", o.length},
          {"threads", o.threads},
          {"replay_memory", o.memory},
          {"decoded_bytes", replay.total_rows() * row},
          {"windows_per_second", batches * static_cast<double>(o.batch)},
          {"rows_per_second", batches * static_cast<double>(o.batch * o.length)},
          {"megabytes_per_second", batches * static_cast<double>(o.batch * o.length * row) / 1e6},
          {"peak_megabytes", peak_megabytes()}});
  });
}
