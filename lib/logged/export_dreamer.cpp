#include <algorithm>
#include <array>

#include "core/error.h"
#include "core/progress.h"
#include "io/atomic_file.h"
#include "io/provenance.h"
#include "logged/export_formats.h"
#include "logged/npz_writer.h"

// The npz episodes of Dreamer v1, v2 and dreamerv3-torch (danijar/dreamer, tools.py), one each.

namespace dreamer::logged {
namespace {

namespace fs = std::filesystem;

/// Names that Dreamer's own reader gives a meaning.
constexpr std::array<std::string_view, 7> kReserved = {
    "action", "reward", "discount", "is_first", "is_last", "is_terminal", "image"};

}  // namespace

void export_dreamer(const ExportOptions& options, const ExportSink& sink) {
  fs::create_directories(options.out);
  Progress progress("episodes", static_cast<std::int64_t>(options.episodes.size()));
  for (const fs::path& source : options.episodes) {
    const data::Episode e = read_exported(source);
    const std::int64_t rows = e.length();
    NpzWriter npz;
    for (const auto& [name, values] : e.images) {
      std::vector<std::int64_t> shape = e.signature.observation(name)->shape;
      shape.insert(shape.begin(), rows);
      npz.add(name, shape, values);
    }
    for (const auto& [name, array] : e.vectors) {
      if (std::ranges::find(kReserved, name) != kReserved.end())
        throw error("{}: the vector {} has a name that Dreamer uses otherwise", source.string(),
                    name);
      npz.add(name, array.shape, array.values);
    }
    npz.add("action", {rows, e.signature.action.size()}, e.action);
    npz.add("reward", {rows}, e.reward);
    npz.add("discount", {rows}, e.discount);
    std::vector<std::uint8_t> first(static_cast<std::size_t>(rows), 0), last = first,
                                                                        terminal = first;
    first.front() = last.back() = 1;
    terminal.back() = e.discount.back() == 0 ? 1 : 0;
    npz.add_booleans("is_first", first);
    npz.add_booleans("is_last", last);
    npz.add_booleans("is_terminal", terminal);
    // The number of rows stands behind the last dash, as Dreamer reads it.
    const fs::path path =
        options.out / fmt::format("{:010}T{:06}-{}-{}.npz", e.seed, e.index,
                                  io::read_provenance(io::FileReader(source)).id, rows);
    io::write_atomically(path, npz.finish(), options.replace);
    sink({{"file", path.string()}, {"episodes", 1}, {"steps", rows - 1}});
    progress.advance();
  }
}

}  // namespace dreamer::logged
