/// The table that the C++ test of the API reference walks: one row per item, whose function throws at the first expectation unmet.
#ifndef SPEC_ITEMS_HPP
#define SPEC_ITEMS_HPP

#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "../peer.h"
#include "websocket.hpp"

struct Item {
    const char *name;
    void (*test)();
};

const std::vector<Item> &constant_items();
const std::vector<Item> &frame_items();
const std::vector<Item> &connection_items();
const std::vector<Item> &server_items();
const std::vector<Item> &example_items();

/// Where the example programs are.
extern std::string examples_directory;

struct Unmet : std::logic_error {
    using std::logic_error::logic_error;
};

#define SPEC_STRING_(x) #x
#define SPEC_STRING(x) SPEC_STRING_(x)
#define EXPECT(condition)                                                                \
    do {                                                                                 \
        if (!(condition)) {                                                              \
            throw Unmet(__FILE__ ":" SPEC_STRING(__LINE__) ": " #condition);             \
        }                                                                                \
    } while (0)

/// The expression throws this kind of exception, with this code and a message.
#define EXPECT_THROWS(kind, error, expression)                                           \
    do {                                                                                 \
        bool thrown_ = false;                                                            \
        try {                                                                            \
            (void)(expression);                                                          \
        } catch (const kind &e) {                                                        \
            thrown_ = e.code() == ws::errc::error && e.what()[0] != '\0';                \
        }                                                                                \
        EXPECT(thrown_ && #kind " " #error " from " #expression);                        \
    } while (0)

/// A descriptor that closes itself: the peer's end of a connection, as raw bytes.
class Peer {
public:
    explicit Peer(int fd) : fd_(fd) {}
    Peer(const Peer &) = delete;
    Peer &operator=(const Peer &) = delete;
    ~Peer() {
        if (fd_ >= 0) {
            close(fd_);
        }
    }
    operator int() const { return fd_; }

private:
    int fd_;
};

/// One end of a connection, which is under test, and its peer.
struct End {
    explicit End(bool server) : End(server, -1) {}
    ws::Connection conn;
    Peer peer;

private:
    End(bool server, int fd) : peer(peer_pair(&fd)) { conn = server ? ws::Connection::from_server(fd) : ws::Connection::from_client(fd); }
};

/// Receives one frame at the peer and compares it.
inline bool peer_sees(int peer, int first, std::string_view payload, bool masked, PeerFrame *into = nullptr) {
    static PeerFrame own;
    PeerFrame &seen = into != nullptr ? *into : own;
    return peer_read_frame(peer, &seen) && seen.first == first && seen.masked == (masked ? 1 : 0) &&
           std::string_view(reinterpret_cast<const char *>(seen.payload), seen.len) == payload;
}

inline bool peer_sends(int peer, int first, std::string_view payload, bool masked) {
    return peer_write_frame(peer, first, payload.data(), payload.size(), masked ? 1 : 0);
}

#endif
