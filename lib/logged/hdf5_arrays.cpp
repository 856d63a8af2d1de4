#include "core/error.h"
#include "io/foreign_file.h"
#include "logged/array_file.h"

namespace dreamer::logged {
namespace {

std::string in_file(const std::string& name) { return "/" + name; }

class Hdf5Arrays : public ArrayFile {
 public:
  explicit Hdf5Arrays(const std::filesystem::path& path) : file_(path) {}

  [[nodiscard]] bool has(const std::string& name) const override {
    return file_.has(in_file(name));
  }
  [[nodiscard]] bool is_group(const std::string& name) const override {
    return file_.is_group(in_file(name));
  }
  [[nodiscard]] std::vector<std::string> names(const std::string& group) const override {
    return file_.names(in_file(group));
  }

  [[nodiscard]] ArrayInfo info(const std::string& name) const override {
    const io::DatasetInfo stored = file_.info(in_file(name));
    ArrayInfo info{.name = name, .shape = stored.shape};
    info.real = stored.type.starts_with("float");
    const bool number = info.real || stored.type.starts_with("int") ||
                        stored.type.starts_with("uint") || stored.type == "enumeration";
    if (stored.type == "uint8") {
      info.element = Element::byte;
      // Minari's encoded images, where all happen to be of one length.
      if (info.shape.size() == 2 && info.shape[0] > 0 && info.shape[1] > 3 &&
          media::is_image_file(file_.bytes(in_file(name), 0, 1))) {
        info.element = Element::encoded;
        info.shape.resize(1);
      }
    } else if (stored.type == "sequence") {
      info.element = Element::encoded;
    } else if (!number) {
      info.element = Element::other;
    }
    return info;
  }

  [[nodiscard]] std::vector<double> numbers(const std::string& name, std::int64_t first,
                                            std::int64_t count) const override {
    return file_.numbers(in_file(name), first, count);
  }
  [[nodiscard]] std::vector<std::uint8_t> bytes(const std::string& name, std::int64_t first,
                                                std::int64_t count) const override {
    return file_.bytes(in_file(name), first, count);
  }
  [[nodiscard]] std::vector<std::vector<std::uint8_t>> encoded(const std::string& name,
                                                               std::int64_t first,
                                                               std::int64_t count) const override {
    const io::DatasetInfo stored = file_.info(in_file(name));
    if (stored.type != "uint8") return file_.sequences(in_file(name), first, count);
    const auto bytes = file_.bytes(in_file(name), first, count);
    const auto length = static_cast<std::ptrdiff_t>(stored.shape[1]);
    std::vector<std::vector<std::uint8_t>> rows;
    for (auto at = bytes.begin(); at < bytes.end(); at += length)
      rows.emplace_back(at, at + length);
    return rows;
  }

  [[nodiscard]] std::string where(const std::string& name) const override {
    return fmt::format("{}: {}", file_.path().string(), in_file(name));
  }

 private:
  io::ForeignFile file_;
};

}  // namespace

std::shared_ptr<const ArrayFile> open_hdf5(const std::filesystem::path& path) {
  return std::make_shared<Hdf5Arrays>(path);
}

}  // namespace dreamer::logged
