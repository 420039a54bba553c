import ContractLibrary
import Contracts
import Devices
import Encodings
import Foundation
import LabFixture
import Learning
import Ledger
import Node
import Participation
import Relay
import Synchronization
import Transport

/// A lab of real processes in which one of three owners has its rows on devices.
final class RelayLab: Sendable {
    static let relay = "site"
    static let dataset = "site-devices"
    static let devicesMin = 3
    static let devicesEnough = 4

    let processes: ProcessLab
    let certificate: TestCertificate
    private let running = Mutex<[String: ChildProcess]>([:])

    /// Founds the lab, with the relay behind TLS.
    static func with(
        _ body: @escaping (RelayLab) async throws -> Void
    ) async throws {
        try await ProcessLab.with(TrainingLab.plan) { processes in
            let lab = try RelayLab(processes)
            defer { lab.running.withLock { $0 = [:] } }
            try await lab.prepare()
            try await body(lab)
        }
    }

    private init(_ processes: ProcessLab) throws {
        self.processes = processes
        certificate = try TestCertificate(in: processes.folder)
    }

    private func prepare() async throws {
        let sample = processes.folder.appending(path: "sample.csv")
        try SyntheticData.csv(rows: 60, seed: 99)
            .write(to: sample, atomically: true, encoding: .utf8)
        let port = try Daemons.freePort()
        try """
        relay:
          listen: 127.0.0.1:\(port)
          url: https://localhost:\(port)
          tls:
            certificate: \(certificate.certificate.path)
            key: \(certificate.key.path)
          devices-min: \(Self.devicesMin)
          devices-enough: \(Self.devicesEnough)
          round-timeout-seconds: 40
        """.write(
            to: processes.home(Self.relay).appending(path: "node.yaml"), atomically: true,
            encoding: .utf8)
        try await processes.daemons.command(
            Self.relay, "relay", "init", Self.dataset, "--file", sample.path, "--label", "ill",
            "--positive", "yes")
        try await processes.startCoordinator()
        for name in processes.founders {
            try await processes.startNode(name, "--log-level", "debug")
        }
    }

    // MARK: - Devices

    func home(_ device: String) -> DeviceHome { DeviceHome(processes.home(device)) }

    /// Makes a device, enrols it, and brings it the relay's card.
    func enrol(_ device: String, rows: Int, seed: UInt64) async throws {
        let file = processes.folder.appending(path: "\(device).csv")
        try SyntheticData.csv(rows: rows, seed: seed)
            .write(to: file, atomically: true, encoding: .utf8)
        let card = try await processes.daemons.command(
            device, "device", "init", "--device", device, "--file", file.path)
        let cardFile = processes.folder.appending(path: "\(device).card.json")
        try card.output.write(to: cardFile, atomically: true, encoding: .utf8)
        let given = try await processes.daemons.command(
            Self.relay, "relay", "enrol", cardFile.path)
        let givenFile = processes.folder.appending(path: "\(device).relay.json")
        try given.output.write(to: givenFile, atomically: true, encoding: .utf8)
        try await processes.daemons.command(device, "device", "join", givenFile.path)
    }

    func start(_ device: String) throws {
        let log = processes.daemons.log(device).path
        let process = try ChildProcess(
            Program.path,
            [
                "device", "run", "--home", processes.home(device).path, "--until-input-closes",
                "--log-form", "json", "--certificate-authority", certificate.certificate.path,
            ], environment: Program.environment(), output: log, errors: log)
        running.withLock { $0[device] = process }
    }

    /// `kill -9`.
    func kill(_ device: String) {
        running.withLock { $0.removeValue(forKey: device) }?.kill()
    }

    /// Asks a device to stop, and waits.
    func stop(_ device: String) async throws -> ChildProcess.End {
        guard let process = running.withLock({ $0.removeValue(forKey: device) }) else {
            throw Daemons.Failure(description: "\(device) is not running")
        }
        process.send(SIGTERM)
        return try await process.waitForEnd()
    }

    /// The devices that the relay has counted in a round, by its log.
    func counted(in round: Int, of job: String) -> [String] {
        processes.daemons.events(Self.relay).filter {
            $0["event"]?.string == "device.contributed"
                && $0["round.id"]?.string == "\(job)/\(round)"
        }.compactMap { $0["device.id"]?.string }
    }

    // MARK: - The lab

    /// Registers all data, and licenses it to the university.
    ///
    func license() async throws {
        try await processes.daemons.command(
            Self.relay, "relay", "register", "--title", "Rows on devices")
        let office = try processes.member(TrainingLab.office)
        let university = try processes.member(TrainingLab.university)
        guard let currency = CurrencyCode("CNY") else { preconditionFailure("CNY is a code") }
        _ = try await office.submit(
            RegisterCurrency(currency: currency, title: "Yuan", scale: 2))
        _ = try await office.submit(
            IssueMoney(amount: Money(1_000_000, currency), to: university.id))
        _ = try await office.submit(
            PublishDocument(document: try LibraryDocument.datasetLicence.published()))
        for (number, name) in TrainingLab.sites.enumerated() {
            let owner = try processes.member(name)
            var dataset = try DatasetID(Self.dataset)
            if name != Self.relay {
                let file = processes.folder.appending(path: "\(name).csv")
                try SyntheticData.csv(rows: 60, seed: UInt64(number))
                    .write(to: file, atomically: true, encoding: .utf8)
                let owned = try OwnedDataset.inspecting(
                    file: file.path, as: try DatasetID("\(name)-data"),
                    options: SyntheticData.options, holdoutPerMille: 250
                ).owned
                try owner.home.keep(owned)
                _ = try await owner.submit(owned.registration(title: "Records of \(name)"))
                dataset = owned.id
            }
            let licence = try LicenceID("\(name)-licence")
            _ = try await owner.submit(
                LicenceTerms(
                    dataset: dataset, licensee: university.id, purposes: ["research"],
                    roundsMax: 100_000, feePerRound: Money(3, currency),
                    expires: MemberSession.now.advanced(byMilliseconds: 86_400_000)
                ).offer(licence, licensor: owner.id))
            _ = try await university.submit(TakeContractAction.accept(licence))
        }
    }

    func propose(_ job: String, _ options: String...) async throws {
        try await propose(job, options)
    }

    func propose(_ job: String, _ options: [String]) async throws {
        try await processes.daemons.command(
            TrainingLab.university,
            ["job", "propose", job, "--model", "illness", "--purpose", "research"]
                + TrainingLab.licences.flatMap { ["--licence", $0] } + options)
        try await processes.daemons.command(
            TrainingLab.university, "job", "start", job, "--wait", "final")
    }

    func job(_ name: String) async throws -> JSONValue {
        try await processes.member(TrainingLab.university).coordinator.get("/v1/jobs/\(name)")
    }

    func closedRounds(_ job: String) async throws -> Int64 {
        try await self.job(job)["job"]?["closed"]?.integer ?? 0
    }
}
