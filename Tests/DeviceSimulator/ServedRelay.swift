package import AsyncHTTPClient
package import Contracts
package import Devices
import Encodings
import Foundation
package import Identity
import LabAPI
import Learning
package import Logging
import Memory
import NIOCore
import NIOHTTP1
package import Node
package import Relay
package import SampleLab
import ServedLab
package import Trainers
import Transport

/// A relay's real service behind a real server on this machine, asked to carry out one round of a
/// sample lab, and its devices' connections.
package struct ServedRelay: Sendable {
    /// The owner whose relay it is.
    package static let owner = "north"

    package let service: RelayService
    package let home: RelayHome
    package let lab: SampleLab
    package let round: Round
    package let base: [UInt8]?
    package let rowsPerDevice: Int
    private let task: DeviceTask
    private let keys: [SigningKey]
    private let url: String
    private let http: HTTPClient

    /// - Parameters:
    ///   - devices: So many are enrolled, `device-0` and so on.
    ///   - asked: What the round asks for.
    ///   - devicesMin: With fewer there is no result; all of them, if absent.
    ///   - devicesEnough: With so many the round closes; all of them, if absent.
    ///   - clock: The relay's; this machine's, if absent.
    package static func with<Result: Sendable>(
        devices: Int, asked: RoundTask = .train, rowsPerDevice: Int = 8, devicesMin: Int? = nil,
        devicesEnough: Int? = nil, timeoutMilliseconds: Int64 = 600_000, logger: Logger = .silent,
        clock: (@Sendable () -> Timestamp)? = nil,
        _ body: @escaping @Sendable (ServedRelay) async throws -> Result
    ) async throws -> Result {
        var lab = try SampleLab()
        var training = try lab.prepareTraining(
            rounds: 1, rowsOf: [owner: Int64(max(60, devices * rowsPerDevice))])
        try lab.settle()
        let before = [RoundTask.statistics, .train, .evaluate].firstIndex(of: asked) ?? 0
        for _ in 0..<before {
            try lab.runRound(of: &training)
            try lab.settle()
        }
        let round = try lab.openRound(of: training)
        try lab.settle()

        let folder = try TemporaryFolder()
        let home = RelayHome(folder.file("relay"))
        try home.prepare(
            RelayedDataset(
                id: DatasetID("\(owner)-data"), schema: DatasetSchema(json: SampleData.schema)))
        var random = SystemRandomNumberGenerator()
        let keys = (0..<devices).map { _ in SigningKey(from: &random) }
        try home.write(
            keys.enumerated().map { place, key in
                DeviceCard(
                    device: try DeviceID("device-\(place)"), key: key.publicKey,
                    rows: Int64(rowsPerDevice), commitment: BlobDigest(of: key.publicKey.bytes))
            })
        let service = try RelayService(
            home: home,
            settings: RelaySettings(
                listen: ListenAddress(host: "127.0.0.1", port: 0),
                devicesMin: devicesMin ?? devices, devicesEnough: devicesEnough,
                roundTimeoutMilliseconds: timeoutMilliseconds), logger: logger, now: clock ?? now)
        let routes = RelayRoutes.make(for: service, lab: lab.id, version: "test", now: now)
        let (settled, base) = (lab, round.base.flatMap { training.blobs[$0] })
        let task = try lab.task(of: round.id)
        return try await LoopbackServer.with(routes.router) { url, http in
            defer { withExtendedLifetime(folder) {} }
            return try await body(
                ServedRelay(
                    service: service, home: home, lab: settled, round: round, base: base,
                    rowsPerDevice: rowsPerDevice, task: task, keys: keys, url: url, http: http))
        }
    }

    private static let now: @Sendable () -> Timestamp = {
        Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1_000))
    }

    // MARK: - The node's side

    /// Has the relay carry the round out, as its node would.
    ///
    /// - Parameters:
    ///   - other: As which round it is carried out; as that of the lab, if absent.
    ///   - renewed: The task as a newer state has it.
    ///   - refusal: What the node's ledger says of it by now.
    package func carryOut(
        as other: RoundID? = nil,
        renewed: @escaping @Sendable () async throws -> DeviceTask? = { nil },
        refusal: @escaping @Sendable () async -> RelayService.Refused? = { nil }
    ) async throws -> DeviceMean {
        let relayed = try RelayedWork(
            RoundWork(
                task: round.task, round: other ?? round.id, member: lab.member(Self.owner).id,
                judges: round.judges, trainer: .averaged(SampleData.settings),
                base: base.map { FileBytes($0) }))
        let enrolled = keys.count
        let rows = lab.state.datasets[try DatasetID("\(Self.owner)-data")]?.rows ?? 0
        return try await service.carryOut(
            relayed, task: task, base: round.base,
            limits: service.settings.limits(
                enrolled: enrolled, rows: rows, leftMilliseconds: .max), renewed: renewed,
            refusal: refusal)
    }

    // MARK: - The devices' side

    package func connection(_ place: Int, http other: HTTPClient? = nil) throws -> RelayConnection {
        try connection(under: keys[place], http: other)
    }

    package func connection(
        under key: SigningKey, http other: HTTPClient? = nil
    ) throws -> RelayConnection {
        RelayConnection(
            try SignedClient(
                baseURL: url,
                signer: RequestSigner(key: key, lab: lab.id.text) {
                    Self.now().milliseconds / 1_000
                }, http: other ?? http))
    }

    /// Sends a device's signed request for the base twice, and then its signature with another path, as
    /// somebody might who has listened in.
    ///
    /// - Returns: The statuses.
    package func replayed(_ place: Int) async throws -> [UInt] {
        let target = "/v1/blobs/\(round.base?.text ?? "")"
        let fields = try RequestSigner(key: keys[place], lab: lab.id.text) {
            Self.now().milliseconds / 1_000
        }.fields(method: "GET", target: target, bodyDigest: nil)
        var statuses: [UInt] = []
        for path in [target, target, "/v1/task"] {
            var request = HTTPClientRequest(url: url + path)
            for field in fields { request.headers.add(name: field.name, value: field.value) }
            let response = try await http.execute(request, timeout: .seconds(30))
            _ = try await response.body.collect(upTo: 1 << 20)
            statuses.append(response.status.code)
        }
        return statuses
    }

    /// What an honest device makes of the task that it has got.
    package func product(_ place: Int, of task: DeviceTask) throws -> RoundWork.Product {
        let name = try DeviceID("device-\(place)")
        var gate = DeviceGate(try lab.card(of: name, at: Self.owner))
        return try gate.order(for: task, at: lab.now).work(as: name, base: base).perform(
            on: SampleData.dataset(rows: rowsPerDevice, seed: UInt64(place)))
    }

    /// Does what an honest device does in a round, from its question to its answer.
    package func takePart(_ place: Int, http other: HTTPClient? = nil) async throws {
        let connection = try connection(place, http: other)
        guard let task = try await connection.task() else { throw SampleLabError.nobody("a task") }
        if let digest = round.base {
            let file = try await connection.client.bytes("/v1/blobs/\(digest)")
            guard file == base else { throw SampleLabError.nobody("the base") }
        }
        let product = try product(place, of: task)
        while true {
            do {
                return try await connection.contribute(
                    round.task == .evaluate ? [] : try product.update.array,
                    DeviceReport(rows: product.weight, metricsMicro: product.metricsMicro),
                    to: round.id)
            } catch let problem as Problem where problem.code == "relay.busy" {
                try await Task.sleep(for: .milliseconds(Int.random(in: 10...100)))
            }
        }
    }
}
