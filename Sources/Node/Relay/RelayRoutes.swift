package import Contracts
import Encodings
import Hummingbird
package import LabAPI
import Relay
import Transport

/// What a relay answers its devices. All but health and metrics is signed by a device's key.
package enum RelayRoutes {
    /// - Parameter lab: Whose requests' signatures it takes.
    package static func make(
        for relay: RelayService, lab: LabID, version: String,
        now: @escaping @Sendable () -> Timestamp
    ) -> APIRoutes {
        // The lab knows no device: whose key it is, the roster says.
        let authentication = AuthenticationMiddleware(
            lab: lab.text, now: { now().milliseconds / 1_000 }, caller: { .stranger($0) })
        var routes = APIRoutes(authentication: authentication)
        addTasks(relay, to: &routes)
        addAnswers(relay, to: &routes)
        OperationsRoutes(
            title: "Jointlab relay", version: version,
            health: { .init(isHealthy: true, status: "ok") }, metrics: { await relay.metrics }
        ).add(to: &routes)
        return routes
    }

    private static func addTasks(_ relay: RelayService, to routes: inout APIRoutes) {
        routes.add(
            APIOperation(
                .get, "/v1/task", tag: "devices",
                "Ask for work: `task` with its proofs, or null where there is none within 10 s")
        ) { _, context in
            let card = try await relay.device(context.caller)
            return Response(["task": try await relay.task(for: card) ?? .null])
        }
        routes.add(
            APIOperation(
                .get, "/v1/blobs/{digest}", tag: "devices",
                "The model that a round under way starts from",
                answer: .init("The bytes", mediaType: "application/octet-stream"))
        ) { _, context in
            _ = try await relay.device(context.caller)
            let text = try context.parameters.require("digest")
            guard let digest = BlobDigest(text) else {
                throw Problem.notFound("blob \(text.prefix(80))")
            }
            return Response(immutable: try await relay.base(digest))
        }
    }

    private static func addAnswers(_ relay: RelayService, to routes: inout APIRoutes) {
        routes.add(
            APIOperation(
                .put, "/v1/rounds/{job}/{round}", tag: "devices",
                "Hand in what came of a task: the update or the statistics, nothing for an evaluation",
                query: [.init("report", "`rows` and `metricsMicro`, in JSON")],
                body: .init("A safetensors file", mediaType: "application/octet-stream"))
        ) { request, context in
            let card = try await relay.device(context.caller)
            let id = try Self.round(context)
            let report = try Self.report(request)
            let (work, place) = try await relay.expecting(card, in: id)
            do {
                let file = try await request.bytes(in: context, bytesMax: work.answerBytesMax)
                let answer = Result { () throws(DeviceFault) in
                    DeviceRound.Contribution(
                        answer: try work.answer(file), weight: report.rows,
                        metricsMicro: report.metricsMicro)
                }
                try await relay.take(answer, of: card, in: id)
            } catch {
                await relay.received(from: card, place: place)
                throw error
            }
            await relay.received(from: card, place: place)
            return Response([:])
        }
        routes.add(
            APIOperation(
                .post, "/v1/rounds/{job}/{round}/decline", tag: "devices",
                "Say that a task will not be carried out", body: .init("`code` and `detail`"))
        ) { request, context in
            let card = try await relay.device(context.caller)
            let id = try Self.round(context)
            var fields = try JSONFields(try await request.json(in: context, bytesMax: 8_192))
            let code = try fields.title("code", bytesMax: 80)
            let detail = try fields.title("detail", bytesMax: 2_000)
            try fields.finish()
            try await relay.declined(by: card, in: id, code: code, detail: detail)
            return Response([:])
        }
    }

    private static func round(_ context: LabContext) throws -> RoundID {
        let job = try context.parameters.require("job")
        let number = try context.parameters.require("round")
        guard let job = try? JobID(job), let number = UInt32(number) else {
            throw Problem.notFound("such round")
        }
        return RoundID(job: job, number: Int(number))
    }

    private static func report(_ request: Request) throws -> DeviceReport {
        guard let text = request.uri.queryParameters["report"] else {
            throw Problem(
                status: 400, code: "request.malformed",
                detail: "report should say on how many rows the answer was made")
        }
        return try DeviceReport(JSONValue(parsing: Array(text.utf8)))
    }
}

extension RelayService {
    var metrics: [Metric] {
        let status = status
        return [
            Metric(
                "jointlab_relay_devices", .gauge, help: "Enrolled devices.", status.devices.count),
            Metric(
                "jointlab_relay_devices_seen", .gauge,
                help: "Devices that have asked for work since the start.",
                status.devices.count { $0.sight.last != nil }),
            Metric(
                "jointlab_relay_rounds", .gauge, help: "Rounds under way.", status.rounds.count),
            Metric(
                "jointlab_relay_contributions_total", .counter,
                help: "Answers of devices that were taken.", status.contributed),
            Metric(
                "jointlab_relay_refused_total", .counter,
                help: "Answers and tasks that were refused, by code.",
                status.refused.sorted { $0.key < $1.key }.map {
                    .init($0.value, labels: ["code": $0.key])
                }),
        ]
    }
}
