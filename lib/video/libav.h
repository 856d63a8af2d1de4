#pragma once

// What encoding and decoding have in common: owned objects of libav, errors, log.

#include <memory>

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libswscale/swscale.h>
}

namespace dreamer::media {

struct Free {
  void operator()(AVCodecContext* context) const { avcodec_free_context(&context); }
  void operator()(AVFrame* frame) const { av_frame_free(&frame); }
  void operator()(AVPacket* packet) const { av_packet_free(&packet); }
  void operator()(SwsContext* context) const { sws_freeContext(context); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

/// Passes on what a call returned. @throws Error "cannot WHAT: libav's reason"
int check(int result, const char* what);

/// libav reports through a callback of its own; --verbose shows it. Called once.
void forward_log();

}  // namespace dreamer::media
