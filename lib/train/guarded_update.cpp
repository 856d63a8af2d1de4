#include "train/guarded_update.h"

namespace dreamer {
namespace {

std::filesystem::path beside(const std::filesystem::path& out, const std::string& ending) {
  auto path = out;
  path.replace_extension();
  return path += ending;
}

}  // namespace

std::filesystem::path resume_path(const std::filesystem::path& out) {
  return beside(out, ".resume.h5");
}

std::filesystem::path nonfinite_path(const std::filesystem::path& out) {
  return beside(out, ".nonfinite.h5");
}

StepSink step_file(const std::filesystem::path& path, io::Replace replace,
                   const std::function<io::Provenance()>& provenance) {
  return [=](const std::function<void(io::FileWriter&)>& write) {
    io::FileWriter file("dreamer.step");
    io::write_provenance(file, provenance());
    write(file);
    file.commit(path, replace);
  };
}

Json guarded_update(Trainer& trainer, const data::Batch& batch, std::uint64_t update,
                    const StepSink& sink, const std::filesystem::path& out,
                    const std::function<io::Provenance()>& provenance,
                    const std::function<void()>& save) {
  try {
    return trainer.update(batch, update, sink);
  } catch (const NonFinite& e) {
    // The step again, which is the same to the last bit, this time with everything written down.
    save();
    try {
      trainer.update(batch, update, step_file(nonfinite_path(out), io::Replace::yes, provenance));
    } catch (const NonFinite&) {
    }
    throw error(
        "{}: {}; parameters as before it in {}, the batch in {}; lower the learning rate "
        "or look for outliers in the data",
        out.string(), e.what(), resume_path(out).string(), nonfinite_path(out).string());
  }
}

}  // namespace dreamer
