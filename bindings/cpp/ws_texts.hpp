/// ws_texts.hpp: Texts, what connections of both kinds tell of their opening handshake and their peer (RFC 6455 §4), as copies.
#ifndef LIBWS_WS_TEXTS_HPP
#define LIBWS_WS_TEXTS_HPP

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ws_error.hpp"

namespace ws {

namespace detail {

/// Copies a text of the library through copy(buffer, size), which works as ws_copy_text does; nothing when it fails.
template <typename Copy>
std::optional<std::string> copied(Copy copy) {
    std::string text(127, '\0');
    for (;;) {
        const std::int64_t len = copy(text.data(), static_cast<std::int64_t>(text.size()) + 1); // a string has room for a NUL behind it
        if (len < 0) {
            return std::nullopt;
        }
        const bool whole = static_cast<std::size_t>(len) <= text.size();
        text.resize(static_cast<std::size_t>(len));
        if (whole) {
            return text;
        }
    }
}

inline std::string copied(std::int64_t handle, std::int64_t which) {
    return copied([&](char *buffer, std::int64_t size) { return ws_copy_text(handle, which, buffer, size); }).value_or(std::string());
}

} // namespace detail

/// The base of Connection and LoopConnection, whose handle() it asks. Any thread may call any of this, whatever others do with the
/// connection.
template <typename Owner>
class Texts {
public:
    /// The client's request; empty where there was none, and once the library has let go of it (see ws.h).
    std::string request_method() const { return copied(WS_TEXT_REQUEST_METHOD); }
    std::string request_path() const { return copied(WS_TEXT_REQUEST_PATH); }
    std::string request_query() const { return copied(WS_TEXT_REQUEST_QUERY); }
    std::string request_host() const { return copied(WS_TEXT_REQUEST_HOST); }
    std::string request_origin() const { return copied(WS_TEXT_REQUEST_ORIGIN); }
    /// The value of a header, whatever the letter case; nothing when it is absent.
    std::optional<std::string> request_header(const std::string &name) const {
        const char *key = detail::text(name, "name");
        return detail::copied([&](char *buffer, std::int64_t size) { return ws_copy_header(handle(), key, buffer, size); });
    }
    /// Every header in the order it came.
    std::vector<std::pair<std::string, std::string>> request_headers() const {
        std::vector<std::pair<std::string, std::string>> all;
        const std::int64_t count = ws_request_header_count(handle());
        for (std::int64_t i = 0; i < count; i++) {
            all.emplace_back(copied(WS_TEXT_HEADER_NAME + i), copied(WS_TEXT_HEADER_VALUE + i));
        }
        return all;
    }
    /// The subprotocol that the opening handshake agreed on.
    std::string subprotocol() const { return copied(WS_TEXT_SUBPROTOCOL); }
    /// The peer's address as "host:port".
    std::string peer_address() const { return copied(WS_TEXT_PEER_ADDRESS); }

protected:
    std::string copied(std::int64_t which) const { return detail::copied(handle(), which); }

private:
    std::int64_t handle() const noexcept { return static_cast<const Owner *>(this)->handle(); }
};

} // namespace ws

#endif // LIBWS_WS_TEXTS_HPP
