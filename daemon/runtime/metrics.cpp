// SPDX-License-Identifier: BSD-3-Clause
#include "daemon/runtime/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <mutex>

namespace berth {

void counter::add(double amount) { series_->Increment(amount); }
double counter::value() const { return series_->Value(); }
void gauge::set(double value) { series_->Set(value); }
void gauge::add(double amount) { series_->Increment(amount); }
double gauge::value() const { return series_->Value(); }
void histogram::observe(double value) { series_->Observe(value); }

struct metrics_registry::state {
    prometheus::Registry registry;
    std::mutex mutex;
    std::map<std::string, std::vector<double>> bounds; // of each histogram's first registration
};

metrics_registry::metrics_registry() : state_(std::make_unique<state>()) {}
metrics_registry::~metrics_registry() = default;

// The registry merges families of one name, and a family series of the same labels.
berth::counter metrics_registry::counter(const std::string& name, const std::string& help,
                                         const metric_labels& labels) {
    return berth::counter(
        prometheus::BuildCounter().Name(name).Help(help).Register(state_->registry).Add(labels));
}

berth::gauge metrics_registry::gauge(const std::string& name, const std::string& help,
                                     const metric_labels& labels) {
    return berth::gauge(
        prometheus::BuildGauge().Name(name).Help(help).Register(state_->registry).Add(labels));
}

berth::histogram metrics_registry::histogram(const std::string& name, const std::string& help,
                                             const metric_labels& labels, const std::vector<double>& bounds) {
    auto& family = prometheus::BuildHistogram().Name(name).Help(help).Register(state_->registry);
    const std::lock_guard lock(state_->mutex);
    const auto& chosen = state_->bounds.try_emplace(name, bounds).first->second;
    return berth::histogram(family.Add(labels, chosen));
}

std::string metrics_registry::render() const {
    return prometheus::TextSerializer().Serialize(state_->registry.Collect());
}

const std::vector<double>& metrics_registry::default_bounds() {
    static const std::vector<double> bounds{.005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10};
    return bounds;
}

} // namespace berth
