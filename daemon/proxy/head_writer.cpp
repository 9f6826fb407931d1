// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/proxy/head_writer.hpp"

#include "daemon/http/response.hpp"
#include "daemon/runtime/encoding.hpp"

#include <fmt/format.h>
#include <iterator>

namespace berth::proxy {
namespace {

// Ours to say, never the client's: whether the other end is one whose headers may be believed.
constexpr std::string_view peer_header = "X-Berth-Peer";

void add(std::string& out, std::string_view name, std::string_view value) {
    out.append(name).append(": ").append(value).append("\r\n");
}

bool is_hop_by_hop(header_id id) {
    switch (id) {
    case header_id::connection:
    case header_id::keep_alive:
    case header_id::proxy_connection:
    case header_id::proxy_authorization:
    case header_id::proxy_authenticate:
    case header_id::te:
    case header_id::transfer_encoding:
    case header_id::upgrade: return true;
    default: return false;
    }
}

bool is_forwarding(header_id id) {
    switch (id) {
    case header_id::x_forwarded_for:
    case header_id::x_forwarded_proto:
    case header_id::x_forwarded_host:
    case header_id::x_forwarded_port: return true;
    default: return false;
    }
}

// Further names under which a peer could pretend; kept only from those who are believed.
bool is_claim(header_id id) {
    switch (id) {
    case header_id::x_forwarded_scheme:
    case header_id::x_real_ip:
    case header_id::x_scheme:
    case header_id::forwarded: return true;
    default: return false;
    }
}

// Named by Connection, so meant for us alone; but never what the message's meaning hangs on.
bool is_named(const message_head& m, const header_view& h) {
    return !m.connection_names.empty() && h.id != header_id::host && h.id != header_id::content_length &&
           list_has(m.connection_names, h.name);
}

std::string_view port_of(std::string_view host, bool tls) {
    const auto colon = host.rfind(':');
    if (colon == host.npos || host.find(']', colon) != host.npos) return tls ? "443" : "80";
    return host.substr(colon + 1);
}

std::string_view kept(const request_head& h, const peer_facts& peer, header_id id,
                      std::string_view otherwise) {
    const auto* given = peer.trusted ? h.find(id) : nullptr;
    return given ? given->value : otherwise;
}

void write_forwarding(std::string& out, const request_head& h, const peer_facts& peer,
                      std::string_view host) {
    out.append("X-Forwarded-For: ");
    if (peer.trusted)
        for (const auto& f : h.headers())
            if (f.id == header_id::x_forwarded_for) out.append(f.value).append(", ");
    out.append(peer.address).append("\r\n");
    add(out, "X-Forwarded-Proto", kept(h, peer, header_id::x_forwarded_proto, peer.tls ? "https" : "http"));
    add(out, "X-Forwarded-Host", kept(h, peer, header_id::x_forwarded_host, host));
    add(out, "X-Forwarded-Port", kept(h, peer, header_id::x_forwarded_port, port_of(host, peer.tls)));
}

} // namespace

void write_request_head(std::string& out, const request_head& h, const peer_facts& peer,
                        std::string_view authority, bool upgrade) {
    const auto host = h.host.empty() ? authority : h.host;
    out.append(h.method).append(" ").append(h.target).append(" HTTP/1.1\r\n");
    add(out, "Host", host);
    for (const auto& f : h.headers()) {
        if (f.id == header_id::host || is_hop_by_hop(f.id) || is_forwarding(f.id)) continue;
        if ((is_claim(f.id) && !peer.trusted) || is_named(h, f) || iequals(f.name, peer_header)) continue;
        // Equal repetitions of Content-Length are one.
        if (f.id == header_id::content_length && &f != h.find(header_id::content_length)) continue;
        add(out, f.name, f.value);
    }
    if (h.has_encoding) out.append("Transfer-Encoding: chunked\r\n");
    if (upgrade) {
        out.append("Connection: Upgrade\r\n");
        add(out, "Upgrade", h.find(header_id::upgrade)->value);
    }
    write_forwarding(out, h, peer, host);
    if (peer.trusted) add(out, peer_header, "trusted");
    out.append("\r\n");
}

void write_page_request(std::string& out, const request_head& h, std::string_view error_target, int status) {
    fmt::format_to(std::back_inserter(out), "{} {}/{}?url={} HTTP/1.1\r\n",
                   h.method == "HEAD" ? "HEAD" : "GET", error_target, status, percent_encode(h.target));
    add(out, "Host", h.host.empty() ? std::string_view("localhost") : h.host);
    if (const auto* a = h.find(header_id::accept)) add(out, "Accept", a->value);
    for (const auto& f : h.headers())
        if (is_forwarding(f.id)) add(out, f.name, f.value);
    out.append("\r\n");
}

void write_response_head(std::string& out, const response_head& h, const response_rules& rules) {
    const int status = rules.instead_of_status ? rules.instead_of_status : h.status;
    // An HTTP/1.0 client understands an answer of a higher minor version (RFC 9110 section 6.2).
    fmt::format_to(std::back_inserter(out), "HTTP/1.1 {} {}\r\n", status,
                   rules.instead_of_status ? http::reason_phrase(status) : h.reason);
    bool has_length = false;
    for (const auto& f : h.headers()) {
        if (is_hop_by_hop(f.id) || is_named(h, f)) continue;
        if (f.id == header_id::content_length) {
            if (h.has_encoding || has_length) continue;
            has_length = true;
        } else if (rules.instead_of_status && f.id != header_id::content_type &&
                   f.id != header_id::content_encoding) {
            continue;
        }
        add(out, f.name, f.value);
    }
    if (rules.chunked) out.append("Transfer-Encoding: chunked\r\n");
    if (rules.upgrade) {
        out.append("Connection: Upgrade\r\n");
        if (const auto* u = h.find(header_id::upgrade)) add(out, "Upgrade", u->value);
    } else if (rules.close) {
        out.append("Connection: close\r\n");
    } else if (rules.minor == 0) {
        out.append("Connection: keep-alive\r\n");
    }
    if (rules.instead_of_status == 503) out.append("Retry-After: 5\r\n");
    out.append("\r\n");
}

} // namespace berth::proxy
