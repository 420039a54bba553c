import Encodings
import HTTPTypes
import Hummingbird
package import Transport

/// The routes for those who run the thing: health, metrics, and what the interface is.
package struct OperationsRoutes: Sendable {
    /// Whether the service does its work, and why not if it does not.
    package struct Health: Sendable {
        package let isHealthy: Bool
        package let status: String

        package init(isHealthy: Bool, status: String) {
            self.isHealthy = isHealthy
            self.status = status
        }
    }

    private let title: String
    private let version: String
    private let health: @Sendable () async -> Health
    private let metrics: @Sendable () async -> [Metric]

    package init(
        title: String, version: String, health: @escaping @Sendable () async -> Health,
        metrics: @escaping @Sendable () async -> [Metric]
    ) {
        self.title = title
        self.version = version
        self.health = health
        self.metrics = metrics
    }

    /// Adds them; to be called last, so that the document describes everything.
    package func add(to routes: inout APIRoutes) {
        routes.add(
            APIOperation(
                .get, "/health", tag: "operations",
                "200 while the service does its work, 503 with the reason if not", access: .open)
        ) { _, _ in
            let health = await health()
            return Response(
                ["status": .string(health.status), "version": .string(version)],
                status: health.isHealthy ? .ok : .serviceUnavailable)
        }
        routes.add(
            APIOperation(
                .get, "/metrics", tag: "operations", "Metrics for Prometheus", access: .open,
                answer: .init("Text exposition format", mediaType: "text/plain"))
        ) { _, _ in
            Response(text: Metric.page(await metrics()), mediaType: Metric.mediaType)
        }
        let document = APIOperation(
            .get, "/openapi.json", tag: "operations", "This description", access: .open)
        let description = OpenAPIDocument(
            title: title, version: version, operations: routes.operations + [document]
        ).json
        routes.add(document) { _, _ in Response(description) }
    }
}
