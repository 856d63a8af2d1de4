#include "io/foreign_writer.h"

#include "io/hdf5_handle.h"
#include "io/stored_type.h"

namespace dreamer::io {
namespace {

constexpr unsigned kDeflate = 1;  // level; images are most of a file

/// Properties that make the groups on the way to a name.
Handle with_groups(const std::string& path) {
  Handle links(H5Pcreate(H5P_LINK_CREATE), path);
  check(H5Pset_create_intermediate_group(links, 1), path);
  return links;
}

}  // namespace

struct ForeignWriter::Impl {
  Handle file;

  void write(const std::string& path, const Shape& shape, hid_t stored, const void* values) const {
    const std::vector<hsize_t> extents(shape.begin(), shape.end());
    const Handle space(H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr),
                       path);
    const Handle creation(H5Pcreate(H5P_DATASET_CREATE), path);
    check(H5Pset_obj_track_times(creation, false), path);
    if (shape.size() == 4 && elements_of(shape) > 0) {  // images: a chunk a frame
      std::vector<hsize_t> chunk = extents;
      chunk.front() = 1;
      check(H5Pset_chunk(creation, static_cast<int>(chunk.size()), chunk.data()), path);
      check(H5Pset_deflate(creation, kDeflate), path);
    }
    const Handle dataset(
        H5Dcreate2(file, path.c_str(), stored, space, with_groups(path), creation, H5P_DEFAULT),
        path);
    if (elements_of(shape) > 0)
      check(H5Dwrite(dataset, stored, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), path);
  }
};

ForeignWriter::ForeignWriter(const std::filesystem::path& path) : impl_(std::make_unique<Impl>()) {
  const Hdf5Lock lock;
  const std::string name = path.string();
  const Handle access(H5Pcreate(H5P_FILE_ACCESS), name), creation(H5Pcreate(H5P_FILE_CREATE), name);
  // A temporary file is locked by its owner already (temporary_file.h).
  check(H5Pset_file_locking(access, /*use=*/false, /*ignore_when_disabled=*/true), name);
  check(H5Pset_obj_track_times(creation, false), name);
  impl_->file = Handle(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation, access), name);
}

ForeignWriter::~ForeignWriter() = default;

void ForeignWriter::group(const std::string& path) {
  const Hdf5Lock lock;
  const Handle creation(H5Pcreate(H5P_GROUP_CREATE), path);
  check(H5Pset_obj_track_times(creation, false), path);
  const Handle made(H5Gcreate2(impl_->file, path.c_str(), with_groups(path), creation, H5P_DEFAULT),
                    path);
}

void ForeignWriter::attribute(const std::string& path, const std::string& name, const Json& value) {
  const Hdf5Lock lock;
  const Handle object(H5Oopen(impl_->file, path.c_str(), H5P_DEFAULT), path);
  const Handle space(H5Screate(H5S_SCALAR), path);
  const bool integer = value.is_number_integer();
  const hid_t stored = stored_type(integer ? Type::int64 : Type::float64);
  const Handle attribute(H5Acreate2(object, name.c_str(), stored, space, H5P_DEFAULT, H5P_DEFAULT),
                         path);
  const auto whole = integer ? value.get<std::int64_t>() : 0;
  const auto real = integer ? 0.0 : value.get<double>();
  const void* const from = integer ? static_cast<const void*>(&whole) : &real;
  check(H5Awrite(attribute, integer ? H5T_NATIVE_INT64 : H5T_NATIVE_DOUBLE, from), path);
}

void ForeignWriter::dataset(const std::string& path, const Shape& shape, Type type,
                            const void* values) {
  const Hdf5Lock lock;
  impl_->write(path, shape, stored_type(type), values);
}

void ForeignWriter::booleans(const std::string& path, const std::vector<std::uint8_t>& values) {
  const Hdf5Lock lock;
  const Handle type(H5Tenum_create(H5T_STD_I8LE), path);
  for (const auto& [name, value] : {std::pair{"FALSE", std::int8_t{0}}, {"TRUE", std::int8_t{1}}})
    check(H5Tenum_insert(type, name, &value), path);
  impl_->write(path, {static_cast<std::int64_t>(values.size())}, type, values.data());
}

void ForeignWriter::close() {
  const Hdf5Lock lock;
  check(H5Fflush(impl_->file, H5F_SCOPE_GLOBAL), "writing the file");
  impl_->file = Handle();
}

}  // namespace dreamer::io
