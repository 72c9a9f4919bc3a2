/// ws_frame.hpp: Frame, a WebSocket frame or whole message that owns its payload (RFC 6455 §5.2).
#ifndef LIBWS_WS_FRAME_HPP
#define LIBWS_WS_FRAME_HPP

#include <cstdint>
#include <string_view>
#include <utility>

#include "ws_error.hpp"
#include "ws_number.hpp"

namespace ws {

/// A frame and its payload. Move-only; the payload is freed with it. An object that was moved from, or that stands for a
/// failed call, has opcode() -1 and no payload.
class Frame {
public:
    Frame() noexcept : frame_{-1, 0, 0, 0, 0} {}
    /// Takes over a frame of the C ABI, payload included.
    explicit Frame(WsFrame frame) noexcept : frame_(frame) {}
    Frame(Frame &&other) noexcept : frame_(std::exchange(other.frame_, WsFrame{-1, 0, 0, 0, 0})) {}
    Frame &operator=(Frame &&other) noexcept {
        if (this != &other) {
            drop();
            frame_ = std::exchange(other.frame_, WsFrame{-1, 0, 0, 0, 0});
        }
        return *this;
    }
    Frame(const Frame &) = delete;
    Frame &operator=(const Frame &) = delete;
    ~Frame() { drop(); }

    /// A frame with any opcode and a copy of the payload. Throws InvalidArgument for a reserved opcode.
    static Frame create(Opcode opcode, std::string_view payload) {
        return made(ws_frame_new(opcode, payload.data(), static_cast<std::int64_t>(payload.size())));
    }
    /// A text frame. Throws InvalidArgument when msg is not UTF-8.
    static Frame text(std::string_view msg) { return made(ws_frame_text_n(msg.data(), static_cast<std::int64_t>(msg.size()))); }
    /// A binary frame.
    static Frame binary(const void *data, std::size_t len) { return made(ws_frame_binary(data, static_cast<std::int64_t>(len))); }
    static Frame binary(std::string_view data) { return binary(data.data(), data.size()); }
    template <typename Bytes, typename = std::enable_if_t<detail::is_bytes<Bytes>::value>>
    static Frame binary(const Bytes &data) {
        return binary(data.data(), data.size());
    }
    /// A ping frame with no payload.
    static Frame ping() { return made(ws_frame_ping()); }
    /// A pong frame with no payload.
    static Frame pong() { return made(ws_frame_pong()); }
    /// A close frame with a status code. Throws InvalidArgument for a code that must not be sent (RFC 6455 §7.4).
    static Frame close(CloseCode status_code) { return made(ws_frame_close(status_code)); }

    bool is_control() const noexcept { return ws_frame_is_control(&frame_) == 1; }
    bool is_text() const noexcept { return ws_frame_is_text(&frame_) == 1; }
    bool is_binary() const noexcept { return ws_frame_is_binary(&frame_) == 1; }
    bool is_close() const noexcept { return ws_frame_is_close(&frame_) == 1; }
    bool is_ping() const noexcept { return ws_frame_is_ping(&frame_) == 1; }
    bool is_pong() const noexcept { return ws_frame_is_pong(&frame_) == 1; }

    /// The payload; the view lives as long as the frame. Text may hold NUL.
    std::string_view payload_text() const noexcept { return {data(), static_cast<std::size_t>(payload_len())}; }
    /// The status code of a close frame; WS_CLOSE_NO_STATUS when it has none or this is no close frame.
    CloseCode close_code() const noexcept { return ws_frame_close_code(&frame_); }
    /// Frees the payload now. Harmless when it was done already.
    void drop() noexcept { ws_frame_drop(&frame_); }

    Opcode opcode() const noexcept { return frame_.opcode; }
    /// Address of the payload, 0 when there is none.
    std::int64_t payload() const noexcept { return frame_.payload; }
    /// The payload's first byte, an empty text when there is none.
    const char *data() const noexcept { return frame_.payload == 0 ? "" : reinterpret_cast<const char *>(static_cast<std::uintptr_t>(frame_.payload)); }
    std::int64_t payload_len() const noexcept { return frame_.payload_len; }
    bool is_final() const noexcept { return frame_.is_final == 1; }
    bool is_masked() const noexcept { return frame_.is_masked == 1; }
    /// Marks the frame as the last of its message, or as a fragment that others follow.
    void set_final(bool final) noexcept { frame_.is_final = final ? 1 : 0; }

    /// The frame of the C ABI; it stays this object's.
    const WsFrame &abi() const noexcept { return frame_; }

private:
    static Frame made(WsFrame frame) {
        detail::check(frame.opcode);
        return Frame(frame);
    }
    WsFrame frame_;
};

} // namespace ws

#endif // LIBWS_WS_FRAME_HPP
