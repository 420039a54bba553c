import AsyncHTTPClient
import Contracts
import DeviceSimulator
import Devices
import Foundation
import Learning
import Logging
import Node
import Relay
import SampleLab
import ServedLab
import Testing
import Transport

/// The program on a device, against a relay's real service.
@Suite struct DeviceAgentTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    private func home(_ name: String) throws -> DeviceHome {
        let home = DeviceHome(folder.file(name))
        var lines = ["age,dose,sex,outcome"]
        for row in 0..<8 {
            lines.append(
                "\(30 + row),\(row % 3),\(row % 2 == 0 ? "f" : "m"),\(row % 2 == 0 ? "yes" : "no")")
        }
        let file = folder.file("\(name).csv")
        try (lines.joined(separator: "\n") + "\n").write(
            to: file, atomically: true, encoding: .utf8)
        _ = try home.prepare(
            DeviceID(name), file: file.path, csv: CSVOptions(), holdoutPerMille: 250)
        return home
    }

    /// Runs an agent beside a round at a relay, until something holds.
    private func run(
        _ home: DeviceHome, believing lab: SampleLab?, _ relay: ServedRelay,
        until holds: @escaping @Sendable () async throws -> Bool
    ) async throws {
        let name = try home.data().device
        try home.write((lab ?? relay.lab).card(of: name, at: ServedRelay.owner))
        try relay.home.write(relay.home.cards() + [home.card()])
        let client = try relay.connection(under: home.signingKey()).client
        let now = relay.lab.now
        let agent = try DeviceAgent(home: home, client: client, logger: .silent) { now }
        let work = Task { try await agent.run() }
        defer { work.cancel() }
        // Beside tests that compute for minutes, the agent may have to wait for a thread.
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(600)
        while clock.now < deadline {
            if try await holds() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("it does not come about")
    }

    @Test("A device trains what its quorum has signed, once, and remembers how long the ledger was")
    func contributes() async throws {
        let home = try home("thermometer")
        try await ServedRelay.with(devices: 1, devicesMin: 2, devicesEnough: 2) { relay in
            async let ended = relay.carryOut()
            try await run(home, believing: nil, relay) {
                try home.remembered().contributed == 1
            }
            try await relay.takePart(0)
            let mean = try await ended
            #expect(mean.devices == 2 && mean.weight == 12)
            let remembered = try home.remembered()
            #expect(remembered.ledgerSize == UInt64(relay.lab.entries.count))
            #expect(remembered.refused == 0)
        }
    }

    @Test("A device whose quorum has not signed the round refuses it, and its rows are not opened")
    func believesNoRelay() async throws {
        let home = try home("thermometer")
        let data = try home.data()
        try await ServedRelay.with(devices: 1, devicesMin: 1, devicesEnough: 2) { relay in
            let round = Task { try await relay.carryOut() }
            defer { round.cancel() }
            // Whoever opens it finds nothing, and says so.
            try FileManager.default.removeItem(atPath: data.file)
            try await run(home, believing: SampleLab(seed: 2), relay) {
                await relay.service.status.refused["task.not_certified"] ?? 0 >= 1
            }
            #expect(await relay.service.status.refused.keys.sorted() == ["task.not_certified"])
            #expect(try home.remembered().contributed == 0)
            #expect(try home.remembered().ledgerSize == 0)
        }
    }

    @Test("Where its rows are not those that it is enrolled with, a device declines")
    func changedRows() async throws {
        let home = try home("thermometer")
        let data = try home.data()
        try await ServedRelay.with(devices: 1, devicesMin: 1, devicesEnough: 2) { relay in
            let round = Task { try await relay.carryOut() }
            defer { round.cancel() }
            try "age,dose,sex,outcome\n1,2,f,yes\n3,4,m,no\n".write(
                toFile: data.file, atomically: true, encoding: .utf8)
            try await run(home, believing: nil, relay) {
                await relay.service.status.refused.isEmpty == false
            }
            #expect(
                await relay.service.status.refused.keys.sorted() == ["dataset.commitment_differs"])
        }
    }
}
