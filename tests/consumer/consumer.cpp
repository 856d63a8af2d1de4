// Prints a setting of a preset and the tasks: headers, library and share/dreamer are found.
#include <cstdio>

#include "config/config.h"
#include "env/task.h"

int main() {
  dreamer::Config config;
  dreamer::apply_preset(config, "quick");
  std::printf("depth %d\n", static_cast<int>(config.model.depth));
  for (const auto& task : dreamer::env::all_tasks()) std::printf("%s\n", task.name.c_str());
}
