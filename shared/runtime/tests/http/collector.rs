//! An OpenTelemetry collector in this process that keeps what it is sent.

use opentelemetry_proto::tonic::collector::metrics::v1::{
    ExportMetricsServiceRequest, ExportMetricsServiceResponse,
    metrics_service_server::{MetricsService, MetricsServiceServer},
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
    trace_service_server::{TraceService, TraceServiceServer},
};
use opentelemetry_proto::tonic::common::v1::{KeyValue, any_value::Value};
use opentelemetry_proto::tonic::metrics::v1::{Metric, metric};
use opentelemetry_proto::tonic::trace::v1::Span;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use tonic::transport::{Server, server::TcpIncoming};
use tonic::{Request, Response, Status};

#[derive(Clone, Default)]
pub(crate) struct Collector {
    traces: Arc<Mutex<Vec<ExportTraceServiceRequest>>>,
    metrics: Arc<Mutex<Vec<ExportMetricsServiceRequest>>>,
}

impl Collector {
    /// Serves on a free port; returns the endpoint too.
    pub(crate) async fn start() -> (Self, String) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let collector = Self::default();
        let server = Server::builder()
            .add_service(TraceServiceServer::new(collector.clone()))
            .add_service(MetricsServiceServer::new(collector.clone()));
        tokio::spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
        (collector, endpoint)
    }

    pub(crate) fn spans(&self) -> Vec<Span> {
        let requests = self.traces.lock().unwrap().clone();
        let resources = requests.into_iter().flat_map(|request| request.resource_spans);
        resources.flat_map(|resource| resource.scope_spans).flat_map(|scope| scope.spans).collect()
    }

    /// The names under which services sent spans.
    pub(crate) fn services(&self) -> Vec<String> {
        let requests = self.traces.lock().unwrap().clone();
        let resources = requests.into_iter().flat_map(|request| request.resource_spans);
        resources.map(|spans| attributes(&spans.resource.unwrap().attributes)["service.name"].clone()).collect()
    }

    /// The counters and histograms of one name: `attribute=value` joined by commas, and how much was counted.
    pub(crate) fn counts(&self, name: &str) -> BTreeMap<String, u64> {
        self.metrics(name).into_iter().flat_map(points).collect()
    }

    /// The metrics of one name as they came.
    pub(crate) fn metrics(&self, name: &str) -> Vec<Metric> {
        let requests = self.metrics.lock().unwrap().clone();
        let resources = requests.into_iter().flat_map(|request| request.resource_metrics);
        let metrics = resources.flat_map(|resource| resource.scope_metrics).flat_map(|scope| scope.metrics);
        metrics.filter(|metric| metric.name == name).collect()
    }
}

fn points(metric: Metric) -> Vec<(String, u64)> {
    let key = |keys: &[KeyValue]| {
        attributes(keys).into_iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(",")
    };
    match metric.data.unwrap() {
        metric::Data::Sum(sum) => {
            let value = |point: &opentelemetry_proto::tonic::metrics::v1::NumberDataPoint| match point.value {
                Some(opentelemetry_proto::tonic::metrics::v1::number_data_point::Value::AsInt(value)) => {
                    value.cast_unsigned()
                }
                _ => panic!("{point:?}"),
            };
            sum.data_points.iter().map(|point| (key(&point.attributes), value(point))).collect()
        }
        metric::Data::Histogram(histogram) => {
            histogram.data_points.iter().map(|point| (key(&point.attributes), point.count)).collect()
        }
        other => panic!("{other:?}"),
    }
}

/// The attributes that are strings, sorted by key.
pub(crate) fn attributes(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    let text = |attribute: &KeyValue| match attribute.value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some((attribute.key.clone(), text.clone())),
        _ => None,
    };
    attributes.iter().filter_map(text).collect()
}

#[tonic::async_trait]
impl TraceService for Collector {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.traces.lock().unwrap().push(request.into_inner());
        Ok(Response::new(Default::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Collector {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        self.metrics.lock().unwrap().push(request.into_inner());
        Ok(Response::new(Default::default()))
    }
}
