#include "media/encoder.h"

#include <array>
#include <cmath>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

extern "C" {
#include <libavutil/imgutils.h>
#include <libavutil/opt.h>
}

#include "core/error.h"
#include "core/progress.h"
#include "core/signals.h"
#include "video/libav.h"
#include "video/palette.h"

namespace dreamer::media {
namespace {

struct Close {
  void operator()(AVFormatContext* context) const {
    if (context->pb != nullptr) avio_closep(&context->pb);
    avformat_free_context(context);
  }
};

struct Codec {
  const char* name;
  const char* muxer;
  AVPixelFormat pixels;
};
constexpr Codec kMp4{"libx264", "mp4", AV_PIX_FMT_YUV420P}, kGif{"gif", "gif", AV_PIX_FMT_PAL8};

/// An opened encoder and the one frame that is filled again and again.
class Stream {
 public:
  Stream(const Codec& codec, int height, int width, AVRational time_base, bool global_header) {
    const AVCodec* encoder = avcodec_find_encoder_by_name(codec.name);
    if (encoder == nullptr)
      throw error("this FFmpeg (libavcodec {}) has no encoder {}; install one built with it",
                  AV_STRINGIFY(LIBAVCODEC_VERSION), codec.name);
    context_.reset(avcodec_alloc_context3(encoder));
    context_->width = width;
    context_->height = height;
    context_->time_base = time_base;
    context_->pix_fmt = codec.pixels;
    context_->thread_count = 1;  // the same bytes on any number of cores
    context_->flags |= AV_CODEC_FLAG_BITEXACT;
    if (global_header) context_->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
    AVDictionary* options = nullptr;
    if (codec.pixels == AV_PIX_FMT_YUV420P) {
      context_->framerate = av_inv_q(time_base);
      context_->color_range = AVCOL_RANGE_MPEG;
      context_->colorspace = AVCOL_SPC_BT709;
      context_->color_primaries = AVCOL_PRI_BT709;
      context_->color_trc = AVCOL_TRC_BT709;
      av_dict_set(&options, "preset", "medium", 0);
      av_dict_set(&options, "crf", "16", 0);  // nearly without loss: small flat canvases
      av_dict_set(&options, "tune", "animation", 0);
    }
    const int opened = avcodec_open2(context_.get(), encoder, &options);
    av_dict_free(&options);
    check(opened, "open the encoder");

    frame_.reset(av_frame_alloc());
    frame_->format = codec.pixels;
    frame_->width = width;
    frame_->height = height;
    check(av_frame_get_buffer(frame_.get(), 0), "allocate a frame");
  }

  [[nodiscard]] AVCodecContext* context() const { return context_.get(); }
  /// The frame, for writing: the encoder may still hold the last one.
  [[nodiscard]] AVFrame* frame() const {
    check(av_frame_make_writable(frame_.get()), "allocate a frame");
    return frame_.get();
  }

  /// Encodes the frame (or ends the stream) and hands every finished packet to `take`.
  template <class Take>
  void encode(const AVFrame* frame, Take&& take) const {
    check(avcodec_send_frame(context_.get(), frame), "encode a frame");
    const Owned<AVPacket> packet(av_packet_alloc());
    for (;;) {
      const int result = avcodec_receive_packet(context_.get(), packet.get());
      if (result == AVERROR(EAGAIN) || result == AVERROR_EOF) return;
      check(result, "encode a frame");
      take(packet.get());
      av_packet_unref(packet.get());
    }
  }

 private:
  Owned<AVCodecContext> context_;
  Owned<AVFrame> frame_;
};

/// Fills a frame of an encoder's pixel format from a canvas.
class Converter {
 public:
  virtual ~Converter() = default;
  virtual void convert(const Canvas& canvas, AVFrame* frame) = 0;
};

/// RGB to YUV 4:2:0 by BT.709, the same on every processor.
class ToYuv : public Converter {
 public:
  ToYuv(int height, int width)
      : scaler_(sws_getContext(width, height, AV_PIX_FMT_RGB24, width, height, AV_PIX_FMT_YUV420P,
                               SWS_AREA | SWS_FULL_CHR_H_INP | SWS_ACCURATE_RND | SWS_BITEXACT,
                               nullptr, nullptr, nullptr)) {
    if (!scaler_) throw error("cannot convert canvases of {}x{} pixels", width, height);
    const int* matrix = sws_getCoefficients(SWS_CS_ITU709);
    sws_setColorspaceDetails(scaler_.get(), matrix, 1, matrix, 0, 0, 1 << 16, 1 << 16);
  }
  void convert(const Canvas& canvas, AVFrame* frame) override {
    const std::array<const std::uint8_t*, 1> rows{canvas.rgb.data()};
    const std::array<int, 1> stride{canvas.width * 3};
    check(sws_scale(scaler_.get(), rows.data(), stride.data(), 0, canvas.height, frame->data,
                    frame->linesize),
          "convert a canvas");
  }

 private:
  Owned<SwsContext> scaler_;
};

/// RGB to numbers of one palette.
class ToPalette : public Converter {
 public:
  explicit ToPalette(const Clip& clip) : palette_(clip) {}
  void convert(const Canvas& canvas, AVFrame* frame) override {
    for (int y = 0; y < canvas.height; ++y)
      for (int x = 0; x < canvas.width; ++x)
        frame->data[0][y * frame->linesize[0] + x] = palette_.nearest(canvas.at(y, x));
    std::array<std::uint32_t, 256> colors{};
    colors.fill(0xff000000u);
    for (std::size_t i = 0; i < palette_.colors().size(); ++i) {
      const Color color = palette_.colors()[i];
      colors[i] |= static_cast<std::uint32_t>(color.red) << 16 |
                   static_cast<std::uint32_t>(color.green) << 8 | color.blue;
    }
    std::memcpy(frame->data[1], colors.data(), sizeof colors);
  }

 private:
  Palette palette_;
};

/// libav takes every name for a URL and would read "concat:a|b" or "http:x" as one; this prefix
/// says that what follows is the name of a file, whatever it looks like.
std::string file_url(const std::filesystem::path& file) {
  return fmt::format("file:{}", file.string());
}

/// The container file. Its writes are buffered: an error may show only at the end.
class Container {
 public:
  Container(const std::filesystem::path& file, const char* muxer) {
    AVFormatContext* context = nullptr;
    check(avformat_alloc_output_context2(&context, nullptr, muxer, file_url(file).c_str()),
          "make a video of this format");
    context_.reset(context);
    context_->flags |= AVFMT_FLAG_BITEXACT;  // no date, no version of the library
  }

  [[nodiscard]] bool global_header() const {
    return (context_->oformat->flags & AVFMT_GLOBALHEADER) != 0;
  }

  void begin(const AVCodecContext* codec) {
    stream_ = avformat_new_stream(context_.get(), nullptr);
    if (stream_ == nullptr) throw error("out of memory; use a smaller --scale");
    codec_ = codec;
    stream_->time_base = codec->time_base;
    stream_->avg_frame_rate = codec->framerate;
    check(avcodec_parameters_from_context(stream_->codecpar, codec), "describe the video");
    check(avio_open(&context_->pb, context_->url, AVIO_FLAG_WRITE), "open the file");
    AVDictionary* options = nullptr;
    av_dict_set(&options, "movflags", "+faststart", 0);
    const int begun = avformat_write_header(context_.get(), &options);
    av_dict_free(&options);
    check(begun, "write the video");
  }

  void write(AVPacket* packet) {
    packet->stream_index = stream_->index;
    av_packet_rescale_ts(packet, codec_->time_base, stream_->time_base);
    check(av_interleaved_write_frame(context_.get(), packet), "write the video");
  }

  void end() {
    check(av_write_trailer(context_.get()), "write the video");
    avio_flush(context_->pb);
    check(context_->pb->error, "write the video");
    check(avio_closep(&context_->pb), "write the video");
  }

 private:
  std::unique_ptr<AVFormatContext, Close> context_;
  AVStream* stream_ = nullptr;
  const AVCodecContext* codec_ = nullptr;
};

class LibavEncoder : public Encoder {
 public:
  LibavEncoder() { forward_log(); }

  void write(const std::filesystem::path& file, Format format, const Clip& clip,
             double fps) const override {
    const bool gif = format == Format::gif;
    const Codec& codec = gif ? kGif : kMp4;
    // gif counts in hundredths of a second
    const AVRational time_base = gif ? AVRational{1, 100} : av_inv_q(av_d2q(fps, 1 << 16));
    const auto time = [&](std::int64_t i) {
      return gif ? std::llround(100.0 * static_cast<double>(i) / fps) : i;
    };

    Container container(file, codec.muxer);
    const Stream stream(codec, clip.height, clip.width, time_base, container.global_header());
    std::unique_ptr<Converter> converter;
    if (gif)
      converter = std::make_unique<ToPalette>(clip);
    else
      converter = std::make_unique<ToYuv>(clip.height, clip.width);
    container.begin(stream.context());
    const auto take = [&](AVPacket* packet) {
      // the last frame of a gif lasts as long as it says; mp4 takes each frame's time from it too
      if (packet->duration == 0) packet->duration = time(1);
      container.write(packet);
    };
    Progress progress("frames", clip.frames);
    for (std::int64_t i = 0; i < clip.frames; ++i) {
      if (signals::requested() != 0) throw signals::Stopped();
      AVFrame* frame = stream.frame();
      const Canvas canvas = clip.frame(i);
      if (canvas.height != clip.height || canvas.width != clip.width)
        throw error("frame {} has {}x{} pixels, the first has {}x{}", i, canvas.width,
                    canvas.height, clip.width, clip.height);
      converter->convert(canvas, frame);
      frame->pts = time(i);
      stream.encode(frame, take);
      progress.advance();
    }
    stream.encode(nullptr, take);
    container.end();
  }
};

}  // namespace
}  // namespace dreamer::media

extern "C" const dreamer::media::Encoder* dreamer_encoder() {
  static const dreamer::media::LibavEncoder encoder;
  return &encoder;
}
