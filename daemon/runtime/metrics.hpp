// SPDX-License-Identifier: BSD-3-Clause
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace prometheus {
class Counter;
class Gauge;
class Histogram;
} // namespace prometheus

namespace berth {

using metric_labels = std::map<std::string, std::string>;

// Handles to one time series. Cheap to copy and to use (an atomic addition, a histogram a short lock): look a
// series up once and keep the handle. Thread-safe. Valid as long as their registry.
class counter {
  public:
    void add(double amount = 1); // never negative
    double value() const;

  private:
    friend class metrics_registry;
    explicit counter(prometheus::Counter& c) : series_(&c) {}
    prometheus::Counter* series_;
};

class gauge {
  public:
    void set(double value);
    void add(double amount);
    double value() const;

  private:
    friend class metrics_registry;
    explicit gauge(prometheus::Gauge& g) : series_(&g) {}
    prometheus::Gauge* series_;
};

class histogram {
  public:
    void observe(double value); // seconds, for times

  private:
    friend class metrics_registry;
    explicit histogram(prometheus::Histogram& h) : series_(&h) {}
    prometheus::Histogram* series_;
};

// The program's metrics, made once in daemon/main. Names, labels and meanings follow JupyterHub's where it
// has them. The same name and labels give the same series; `help` counts when a name is first seen. A name
// that is no metric's name, or that is used with two types, throws std::invalid_argument (a bug). Labels must
// come from a bounded set: routes, states, codes; never user names. Thread-safe.
class metrics_registry {
  public:
    metrics_registry();
    ~metrics_registry();
    metrics_registry(const metrics_registry&) = delete;
    metrics_registry& operator=(const metrics_registry&) = delete;

    berth::counter counter(const std::string& name, const std::string& help,
                           const metric_labels& labels = {});
    berth::gauge gauge(const std::string& name, const std::string& help, const metric_labels& labels = {});
    // `bounds` are upper bounds, ascending; +Inf is added. They count when the name is first seen.
    berth::histogram histogram(const std::string& name, const std::string& help,
                               const metric_labels& labels = {},
                               const std::vector<double>& bounds = default_bounds());

    // Prometheus text format, version 0.0.4.
    std::string render() const;

    // 5 ms to 10 s: the bounds that Prometheus' clients, and so JupyterHub's dashboards, use.
    static const std::vector<double>& default_bounds();

  private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace berth
