// SPDX-License-Identifier: BSD-3-Clause
// The document as people read it: plain values for the pages under /hub/docs.
#pragma once

#include <string>
#include <vector>

namespace berth::openapi {

// A parameter, or a member of a body or model.
struct row {
    std::string name, type, model; // model: "" or what the type links to
    std::string place;             // of a parameter: path, query
    std::string text;
    bool required = false;
};

struct answer {
    std::string status, text, type, model;
};

struct operation {
    std::string id, method, path, summary, text;
    std::string access; // who may, in words, where no scope is asked for
    std::vector<std::string> scopes; // any of them will do
    std::vector<row> parameters;
    std::string body_type, body_model, body_text; // body_type "": there is no body
    bool body_required = false;
    std::vector<row> members; // of a body that is no model
    std::vector<answer> answers;
};

struct group {
    std::string name, slug, text; // slug: "share-codes"
    std::vector<operation> operations;
};

struct model {
    std::string name, text, type; // type: of what is no object with members
    std::vector<row> members;
};

struct catalogue {
    std::vector<group> groups;
    std::vector<model> models;
};

// Of this program's own document.
catalogue read_catalogue(const std::string& base);

} // namespace berth::openapi
