// Writes event files for tensorboard_oracle.py to read: `tensorboard_writer LOGDIR`.

#include <cmath>
#include <cstdio>

#include "core/error.h"
#include "core/tensorboard.h"
#include "media/png.h"

int main(int argc, char** argv) {
  using namespace dreamer;
  if (argc != 2) return static_cast<int>(ExitCode::usage);
  try {
    TensorBoard first(argv[1]);
    for (std::int64_t step = 0; step < 10; ++step) {
      first.scalar("loss/model", step, 1.5 - static_cast<double>(step));
      first.scalar("loss/not_finite", step, step == 3 ? std::nan("") : 1e30);
    }
    media::Canvas canvas(3, 5);
    for (int y = 0; y < canvas.height; ++y)
      for (int x = 0; x < canvas.width; ++x)
        canvas.set(y, x, {static_cast<std::uint8_t>(50 * y), static_cast<std::uint8_t>(50 * x), 7});
    first.image("open_loop", std::int64_t{1} << 40, media::encode_png(canvas), canvas.height,
                canvas.width);
    first.flush();

    // killed after step 9, resumed from what was saved at step 6
    TensorBoard second(argv[1], 5);
    for (std::int64_t step = 6; step < 8; ++step)
      second.scalar("loss/model", step, 100 + static_cast<double>(step));
    second.flush();
  } catch (const Error& e) {
    std::fprintf(stderr, "%s\n", e.what());
    return static_cast<int>(e.code());
  }
}
