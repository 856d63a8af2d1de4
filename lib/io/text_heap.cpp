#include "io/text_heap.h"

#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>

#include "io/hdf5_file.h"

namespace dreamer::io {
namespace {

using Bytes = std::span<const unsigned char>;

constexpr std::string_view kSignature = "GCOL";
constexpr std::size_t kAlignment = 8;
constexpr std::uint64_t kLargestHeap = 64 << 20;  // bytes; as a rule it has 4096
constexpr std::size_t kLengthBytes = 4;           // of a text, in a reference
constexpr std::size_t kIndexBytes = 4;

Error damaged(const std::string& place) {
  return error("{} is damaged: its text cannot be found; copy or make the file again", place);
}

std::uint64_t little_endian(Bytes bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value << 8 | bytes[i];
  return value;
}

constexpr std::size_t aligned(std::size_t size) {
  return (size + kAlignment - 1) / kAlignment * kAlignment;
}

/// Hands over the references to texts and lists as they lie in the file, instead of following them.
herr_t as_stored(hid_t from, hid_t, H5T_cdata_t* data, std::size_t, std::size_t, std::size_t, void*,
                 void*, hid_t) {
  if (data->command != H5T_CONV_INIT) return 0;
  data->need_bkg = H5T_BKG_NO;
  return H5Tis_variable_str(from) > 0 || H5Tget_class(from) == H5T_VLEN ? 0 : -1;
}

/// A memory type of `size` bytes as which references are read. HDF5 has no conversions of its own
/// to it.
Handle reference_type(std::size_t size) {
  Handle type(H5Tcreate(H5T_OPAQUE, size), "making a type");
  static const bool registered = [&] {
    const Handle text(H5Tcopy(H5T_C_S1), "making a type"),
        list(H5Tvlen_create(H5T_NATIVE_UINT8), "making a type");
    check(H5Tset_size(text, H5T_VARIABLE), "making a type");
    return H5Tregister(H5T_PERS_SOFT, "dreamer-text", text, type, as_stored) >= 0 &&
           H5Tregister(H5T_PERS_SOFT, "dreamer-list", list, type, as_stored) >= 0;
  }();
  if (!registered) throw error("the HDF5 library takes no conversion of types");
  return type;
}

/// The file itself, past HDF5.
struct RawFile {
  int descriptor = -1;
  std::uint64_t base = 0;               // where HDF5's addresses begin
  std::size_t address = 0, length = 0;  // bytes of an address and of a length in this file

  RawFile(hid_t object, const std::string& place) {
    const Handle file(H5Iget_file_id(object), place);
    const Handle creation(H5Fget_create_plist(file), place);
    check(H5Pget_sizes(creation, &address, &length), place);
    hsize_t block = 0;
    check(H5Pget_userblock(creation, &block), place);
    base = block;
    void* handle = nullptr;
    check(H5Fget_vfd_handle(file, H5P_DEFAULT, &handle), place);
    descriptor = *static_cast<const int*>(handle);
  }

  /// `size` bytes at an address of HDF5's.
  [[nodiscard]] std::vector<unsigned char> read(std::uint64_t at, std::size_t size,
                                                const std::string& place) const {
    std::vector<unsigned char> bytes(size);
    constexpr std::uint64_t kFarthest = std::uint64_t{1} << 62;
    if (at > kFarthest || base > kFarthest) throw damaged(place);
    const ssize_t n = ::pread(descriptor, bytes.data(), size, static_cast<off_t>(base + at));
    if (n != static_cast<ssize_t>(size)) throw damaged(place);
    return bytes;
  }
};

/// Object `index` of a heap, whose objects lie one behind the other: index, count of references,
/// size, contents.
Bytes object_in(Bytes heap, std::size_t length, std::uint64_t index, const std::string& place) {
  const std::size_t header = aligned(kAlignment + length);
  for (Bytes rest = heap.subspan(header); rest.size() >= header;) {
    const std::uint64_t found = little_endian(rest.first(2)),
                        size = little_endian(rest.subspan(kAlignment, length));
    if (size > rest.size() - header) break;  // what is free is counted with its header
    if (found == index && found != 0) return rest.subspan(header, size);
    const std::size_t step = found == 0 ? size : header + aligned(size);
    if (step == 0 || step > rest.size()) break;
    rest = rest.subspan(step);
  }
  throw damaged(place);
}

/// What a reference leads to.
std::vector<std::uint8_t> object_of(const RawFile& file, Bytes reference, std::size_t most,
                                    const std::string& place) {
  const std::uint64_t size = little_endian(reference.first(kLengthBytes)),
                      at = little_endian(reference.subspan(kLengthBytes, file.address)),
                      index = little_endian(reference.last(kIndexBytes));
  if (size == 0) return {};
  if (size > most) throw error("{} is too large: {} bytes, {} are read at most", place, size, most);
  const std::size_t header = aligned(kAlignment + file.length);
  const auto head = file.read(at, header, place);
  const std::uint64_t heap_bytes = little_endian(Bytes(head).subspan(kAlignment, file.length));
  const bool is_heap = std::equal(kSignature.begin(), kSignature.end(), head.begin());
  if (!is_heap || heap_bytes < header || heap_bytes > kLargestHeap) throw damaged(place);
  const auto heap = file.read(at, heap_bytes, place);
  const Bytes object = object_in(heap, file.length, index, place);
  if (object.size() < size) throw damaged(place);
  return {object.begin(), object.begin() + static_cast<std::ptrdiff_t>(size)};
}

/// A reference: how much, the address of a heap, which of its objects.
std::size_t reference_bytes(const RawFile& file) {
  return kLengthBytes + file.address + kIndexBytes;
}

}  // namespace

std::vector<std::string> read_variable_texts(hid_t attribute, std::size_t count, std::size_t most,
                                             const std::string& place) {
  if (count == 0) return {};
  const RawFile file(attribute, place);
  const std::size_t size = reference_bytes(file);
  std::vector<unsigned char> references(count * size);
  if (H5Aread(attribute, reference_type(size), references.data()) < 0) throw reading_failed(place);
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count; ++i) {
    const auto bytes = object_of(file, Bytes(references).subspan(i * size, size), most, place);
    const std::string text(bytes.begin(), bytes.end());
    texts.push_back(text.substr(0, text.find('\0')));
  }
  return texts;
}

std::vector<std::vector<std::uint8_t>> read_byte_lists(const StoredDataset& dataset,
                                                       std::int64_t first, const Shape& shape,
                                                       std::size_t most, const std::string& place) {
  const Handle type(H5Dget_type(dataset.id), place);
  const bool lists = H5Tget_class(type) == H5T_VLEN;
  const Handle element(lists ? H5Tget_super(type) : H5Tcopy(type), place);
  if (!lists || H5Tget_class(element) != H5T_INTEGER || H5Tget_size(element) != 1)
    throw error("{} holds no lists of bytes", place);
  const auto count = static_cast<std::size_t>(elements_of(shape));
  if (count == 0) return {};
  const RawFile file(dataset.id, place);
  const std::size_t size = reference_bytes(file);
  std::vector<unsigned char> references(count * size);
  const RowSelection rows = select_rows(dataset.id, first, shape, place);
  if (H5Dread(dataset.id, reference_type(size), rows.memory, rows.file, H5P_DEFAULT,
              references.data()) < 0)
    throw reading_failed(place);
  std::vector<std::vector<std::uint8_t>> found;
  for (std::size_t i = 0; i < count; ++i)
    found.push_back(object_of(file, Bytes(references).subspan(i * size, size), most, place));
  return found;
}

}  // namespace dreamer::io
