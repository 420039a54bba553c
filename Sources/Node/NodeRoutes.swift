package import Contracts
import Encodings
import Federation
import Hummingbird
package import LabAPI
import Ledger
import Transport

/// What a node answers its own member, on the member's own machine.
package enum NodeRoutes {
    package static func make(
        for service: NodeService, version: String, now: @escaping @Sendable () -> Timestamp
    ) -> APIRoutes {
        let authentication = AuthenticationMiddleware(
            lab: service.lab.lab.text, now: { now().milliseconds / 1_000 },
            caller: { await service.caller($0) })
        var routes = APIRoutes(authentication: authentication)
        routes.add(
            APIOperation(
                .get, "/v1/status", tag: "node", "How the node is doing: height, lag, stage, alarms"
            )
        ) { _, context in
            _ = try context.requireMemberOrApplicant()
            return Response(await service.status().json)
        }
        routes.add(
            APIOperation(
                .get, "/v1/devices", tag: "node", "The devices that are enrolled at this relay")
        ) { _, context in
            _ = try context.requireMemberOrApplicant()
            guard let relay = await service.status().relay else {
                throw Problem(
                    status: 404, code: "relay.none", detail: "this node runs no relay")
            }
            return Response(relay.devicesJSON)
        }
        routes.add(
            APIOperation(
                .get, "/v1/requests", tag: "node",
                "The jobs that ask for the member's data, what its rules and its decisions say, and "
                    + "how many proposals of one member are left out",
                query: [.init("job", "Also this job, should it be left out")])
        ) { request, context in
            _ = try context.requireMemberOrApplicant()
            let job = request.uri.queryParameters["job"].flatMap { try? JobID(String($0)) }
            guard let (requests, leftOut) = await service.requests(naming: job) else {
                throw Problem(
                    status: 503, code: TaskRefusal.ownerUnreadableCode,
                    detail: OwnerRecords.Unreadable.noAnswer.description)
            }
            return Response([
                "items": .array(requests.map(\.json)), "leftOut": .array(leftOut.map(\.json)),
            ])
        }
        LabRoutes { await service.snapshot }.add(to: &routes)
        LedgerRoutes(database: service.database, progress: service.progress) {
            await service.snapshot
        }.add(to: &routes)
        OperationsRoutes(
            title: "Jointlab node", version: version,
            health: {
                let status = await service.status()
                if let halted = status.halted {
                    return .init(isHealthy: false, status: "halted: \(halted.code)")
                }
                return .init(
                    isHealthy: true, status: status.isConnected ? "ok" : "not connected")
            }, metrics: { await service.metrics }
        ).add(to: &routes)
        return routes
    }
}
