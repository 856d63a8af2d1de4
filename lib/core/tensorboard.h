#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace dreamer {

/// Writes metrics as TensorBoard reads them: an event file of its own in `logdir`, named
/// `events.out.tfevents.TIME.HOST.PID.COUNT`. A resumed run writes a further file, which
/// TensorBoard merges with the earlier ones. Errors (folder not writable, disk full) throw Error.
///
/// The format: TFRecord framing (length, masked CRC-32C, payload, masked CRC-32C) around `Event`
/// messages of tensorflow/core/util/event.proto and `Summary` of framework/summary.proto, encoded
/// here field by field; that is less than a dependency on protobuf.
class TensorBoard {
 public:
  /// Makes the folder if need be. A folder is one run: each program has one of its own.
  /// @param done the steps made before, from which this program continues: what an earlier file in
  ///             the folder says of later ones, written before a kill, is dropped by TensorBoard.
  ///             0: from the beginning; nothing is dropped
  explicit TensorBoard(const std::filesystem::path& logdir, std::int64_t done = 0);
  ~TensorBoard();
  TensorBoard(TensorBoard&&) noexcept;
  TensorBoard& operator=(TensorBoard&&) noexcept;

  void scalar(std::string_view tag, std::int64_t step, double value);
  /// @param png the encoded image (media::encode_png), RGB
  void image(std::string_view tag, std::int64_t step, std::span<const std::byte> png,
             std::int64_t height, std::int64_t width);
  /// Hands what was written to the operating system, for a TensorBoard that is watching.
  void flush();

  [[nodiscard]] const std::filesystem::path& path() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// CRC-32C (Castagnoli), as TFRecord uses it before masking.
[[nodiscard]] std::uint32_t crc32c(std::span<const std::byte> bytes);

}  // namespace dreamer
