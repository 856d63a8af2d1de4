#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <numeric>
#include <set>
#include <stdexcept>

#include "io/atomic_file.h"
#include "io/chunk.h"
#include "io/file.h"
#include "io/format.h"
#include "io/hdf5_handle.h"
#include "io/stored_type.h"

namespace dreamer::io {
namespace {

constexpr std::int64_t kChunkBytes = 1 << 20;
constexpr std::size_t kGrowth = 1 << 20;  // by which the file in memory grows

std::int64_t size_of(Type type) { return type == Type::uint8 ? 1 : type == Type::float32 ? 4 : 8; }

/// Of variable length: h5py gives those as str, and texts of fixed length as bytes.
Handle text_type() {
  Handle type(H5Tcopy(H5T_C_S1), "making a string type");
  check(H5Tset_size(type, H5T_VARIABLE), "sizing a string type");
  check(H5Tset_cset(type, H5T_CSET_UTF8), "making a string type UTF-8");
  return type;
}

Handle space_of(const Shape& shape) {
  if (shape.empty()) return {H5Screate(H5S_SCALAR), "making a scalar"};
  const std::vector<hsize_t> extent(shape.begin(), shape.end());
  return {H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr),
          "making a data space"};
}

/// Rows in a chunk: as asked, else so that all chunks are nearly equal and at most about 1 MiB.
std::int64_t chunk_rows(std::int64_t rows, std::int64_t row_bytes, const Storage& storage) {
  if (storage.chunk_rows > 0) return std::min(rows, storage.chunk_rows);
  const std::int64_t chunks = std::min(rows, (rows * row_bytes + kChunkBytes - 1) / kChunkBytes);
  return (rows + chunks - 1) / chunks;
}

/// The memory in which HDF5's core driver builds the file, kept when the driver lets go of it on
/// closing: only then is the superblock final (H5Fget_file_image of 1.10.8 clears its "open" flag
/// without renewing its checksum).
class Image {
 public:
  Image() = default;
  ~Image() { std::free(memory_); }
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;

  void use_in(hid_t access) {
    H5FD_file_image_callbacks_t callbacks{};
    callbacks.image_realloc = [](void* memory, std::size_t size, H5FD_file_image_op_t, void*) {
      return std::realloc(memory, size);
    };
    callbacks.image_free = [](void* memory, H5FD_file_image_op_t, void* self) -> herr_t {
      static_cast<Image*>(self)->memory_ = memory;
      return 0;
    };
    callbacks.udata_copy = [](void* self) { return self; };
    callbacks.udata_free = [](void*) -> herr_t { return 0; };
    callbacks.udata = this;
    check(H5Pset_file_image_callbacks(access, &callbacks), "making a file in memory");
  }

  [[nodiscard]] std::span<const std::byte> first(std::size_t size) const {
    return {static_cast<const std::byte*>(memory_), size};
  }

 private:
  void* memory_ = nullptr;
};

}  // namespace

struct FileWriter::Impl {
  Image image;  // outlives the file
  Handle file;
  std::set<std::string> groups;

  /// Makes the group at `path` and those above it. Groups made implicitly by HDF5 would carry the
  /// time, and the same content would not give the same bytes.
  void ensure_group(const std::string& path) {
    for (std::size_t end = path.find('/', 1); !path.empty() && path != "/";
         end = path.find('/', end + 1)) {
      const std::string group = path.substr(0, end);
      if (!groups.contains(group) && H5Lexists(file, group.c_str(), H5P_DEFAULT) <= 0) {
        const Handle properties(H5Pcreate(H5P_GROUP_CREATE), group);
        check(H5Pset_obj_track_times(properties, false), group);
        const Handle made(H5Gcreate2(file, group.c_str(), H5P_DEFAULT, properties, H5P_DEFAULT),
                          group);
        groups.insert(group);
      }
      if (end == std::string::npos) break;
    }
  }

  void put(hid_t object, const std::string& name, hid_t stored, hid_t space, hid_t memory,
           const void* value) {
    if (check(H5Aexists(object, name.c_str()), name) > 0)
      check(H5Adelete(object, name.c_str()), name);
    const Handle attribute(
        H5Acreate2(object, name.c_str(), stored, space, H5P_DEFAULT, H5P_DEFAULT), name);
    check(H5Awrite(attribute, memory, value), name);
  }

  void put_text(hid_t object, const std::string& name, const std::string& text) {
    const Handle type = text_type();
    const char* const begin = text.c_str();
    put(object, name, type, space_of({}), type, static_cast<const void*>(&begin));
  }

  template <class T>
  void put_numbers(hid_t object, const std::string& name, const Shape& shape, hid_t stored,
                   hid_t memory, const std::vector<T>& values) {
    const T none{};
    put(object, name, stored, space_of(shape), memory, values.empty() ? &none : values.data());
  }
};

FileWriter::FileWriter(std::string_view format) : impl_(std::make_unique<Impl>()) {
  const Hdf5Lock lock;
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), "making a file");
  check(H5Pset_fapl_core(access, kGrowth, /*backing_store=*/false), "making a file in memory");
  impl_->image.use_in(access);
  check(H5Pset_fclose_degree(access, H5F_CLOSE_STRONG), "making a file in memory");
  check(H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110), "choosing the format");
  const Handle creation(H5Pcreate(H5P_FILE_CREATE), "making a file");
  check(H5Pset_obj_track_times(creation, false), "making a file");
  // HDF5 takes two files in memory of the same name for the same file.
  static std::atomic<std::uint64_t> count = 0;
  const std::string name = fmt::format("memory-{}", ++count);
  impl_->file = Handle(H5Fcreate(name.c_str(), H5F_ACC_TRUNC, creation, access), "making a file");
  attribute("/", "format", std::string(format));
  attribute("/", "format_version", kFormatVersion);
}

FileWriter::~FileWriter() = default;
FileWriter::FileWriter(FileWriter&&) noexcept = default;
FileWriter& FileWriter::operator=(FileWriter&&) noexcept = default;

void FileWriter::attribute(const std::string& path, const std::string& name, const Json& value) {
  const Hdf5Lock lock;
  if (path == "/" || H5Lexists(impl_->file, path.c_str(), H5P_DEFAULT) <= 0)
    impl_->ensure_group(path);
  const Handle object(H5Oopen(impl_->file, path.c_str(), H5P_DEFAULT), path);
  const bool numbers = value.is_array() && std::all_of(value.begin(), value.end(),
                                                       [](const Json& v) { return v.is_number(); });
  const bool integers =
      numbers && !value.empty() &&
      std::all_of(value.begin(), value.end(), [](const Json& v) { return v.is_number_integer(); });
  const Shape shape = numbers ? Shape{static_cast<std::int64_t>(value.size())} : Shape{};
  if (value.is_string())
    impl_->put_text(object, name, value.get<std::string>());
  else if (value.is_boolean())
    impl_->put_numbers<std::uint8_t>(object, name, {}, H5T_STD_U8LE, H5T_NATIVE_UINT8,
                                     {value.get<bool>()});
  else if (value.is_number_integer())
    impl_->put_numbers<std::int64_t>(object, name, {}, H5T_STD_I64LE, H5T_NATIVE_INT64,
                                     {value.get<std::int64_t>()});
  else if (value.is_number_float())
    impl_->put_numbers<double>(object, name, {}, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE,
                               {value.get<double>()});
  else if (integers)
    impl_->put_numbers(object, name, shape, H5T_STD_I64LE, H5T_NATIVE_INT64,
                       value.get<std::vector<std::int64_t>>());
  else if (numbers)
    impl_->put_numbers(object, name, shape, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE,
                       value.get<std::vector<double>>());
  else
    impl_->put_text(object, name, value.dump(-1, ' ', false, Json::error_handler_t::replace));
}

void FileWriter::dataset(const std::string& path, std::string_view dims, const Shape& shape,
                         Type type, std::span<const std::byte> values, Storage storage) {
  const std::int64_t elements =
      std::accumulate(shape.begin(), shape.end(), std::int64_t{1}, std::multiplies<>());
  const auto axes = std::count(dims.begin(), dims.end(), ',') + 1;
  if (!dims.empty() && static_cast<std::size_t>(axes) != shape.size())
    throw error("{}: dims '{}' do not name {} axes", path, dims, shape.size());
  if (static_cast<std::size_t>(elements * size_of(type)) != values.size())
    throw error("{}: {} bytes for a shape of {} elements", path, values.size(), elements);

  const bool chunked = !shape.empty() && elements > 0;
  const std::int64_t rows = chunked ? shape.front() : 0;
  const std::int64_t row_bytes = chunked ? elements / rows * size_of(type) : 0;
  const std::int64_t per_chunk = chunked ? chunk_rows(rows, row_bytes, storage) : 0;

  Handle made;
  {
    const Hdf5Lock lock;
    impl_->ensure_group(path.substr(0, std::max<std::size_t>(path.rfind('/'), 1)));
    const Handle creation(H5Pcreate(H5P_DATASET_CREATE), path);
    check(H5Pset_obj_track_times(creation, false), path);
    if (chunked) {
      std::vector<hsize_t> chunk(shape.begin(), shape.end());
      chunk.front() = static_cast<hsize_t>(per_chunk);
      check(H5Pset_chunk(creation, static_cast<int>(chunk.size()), chunk.data()), path);
      if (storage.deflate > 0)
        check(H5Pset_deflate(creation, static_cast<unsigned>(storage.deflate)), path);
      check(H5Pset_fletcher32(creation), path);
    }
    made = Handle(H5Dcreate2(impl_->file, path.c_str(), stored_type(type), space_of(shape),
                             H5P_DEFAULT, creation, H5P_DEFAULT),
                  path);
    if (!dims.empty() || shape.empty()) impl_->put_text(made, "dims", std::string(dims));
    if (!chunked && elements > 0)
      check(H5Dwrite(made, stored_type(type), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), path);
  }
  const auto chunk_bytes = static_cast<std::size_t>(per_chunk * row_bytes);
  std::vector<std::byte> padded;
  for (std::int64_t row = 0; row < rows; row += per_chunk) {
    auto chunk = values.subspan(static_cast<std::size_t>(row * row_bytes));
    if (chunk.size() < chunk_bytes) {  // HDF5 stores the last chunk in full, too
      padded.assign(chunk.begin(), chunk.end());
      padded.resize(chunk_bytes);
      chunk = padded;
    }
    const EncodedChunk encoded = encode_chunk(chunk.first(chunk_bytes), storage.deflate);
    const Hdf5Lock lock;
    std::vector<hsize_t> offset(shape.size(), 0);
    offset.front() = static_cast<hsize_t>(row);
    check(H5Dwrite_chunk(made, H5P_DEFAULT, encoded.skipped, offset.data(), encoded.bytes.size(),
                         encoded.bytes.data()),
          path);
  }
}

void FileWriter::commit(const std::filesystem::path& path, Replace replace) {
  if (impl_->file < 0) throw std::logic_error("a file is committed once");
  std::size_t size = 0;  // of the contents; the memory is a little larger
  {
    const Hdf5Lock lock;
    check(H5Fflush(impl_->file, H5F_SCOPE_GLOBAL), path.string());
    size =
        static_cast<std::size_t>(check(H5Fget_file_image(impl_->file, nullptr, 0), path.string()));
    impl_->file = Handle();
  }
  write_atomically(path, impl_->image.first(size), replace);
}

}  // namespace dreamer::io
