//! An OpenTelemetry collector of the suite: what the functions count.

use anyhow::{Context, Result};
use opentelemetry_proto::tonic::{
    collector::metrics::v1::{
        ExportMetricsServiceRequest, ExportMetricsServiceResponse,
        metrics_service_server::{MetricsService, MetricsServiceServer},
    },
    common::v1::{KeyValue, any_value::Value},
    metrics::v1::{Metric, metric, number_data_point::Value as Number},
};
use std::{
    collections::BTreeMap,
    ops::AddAssign,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tonic::{
    Request, Response, Status, async_trait,
    transport::{Server, server::TcpIncoming},
};

/// What one process counted under one name with one set of attributes; the process is known by its start.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Series {
    name: String,
    attributes: String,
    start: u64,
    service: String,
}

/// A counter's value, or a histogram.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Point {
    pub(crate) count: f64,
    pub(crate) sum: f64,
    /// How many were at most as long as each bound, not cumulated.
    pub(crate) buckets: Vec<(f64, u64)>,
}

impl AddAssign<&Point> for Point {
    fn add_assign(&mut self, other: &Point) {
        self.count += other.count;
        self.sum += other.sum;
        if self.buckets.is_empty() {
            self.buckets.clone_from(&other.buckets);
        } else {
            self.buckets.iter_mut().zip(&other.buckets).for_each(|(ours, others)| ours.1 += others.1);
        }
    }
}

impl Point {
    /// What was counted since then.
    pub(crate) fn since(mut self, before: &Point) -> Point {
        self.count -= before.count;
        self.sum -= before.sum;
        self.buckets.iter_mut().zip(&before.buckets).for_each(|(now, before)| now.1 -= before.1);
        self
    }

    pub(crate) fn mean(&self) -> f64 {
        self.sum / self.count
    }

    /// The bound below which this part of all is.
    pub(crate) fn quantile(&self, part: f64) -> f64 {
        let mut seen = 0;
        let mut below = |(_, count): &&(f64, u64)| {
            seen += count;
            seen as f64 >= part * self.count
        };
        self.buckets.iter().find(|bucket| below(bucket)).map_or(f64::INFINITY, |(bound, _)| *bound)
    }
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Metrics(Arc<Mutex<BTreeMap<Series, Point>>>);

impl Metrics {
    /// Serves on this port of every address, so that pods reach it.
    pub(crate) async fn start(port: u16) -> Result<Self> {
        let metrics = Self::default();
        let listener = tokio::net::TcpListener::bind(("0.0.0.0", port)).await;
        let listener = listener.with_context(|| format!("failed to listen on port {port} for metrics"))?;
        let server = Server::builder().add_service(MetricsServiceServer::new(metrics.clone()));
        tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
        Ok(metrics)
    }

    /// All of one name whose attributes (`name=value,...`, sorted, with `service=`) have each of these parts.
    pub(crate) fn total(&self, name: &str, parts: &[&str]) -> Point {
        let mut total = Point::default();
        let series = self.lock();
        let asked = |series: &&Series| {
            let all = format!(",service={},{},", series.service, series.attributes);
            series.name == name && parts.iter().all(|part| all.contains(&format!(",{part},")))
        };
        series.iter().filter(|(series, _)| asked(series)).for_each(|(_, point)| total += point);
        total
    }

    /// The counters of one name as they are, for an error.
    pub(crate) fn dump(&self, name: &str) -> String {
        let series = self.lock();
        let lines = series.iter().filter(|(series, _)| series.name == name);
        lines.map(|(s, p)| format!("{} {} {}\n", s.service, s.attributes, p.count)).collect()
    }

    fn keep(&self, service: &str, metric: Metric) {
        let series = |attributes: &[KeyValue], start| Series {
            name: metric.name.clone(),
            attributes: text(attributes),
            start,
            service: service.to_owned(),
        };
        let mut kept = self.lock();
        match metric.data {
            Some(metric::Data::Sum(sum)) => {
                for point in sum.data_points {
                    let count = number(point.value);
                    kept.insert(
                        series(&point.attributes, point.start_time_unix_nano),
                        Point { count, ..Point::default() },
                    );
                }
            }
            Some(metric::Data::Gauge(gauge)) => {
                for point in gauge.data_points {
                    let count = number(point.value);
                    kept.insert(series(&point.attributes, 0), Point { count, ..Point::default() });
                }
            }
            Some(metric::Data::Histogram(histogram)) => {
                for point in histogram.data_points {
                    let bounds = point.explicit_bounds.iter().copied().chain([f64::INFINITY]);
                    let buckets = bounds.zip(point.bucket_counts.iter().copied()).collect();
                    let sum = point.sum.unwrap_or_default();
                    let start = point.start_time_unix_nano;
                    kept.insert(series(&point.attributes, start), Point { count: point.count as f64, sum, buckets });
                }
            }
            _ => {}
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Series, Point>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn number(value: Option<Number>) -> f64 {
    match value {
        Some(Number::AsInt(value)) => value as f64,
        Some(Number::AsDouble(value)) => value,
        None => 0.0,
    }
}

/// `name=value`, sorted and joined by commas.
fn text(attributes: &[KeyValue]) -> String {
    let one = |attribute: &KeyValue| match attribute.value.as_ref()?.value.as_ref()? {
        Value::StringValue(value) => Some(format!("{}={value}", attribute.key)),
        _ => None,
    };
    let mut all: Vec<String> = attributes.iter().filter_map(one).collect();
    all.sort();
    all.join(",")
}

#[async_trait]
impl MetricsService for Metrics {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        for resource in request.into_inner().resource_metrics {
            let attributes = text(&resource.resource.map(|resource| resource.attributes).unwrap_or_default());
            let name = attributes.split(',').find_map(|attribute| attribute.strip_prefix("service.name="));
            let service = name.unwrap_or_default().to_owned();
            let metrics = resource.scope_metrics.into_iter().flat_map(|scope| scope.metrics);
            metrics.for_each(|metric| self.keep(&service, metric));
        }
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}
