#include <zip.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cstring>
#include <map>
#include <mutex>

#include "core/error.h"
#include "io/foreign_file.h"
#include "io/inflation.h"
#include "logged/array_file.h"

namespace dreamer::logged {
namespace {

constexpr std::size_t kLongestHeader = 1 << 16;  // of an array
constexpr std::int64_t kMostValues = std::int64_t{1} << 40;

/// The header of an array: numpy/lib/format.py, versions 1 to 3.
struct Npy {
  char kind = 0;           // 'f', 'i', 'u', 'b'; others are not read
  std::int64_t bytes = 0;  // of an element
  bool big_endian = false, fortran = false;
  std::vector<std::int64_t> shape;
  std::size_t header = 0;  // bytes before the values
};

/// The text behind 'key': in the header, a Python dictionary.
std::string_view value_of(std::string_view text, std::string_view key, std::string_view where) {
  const auto at = text.find(fmt::format("'{}'", key));
  const auto colon = at == std::string_view::npos ? at : text.find(':', at);
  if (colon == std::string_view::npos)
    throw error("{} is damaged: its header has no {}", where, key);
  auto value = text.substr(colon + 1);
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  return value;
}

Npy parse_header(std::string_view text, std::string_view where) {
  Npy npy;
  const auto descr = value_of(text, "descr", where);
  if (!descr.starts_with('\'')) throw error("{} holds records, which are not read", where);
  const auto type = descr.substr(1, std::min(descr.find('\'', 1), descr.size()) - 1);
  if (type.size() < 2) throw error("{} is damaged: its type is '{}'", where, type);
  npy.big_endian = type[0] == '>';
  npy.kind = type[1];
  std::from_chars(type.data() + 2, type.data() + type.size(), npy.bytes);
  npy.fortran = value_of(text, "fortran_order", where).starts_with("True");
  auto shape = value_of(text, "shape", where);
  const auto end = shape.find(')');
  if (!shape.starts_with('(') || end == std::string_view::npos)
    throw error("{} is damaged: its header has no shape", where);
  std::int64_t values = 1;
  for (shape = shape.substr(1, end - 1); !shape.empty();) {
    std::int64_t extent = -1;
    shape.remove_prefix(std::min(shape.find_first_not_of(", "), shape.size()));
    if (shape.empty()) break;
    const auto [after, status] = std::from_chars(shape.data(), shape.data() + shape.size(), extent);
    if (status != std::errc() || extent < 0 || npy.shape.size() == 32 ||
        __builtin_mul_overflow(values, std::max<std::int64_t>(extent, 1), &values) ||
        values > kMostValues)
      throw error("{} is damaged: its shape is no shape", where);
    npy.shape.push_back(extent);
    shape.remove_prefix(static_cast<std::size_t>(after - shape.data()));
  }
  return npy;
}

float half(std::uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  const float sign = (bits & 0x8000) != 0 ? -1.0F : 1.0F;
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  if (exponent < 31) return sign * std::ldexp(static_cast<float>(fraction + 1024), exponent - 25);
  return fraction == 0 ? sign * std::numeric_limits<float>::infinity()
                       : std::numeric_limits<float>::quiet_NaN();
}

template <class T>
T load(const std::uint8_t* at, bool swap) {
  std::array<std::uint8_t, sizeof(T)> bytes;
  std::copy_n(at, sizeof(T), bytes.begin());
  if (swap) std::ranges::reverse(bytes);
  return std::bit_cast<T>(bytes);
}

double load_number(const std::uint8_t* at, const Npy& npy, std::string_view where) {
  const bool swap = npy.big_endian;
  switch (npy.kind) {
    case 'f':
      if (npy.bytes == 2) return half(load<std::uint16_t>(at, swap));
      if (npy.bytes == 4) return load<float>(at, swap);
      if (npy.bytes == 8) return load<double>(at, swap);
      break;
    case 'b':
    case 'u':
      if (npy.bytes == 1) return *at;
      if (npy.bytes == 2) return load<std::uint16_t>(at, swap);
      if (npy.bytes == 4) return load<std::uint32_t>(at, swap);
      if (npy.bytes == 8) return static_cast<double>(load<std::uint64_t>(at, swap));
      break;
    case 'i':
      if (npy.bytes == 1) return static_cast<std::int8_t>(*at);
      if (npy.bytes == 2) return load<std::int16_t>(at, swap);
      if (npy.bytes == 4) return load<std::int32_t>(at, swap);
      if (npy.bytes == 8) return static_cast<double>(load<std::int64_t>(at, swap));
      break;
    default:
      break;
  }
  throw error("{} holds no numbers that are read ('{}{}')", where, npy.kind, npy.bytes);
}

bool is_number(const Npy& npy) {
  const auto one_of = [&](std::initializer_list<std::int64_t> sizes) {
    return std::ranges::find(sizes, npy.bytes) != sizes.end();
  };
  if (npy.kind == 'f') return one_of({2, 4, 8});
  if (npy.kind == 'b') return npy.bytes == 1;
  return (npy.kind == 'i' || npy.kind == 'u') && one_of({1, 2, 4, 8});
}

/// An array of an archive, read forward; what was passed is reached again from the beginning.
class Member {
 public:
  Member(zip_t* archive, std::uint64_t number, std::string where, std::int64_t stored)
      : archive_(archive), number_(number), where_(std::move(where)), stored_(stored) {
    open();
    npy_ = read_header();
  }

  [[nodiscard]] const Npy& npy() const { return npy_; }
  [[nodiscard]] const std::string& where() const { return where_; }

  /// Rows [first, first+count) as they are stored.
  std::vector<std::uint8_t> rows(std::int64_t first, std::int64_t count) {
    if (npy_.fortran && npy_.shape.size() > 1) return transposed(first, count);
    std::int64_t row = npy_.bytes;
    for (std::size_t i = 1; i < npy_.shape.size(); ++i) row *= npy_.shape[i];
    check_allowed(count * row);
    go_to(first * row);
    std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count * row));
    read(bytes);
    at_ += count * row;
    finish_at_end();
    return bytes;
  }

 private:
  struct Close {
    void operator()(zip_file_t* file) const { zip_fclose(file); }
  };

  void open() {
    file_.reset(zip_fopen_index(archive_, number_, 0));
    if (!file_) throw error("{}: {}", where_, zip_strerror(archive_));
    at_ = 0;
  }

  void check_allowed(std::int64_t bytes) const {
    if (bytes > io::allowed_memory(stored_))
      throw error(
          "{} would take {} MiB of memory from {} MiB of a file; if it is no trap, save it "
          "uncompressed (numpy.savez)",
          where_, bytes >> 20, stored_ >> 20);
  }

  void read(std::span<std::uint8_t> out) {
    for (std::size_t done = 0; done < out.size();) {
      const auto n = zip_fread(file_.get(), out.data() + done, out.size() - done);
      if (n < 0) throw error("{}: {}; copy it again", where_, damage());
      if (n == 0) throw error("{} is damaged: it ends early; copy it again", where_);
      done += static_cast<std::size_t>(n);
    }
  }

  /// Behind the last value: whether the checksum is right is known where the member ends.
  void finish_at_end() {
    if (at_ < total()) return;
    std::uint8_t more = 0;
    if (zip_fread(file_.get(), &more, 1) < 0)
      throw error("{}: {}; copy it again", where_, damage());
  }

  [[nodiscard]] std::string damage() {
    zip_error_t* const failure = zip_file_get_error(file_.get());
    return zip_error_code_zip(failure) == ZIP_ER_CRC ? "checksum differs: damaged"
                                                     : zip_error_strerror(failure);
  }

  Npy read_header() {
    std::array<std::uint8_t, 12> start{};
    read(std::span(start).first(10));
    if (std::memcmp(start.data(), "\x93NUMPY", 6) != 0)
      throw error("{} is no array of NumPy's", where_);
    std::size_t length = start[8] | start[9] << 8, before = 10;
    if (start[6] >= 2) {
      read(std::span(start).subspan(10, 2));
      length |= static_cast<std::size_t>(start[10]) << 16 | static_cast<std::size_t>(start[11])
                                                                << 24;
      before = 12;
    }
    if (length > kLongestHeader) throw error("{} is damaged: its header is too long", where_);
    std::vector<std::uint8_t> text(length);
    read(text);
    Npy npy = parse_header({reinterpret_cast<const char*>(text.data()), text.size()}, where_);
    npy.header = before + length;
    return npy;
  }

  [[nodiscard]] std::int64_t total() const {
    std::int64_t bytes = npy_.bytes;
    for (const std::int64_t extent : npy_.shape) bytes *= extent;
    return bytes;
  }

  void go_to(std::int64_t byte) {
    if (byte < at_) {
      open();
      std::vector<std::uint8_t> header(npy_.header);
      read(header);
    }
    std::vector<std::uint8_t> passed(
        static_cast<std::size_t>(std::min<std::int64_t>(byte - at_, std::int64_t{1} << 20)));
    while (at_ < byte) {
      const auto step =
          std::min<std::int64_t>(byte - at_, static_cast<std::int64_t>(passed.size()));
      read(std::span(passed).first(static_cast<std::size_t>(step)));
      at_ += step;
    }
  }

  /// Of an array that is stored column by column, which is read whole.
  std::vector<std::uint8_t> transposed(std::int64_t first, std::int64_t count) {
    check_allowed(2 * total());
    go_to(0);
    std::vector<std::uint8_t> stored(static_cast<std::size_t>(total()));
    read(stored);
    at_ = total();
    finish_at_end();
    const auto size = static_cast<std::size_t>(npy_.bytes);
    const std::size_t values = stored.size() / size, axes = npy_.shape.size();
    std::vector<std::uint8_t> rows(stored.size());
    std::vector<std::int64_t> index(axes, 0);
    for (std::size_t from = 0; from < values; ++from) {  // the first axis runs fastest
      std::int64_t to = 0;
      for (std::size_t i = 0; i < axes; ++i) to = to * npy_.shape[i] + index[i];
      std::copy_n(&stored[from * size], size, &rows[static_cast<std::size_t>(to) * size]);
      for (std::size_t i = 0; i < axes && ++index[i] == npy_.shape[i]; ++i) index[i] = 0;
    }
    const std::size_t row =
        npy_.shape[0] > 0 ? rows.size() / static_cast<std::size_t>(npy_.shape[0]) : 0;
    const auto begin =
        rows.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(first) * row);
    return {begin, begin + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(count) * row)};
  }

  zip_t* archive_;
  std::uint64_t number_;
  std::string where_;
  std::int64_t stored_;
  std::unique_ptr<zip_file_t, Close> file_;
  Npy npy_;
  std::int64_t at_ = 0;  // bytes of values that were passed
};

class NpzArrays : public ArrayFile {
 public:
  explicit NpzArrays(const std::filesystem::path& path) : path_(path) {
    int code = 0;
    archive_.reset(zip_open(path.c_str(), ZIP_RDONLY, &code));
    if (!archive_) {
      zip_error_t failure;
      zip_error_init_with_code(&failure, code);
      const std::string why = zip_error_strerror(&failure);
      zip_error_fini(&failure);
      throw error("{} cannot be read as npz ({}); was it cut short? copy it again", path.string(),
                  why);
    }
    const zip_int64_t count = zip_get_num_entries(archive_.get(), 0);
    for (zip_int64_t i = 0; i < count; ++i) {
      zip_stat_t entry;
      if (zip_stat_index(archive_.get(), static_cast<zip_uint64_t>(i), 0, &entry) != 0 ||
          (entry.valid & ZIP_STAT_NAME) == 0)
        continue;
      std::string name = entry.name;
      if (name.ends_with(".npy")) name.resize(name.size() - 4);
      const bool sized = (entry.valid & ZIP_STAT_COMP_SIZE) != 0;
      numbers_[name] = {static_cast<std::uint64_t>(i),
                        sized ? static_cast<std::int64_t>(entry.comp_size) : 0};
    }
  }

  [[nodiscard]] bool has(const std::string& name) const override { return numbers_.contains(name); }
  [[nodiscard]] bool is_group(const std::string& name) const override { return name.empty(); }
  [[nodiscard]] std::vector<std::string> names(const std::string& group) const override {
    std::vector<std::string> names;
    if (group.empty())
      for (const auto& [name, place] : numbers_) names.push_back(name);
    std::ranges::sort(names, io::natural_less);
    return names;
  }

  [[nodiscard]] ArrayInfo info(const std::string& name) const override {
    const std::lock_guard lock(mutex_);
    const Npy& npy = member(name).npy();
    ArrayInfo info{.name = name, .shape = npy.shape, .real = npy.kind == 'f'};
    info.element = !is_number(npy)                     ? Element::other
                   : npy.kind == 'u' && npy.bytes == 1 ? Element::byte
                                                       : Element::number;
    return info;
  }

  [[nodiscard]] std::vector<double> numbers(const std::string& name, std::int64_t first,
                                            std::int64_t count) const override {
    const std::lock_guard lock(mutex_);
    Member& array = member(name);
    if (array.npy().kind == 'O')
      throw error("{} holds Python objects (pickle), which are not read", array.where());
    if (!is_number(array.npy())) throw error("{} holds no numbers", array.where());
    const auto bytes = read(array, first, count);
    std::vector<double> values;
    const auto size = static_cast<std::size_t>(array.npy().bytes);
    values.reserve(bytes.size() / size);
    for (std::size_t at = 0; at < bytes.size(); at += size)
      values.push_back(load_number(&bytes[at], array.npy(), array.where()));
    return values;
  }

  [[nodiscard]] std::vector<std::uint8_t> bytes(const std::string& name, std::int64_t first,
                                                std::int64_t count) const override {
    const std::lock_guard lock(mutex_);
    Member& array = member(name);
    if (array.npy().kind != 'u' || array.npy().bytes != 1)
      throw error("{} is not uint8", array.where());
    return read(array, first, count);
  }

  [[nodiscard]] std::vector<std::vector<std::uint8_t>> encoded(const std::string& name,
                                                               std::int64_t,
                                                               std::int64_t) const override {
    throw error("{} holds no encoded images", where(name));
  }

  [[nodiscard]] std::string where(const std::string& name) const override {
    return fmt::format("{}: {}.npy", path_.string(), name);
  }

 private:
  struct Discard {
    void operator()(zip_t* archive) const { zip_discard(archive); }
  };
  struct Place {
    std::uint64_t number = 0;
    std::int64_t stored = 0;  // bytes
  };

  [[nodiscard]] Member& member(const std::string& name) const {
    if (const auto found = open_.find(name); found != open_.end()) return *found->second;
    const auto place = numbers_.find(name);
    if (place == numbers_.end()) throw error("{} is missing", where(name));
    return *open_
                .emplace(name, std::make_unique<Member>(archive_.get(), place->second.number,
                                                        where(name), place->second.stored))
                .first->second;
  }

  static std::vector<std::uint8_t> read(Member& array, std::int64_t first, std::int64_t count) {
    const auto& shape = array.npy().shape;
    const std::int64_t rows = shape.empty() ? 1 : shape[0];
    if (count < 0) count = rows - first;
    if (first < 0 || count < 0 || count > rows - first)
      throw error("{} has {} rows, rows {} to {} are asked for", array.where(), rows, first,
                  first + count - 1);
    return array.rows(first, count);
  }

  std::filesystem::path path_;
  std::unique_ptr<zip_t, Discard> archive_;
  std::map<std::string, Place> numbers_;
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::unique_ptr<Member>> open_;
};

}  // namespace

std::shared_ptr<const ArrayFile> open_npz(const std::filesystem::path& path) {
  return std::make_shared<NpzArrays>(path);
}

}  // namespace dreamer::logged
