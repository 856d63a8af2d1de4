// A point on a line that is to stay at 0: an example of the protocol of dreamer-environment(7).
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

bool read_all(void* to, std::size_t size) {
  for (auto* p = static_cast<char*>(to); size > 0;) {
    const auto got = ::read(3, p, size);
    if (got <= 0) return false;
    p += got;
    size -= static_cast<std::size_t>(got);
  }
  return true;
}

void write_all(const void* from, std::size_t size) {
  for (const auto* p = static_cast<const char*>(from); size > 0;) {
    const auto put = ::write(4, p, size);
    if (put <= 0) std::exit(1);
    p += put;
    size -= static_cast<std::size_t>(put);
  }
}

void record(double reward, std::uint8_t ends, float position) {
  write_all("R", 1);
  write_all(&reward, sizeof reward);
  write_all(&ends, sizeof ends);
  write_all(&position, sizeof position);
}

}  // namespace

int main() {
  const std::string hello =
      R"({"protocol": 1,
 "observation_space": {"subspaces": {"position": {"type": "Box", "dtype": "float32", "shape": [1]}}},
 "action_space": {"type": "Box", "dtype": "float32", "shape": [1], "low": -0.5, "high": 0.5}})";
  std::string line = hello;
  for (char& c : line)
    if (c == '\n') c = ' ';
  line += '\n';
  write_all(line.data(), line.size());
  std::puts("what is printed disturbs nobody");

  float position = 0;
  for (char kind = 0; read_all(&kind, 1);) {
    if (kind == 'B') {
      std::int64_t id[2];  // seed, index
      if (!read_all(id, sizeof id)) return 0;
      position = static_cast<float>((id[0] * 31 + id[1] * 17) % 100) / 100;
      record(0, 0, position);
      continue;
    }
    float action = 0;
    if (!read_all(&action, sizeof action)) return 0;
    position += action;
    record(-std::abs(position), std::abs(position) > 2 ? 1 : 0, position);  // too far away: the end
  }
}
