import AsyncHTTPClient
import Audit
import Contracts
import Coordinator
import Encodings
import Foundation
import Identity
import LabAPI
import Learning
import Ledger
import MerkleLog
import Node
import Participation
import Storage
import Trainers
import Transport

/// The story of a lab, told while it happens.
///
/// Every step does what the command that is printed with it does, through the same code.
struct QuickstartStory {
    let data: QuickstartData
    let training: TrainingConfiguration
    let rounds: Int
    let port: Int
    let keep: Bool
    let folder: URL
    let removesFolder: Bool

    private static let office = "office"
    private static let university = "university"
    private static let auditor = "auditor"

    func run() async throws {
        let processes = LabProcesses()
        let http = SignedClient.makeHTTPClient()
        let relayHTTP = SignedClient.makeHTTPClient()
        var stage = Lab(processes: processes, http: http, relayHTTP: relayHTTP)
        var failure: (any Error)?
        do {
            try await tell(&stage)
        } catch {
            failure = error
        }
        stage.relayTask?.cancel()
        processes.stopAll()
        try? await http.shutdown()
        try? await relayHTTP.shutdown()
        if removesFolder { try? FileManager.default.removeItem(at: folder) }
        if let failure {
            if !removesFolder { say("the lab's folders, with the logs, are in \(folder.path)") }
            throw failure
        }
    }

    /// What the story has set up so far.
    private struct Lab {
        let processes: LabProcesses
        let http: HTTPClient
        let relayHTTP: HTTPClient
        var sessions: [String: MemberSession] = [:]
        var nodeAddresses: [String: String] = [:]
        var coordinatorAddress = ""
        var card: LabCard?
        var relay: RogueRelay?
        var relayTask: Task<Void, any Error>?
        let clock = ContinuousClock()
        let began = ContinuousClock().now

        func session(_ name: String) throws -> MemberSession {
            guard let session = sessions[name] else {
                throw LabProcesses.Failure(description: "\(name) has no session")
            }
            return session
        }

        var seconds: String { decimals((clock.now - began) / .seconds(1), 1) }
    }

    private func tell(_ lab: inout Lab) async throws {
        for note in data.notes { say("note: \(note)") }
        try await found(&lab)
        try await admit(&lab)
        let datasets = try await registerData(&lab)
        try await license(&lab)
        let settings = try await train(&lab)
        let model = try await releaseModel(&lab)
        try await withdraw(&lab)
        try await audit(&lab)
        try compare(lab, datasets: datasets, settings: settings, model: model)
        say("\ndone in \(lab.seconds) s")
        if keep { try await stay(lab) }
    }

    private func heading(_ number: Int, _ text: String, _ lab: Lab) {
        say("\n\(number)  \(text)  (\(lab.seconds) s)")
    }

    /// Prints a command as one would type it.
    private func command(_ text: String) {
        say("   $ jointlab \(text)")
    }

    // MARK: - 1 Founding

    private func found(_ lab: inout Lab) async throws {
        heading(1, "A lab is founded: its rules are the first ledger entry", lab)
        command("coordinator init; node init --member office; lab found; coordinator found")
        let coordinator = CoordinatorHome(folder.appending(path: "coordinator"))
        let keys = try coordinator.prepare()
        let home = NodeHome(folder.appending(path: Self.office))
        let founder = try home.prepare(
            member: try MemberID(Self.office), title: "Consortium office", category: .oversight,
            roles: [.issuer])
        guard let origin = LabOrigin(base: "quickstart.example/lab") else { return }
        let founding = Founding(
            title: "Quickstart lab", origin: origin, coordinator: keys, coordinatorURL: "http://-",
            rules: Rules(), founder: founder, key: try KeyFile.read(home.signingKey))
        let card = try founding.card(at: MemberSession.now)
        _ = try await coordinator.found(card.genesis, at: MemberSession.now)
        lab.coordinatorAddress = try await lab.processes.start(
            "the coordinator", ["coordinator", "run", "--listen", "127.0.0.1:\(port)"],
            home: coordinator.folder)
        lab.card = try LabCard(
            genesis: card.genesis, coordinator: "http://\(lab.coordinatorAddress)")
        try await startNode(Self.office, &lab)

        let rules = Rules()
        say("   lab         \(card.lab)")
        say(
            "   rules       admission by \(rules.admission) of the votes, suspension by "
                + "\(rules.suspension); a release needs \(rules.validationsMin) validation")
        say("   quorum      grows with the members: with N, ⌊(N+f)/2⌋+1 for f = ⌊(N−1)/3⌋ liars")
        say("   coordinator http://\(lab.coordinatorAddress), a process of its own")
    }

    /// Joins a prepared member to the lab, starts its node, and opens a session for it.
    private func startNode(
        _ name: String, _ lab: inout Lab, through coordinator: String? = nil
    ) async throws {
        let home = NodeHome(folder.appending(path: name))
        guard let card = lab.card else { return }
        try home.write(card)
        let extra = coordinator.map { ["--coordinator", "http://\($0)"] } ?? []
        lab.nodeAddresses[name] = try await lab.processes.start(
            "the node of \(name)", ["node", "run", "--rows-min", "5"] + extra, home: home.folder)
        lab.sessions[name] = try MemberSession(home: home, http: lab.http)
    }

    // MARK: - 2 Admission

    private func admit(_ lab: inout Lab) async throws {
        heading(
            2,
            "\(data.sites.count) institutions with data, a university and an auditor are admitted by votes",
            lab)
        command("node init; node run; member invite | apply; proposal vote --yes")
        var voters = [Self.office]
        var invited = true
        let newcomers =
            data.sites.map { ($0.name, PartnerCategory.data, [Role.dataOwner]) } + [
                (Self.university, .research, [.researcher]), (Self.auditor, .oversight, [.auditor]),
            ]
        for (name, category, roles) in newcomers {
            let home = NodeHome(folder.appending(path: name))
            let title = name.split(separator: "-").map {
                $0.prefix(1).uppercased() + $0.dropFirst()
            }
            .joined(separator: " ")
            let card = try home.prepare(
                member: try MemberID(name), title: title, category: category, roles: roles)
            let relayed = name == data.trainers[1].name ? try await startRelay(&lab) : nil
            try await startNode(name, &lab, through: relayed)
            if invited {
                _ = try await lab.session(Self.office).submit(
                    InviteMember(
                        member: card.member, title: title,
                        expires: MomentArgument(inDays: 1).timestamp))
            }
            _ = try await lab.session(name).submit(ApplyForMembership(card: card))
            let votes = try await vote(on: name, voters, lab)
            say(
                "   \(name) \(invited ? "was invited by \(Self.office)" : "applied"): "
                    + "yes \(votes.joined(separator: ", "))")
            if roles != [.auditor] { voters.append(name) }
            invited.toggle()
        }
        try await settle(lab)
        let status = try await lab.session(Self.office).get("/v1/lab")
        for quorum in status["quorums"]?.array ?? [] {
            say(
                "   quorum      \(quorum.shown("needed")) of \(quorum.shown("members")): safe with up to "
                    + "\(quorum.shown("safeWithLiars")) liars, live with up to "
                    + "\(quorum.shown("liveWithAbsent")) absent")
        }
    }

    /// Lets members vote until an application is decided.
    ///
    /// - Returns: Who voted yes.
    private func vote(on name: String, _ voters: [String], _ lab: Lab) async throws -> [String] {
        var yes: [String] = []
        while true {
            // The coordinator's word: a node may be an entry behind.
            let items =
                try await lab.session(Self.office).coordinator.get("/v1/proposals")["items"]?.array
                ?? []
            guard let proposal = items.last(where: { $0["change"]?["member"]?.string == name })
            else { return yes }
            yes = (proposal["votes"]?.array ?? []).compactMap { $0["member"]?.string }
            guard proposal["status"]?.string == "open",
                let voter = voters.first(where: { !yes.contains($0) })
            else { return yes }
            _ = try await lab.session(voter).submit(
                CastVote(proposal: try ProposalID(proposal.shown("proposal")), approves: true))
        }
    }

    /// Looks again and again until something has come about.
    private func wait(until holds: () async throws -> Bool) async throws {
        while try await !holds() {
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    /// Waits until the new members' quorum alone decides, and everything is certified.
    private func settle(_ lab: Lab) async throws {
        let session = try lab.session(Self.office)
        try await wait {
            let answer = try await session.coordinator.get("/v1/lab")
            let ledger = answer["ledger"] ?? .null
            let quorums = answer["quorums"]?.array ?? []
            return quorums.count == 1 && quorums[0]["members"] == answer["members"]
                && ledger["certified"] == ledger["sequenced"]
        }
    }

    /// The relay through which the second site reaches the coordinator: honest until step 7.
    private func startRelay(_ lab: inout Lab) async throws -> String {
        let relay = RogueRelay(upstream: lab.coordinatorAddress, http: lab.relayHTTP)
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        lab.relayTask = Task {
            try await relay.run { port.yield($0) }
        }
        lab.relay = relay
        for await port in ports { return "127.0.0.1:\(port)" }
        throw LabProcesses.Failure(description: "the relay did not start")
    }

    // MARK: - 3 Data

    private func registerData(_ lab: inout Lab) async throws -> [OwnedDataset] {
        heading(3, "The sites register their datasets; the rows stay where they are", lab)
        command("dataset add --file … --label …; dataset register")
        var datasets: [OwnedDataset] = []
        var grid = TextGrid([
            .init("   dataset"), .init("rows", .right), .init("columns", .right), .init("label"),
            .init("salted commitment"),
        ])
        for site in data.trainers {
            let session = try lab.session(site.name)
            let (owned, _) = try OwnedDataset.inspecting(
                file: site.file, as: try DatasetID("\(site.name)-data"), options: data.options,
                holdoutPerMille: 250)
            try session.home.keep(owned)
            _ = try await session.submit(
                try owned.registration(title: "Records of \(site.name)"))
            datasets.append(owned)
            grid.add([
                "   \(owned.id)", "\(owned.rows)", "\(owned.schema.columns.count)",
                owned.schema.label?.positiveText ?? "",
                String(owned.commitment.hex.prefix(16)) + "…",
            ])
        }
        grid.lines.forEach { say($0) }
        return datasets
    }

    // MARK: - 4 Licences

    private func license(_ lab: inout Lab) async throws {
        heading(4, "The university obtains licences on them", lab)
        command("account issue; licence offer --purpose research --rounds …; licence accept")
        guard let currency = CurrencyCode("CNY") else { return }
        let office = try lab.session(Self.office)
        _ = try await office.submit(
            RegisterCurrency(currency: currency, title: "Renminbi", scale: 2))
        _ = try await office.submit(
            IssueMoney(amount: Money(1_000_000, currency), to: try MemberID(Self.university)))
        let fee = Money(250, currency)
        for site in data.trainers {
            let terms = LicenceTerms(
                dataset: try DatasetID("\(site.name)-data"),
                licensee: try MemberID(Self.university), purposes: ["research"],
                roundsMax: Int64(rounds + 10), feePerRound: fee,
                expires: MomentArgument(inDays: 90).timestamp)
            let licence = try LicenceID("\(site.name)-licence")
            _ = try await lab.session(Self.university).submit(
                OfferLicence(licence: licence, terms: terms))
            _ = try await lab.session(site.name).submit(AcceptLicence(licence: licence))
            say(
                "   \(licence): research, \(terms.roundsMax) rounds, \(fee.shown(scale: 2)) a round, "
                    + "until \("\(terms.expires)".prefix(10)); active")
        }
    }

    // MARK: - 5 Training

    private var licences: [LicenceID] {
        get throws { try data.trainers.map { try LicenceID("\($0.name)-licence") } }
    }

    private func train(_ lab: inout Lab) async throws -> LogisticSettings {
        heading(5, "Its job trains a logistic regression by FedAvg, \(rounds) rounds", lab)
        command("job propose; job start; job watch")
        let session = try lab.session(Self.university)
        try await propose("job-1", lab)
        let settings = try await settings(session)
        _ = try await session.submit(StartJob(job: try JobID("job-1")))
        say(
            "   loss and AUC are those of the model that a round starts from, on each site's holdout"
        )
        let end = try await session.watch(try JobID("job-1")) { say("   \($0)") }
        guard end == .complete else {
            throw LabProcesses.Failure(description: "the job was abandoned")
        }
        return settings
    }

    private func propose(_ job: String, _ lab: Lab) async throws {
        let session = try lab.session(Self.university)
        try await wait {
            let known = try await session.get("/v1/licences")["items"]?.array ?? []
            return known.count { $0["stage"]?.string != "offered" } >= data.trainers.count
        }
        let settings = try await settings(session)
        _ = try await session.submit(
            ProposeJob(
                job: try JobID(job), model: try ModelID("tumour"), purpose: "research",
                licences: try licences, trainer: settings.json, plan: .training(rounds: rounds),
                participantsMin: data.trainers.count, roundTimeoutMilliseconds: 30_000),
            until: .final)
    }

    /// What all sites can train together: the features that they have in common.
    private func settings(_ session: MemberSession) async throws -> LogisticSettings {
        let licences = try licences
        let layout = try await session.layout(of: licences)
        let label = try await session.label(of: licences)
        return LogisticSettings(layout: layout, label: label, training: training)
    }

    // MARK: - 6 Release

    private func releaseModel(_ lab: inout Lab) async throws -> LogisticModel {
        heading(
            6,
            "The version is registered, validated by \(data.validator.name) on its own data, released",
            lab)
        command("model register; model validate --file …; model release")
        let university = try lab.session(Self.university)
        let receipt = try await university.register(try JobID("job-1"), until: .final)
        let version = ModelVersionID(model: try ModelID("tumour"), number: 1)
        say(
            "   registered tumour/1 with its lineage: entry \(receipt.shown("index")), "
                + "\(receipt.shown("stage"))")
        try await waitForVersion(version, lab)
        let validator = try lab.session(data.validator.name)
        let (metrics, _) = try await validator.validate(
            version, file: data.validator.file, aucMin: 0.5, until: .final)
        say(
            "   \(data.validator.name), which had no part in it, finds on its \(metrics.count) rows:"
        )
        MetricsView.text(metrics).split(separator: "\n").forEach { say("     \($0)") }
        let released = try await university.submit(
            ReleaseModelVersion(version: version), until: .final)
        say("   tumour/1 is released: entry \(released.shown("index")), \(released.shown("stage"))")
        return try LogisticModel(parsing: try await university.weights(of: version))
    }

    private func waitForVersion(_ version: ModelVersionID, _ lab: Lab) async throws {
        for name in [data.validator.name, Self.university] {
            let session = try lab.session(name)
            try await wait { (try? await session.version(version)) != nil }
        }
    }

    // MARK: - 7 Withdrawal and forgery

    private func withdraw(_ lab: inout Lab) async throws {
        let site = data.trainers[1]
        heading(
            7,
            "\(site.name) withdraws its licence; a round that names it is refused, and so is a forged task",
            lab)
        command("licence withdraw; job start")
        try await propose("job-2", lab)
        _ = try await lab.session(site.name).submit(
            WithdrawLicence(
                licence: try LicenceID("\(site.name)-licence"), reason: "our board has decided"),
            until: .final)
        let university = try lab.session(Self.university)
        let watch = try FileOpenWatch(site.file)
        _ = try await university.submit(StartJob(job: try JobID("job-2")), until: .final)
        say("   job-2 names all sites and is abandoned by the lab itself:")
        let reason = try await abandonment(of: "job-2", university)
        say("     \(reason)")
        try await forge(site, lab, watch)
    }

    private func abandonment(of job: String, _ session: MemberSession) async throws -> String {
        var reason = ""
        try await wait {
            let row = try await session.coordinator.get("/v1/jobs/\(job)")["job"] ?? .null
            reason = row.shown("reason")
            return row["status"]?.string == "abandoned"
        }
        return reason
    }

    /// Slips a task for a round that no entry opens into the site's stream.
    private func forge(_ site: QuickstartData.Site, _ lab: Lab, _ watch: FileOpenWatch) async throws
    {
        let forged: JSONValue = ["job": "job-2", "round": 0, "index": 60]
        guard let relay = lab.relay, relay.inject(ServerSentEvent(name: "task", json: forged)) > 0
        else { throw LabProcesses.Failure(description: "the relay carries no stream") }
        say("   a task forged past the ledger is slipped into the stream to \(site.name)'s node:")
        say("     \(forged.canonicalText)")
        let session = try lab.session(site.name)
        try await wait {
            let status = try await session.node()?.get("/v1/status") ?? .null
            let alarm = status["alarms"]?.array?.first {
                $0["code"]?.string?.hasPrefix("task.") == true
            }
            guard let alarm else { return false }
            say("     the node: \(alarm.shown("problem")) [\(alarm.shown("code"))]")
            return true
        }
        let opens = watch.takeCount()
        say("     its data file was opened \(opens) times since the withdrawal, says the kernel")
        guard opens == 0 else {
            throw LabProcesses.Failure(description: "the node opened its data for a forged task")
        }
    }

    // MARK: - 8 Audit

    private func audit(_ lab: inout Lab) async throws {
        heading(
            8,
            "The ledger is exported\(keep ? "" : ", the processes are stopped,") and audited offline",
            lab)
        try await settle(lab)
        try await waitForAuditor(lab)
        let auditor = NodeHome(folder.appending(path: Self.auditor))
        command("audit policy --home auditor > policy   (from the auditor's own node)")
        let database = try LedgerDatabase(path: auditor.ledger.path)
        guard let replica = try database.replay() else { return }
        let policy = try TrustPolicy(of: replica.state)
        command("audit export --home coordinator export --blobs all")
        let export = folder.appending(path: "export")
        let coordinator = CoordinatorHome(folder.appending(path: "coordinator"))
        let summary = try AuditExport.write(
            try LedgerDatabase(path: coordinator.ledger.path),
            blobs: BlobStore(readingFolder: coordinator.blobs), include: .all, to: export)
        say(
            "   \(summary.entries) entries, \(summary.tiles) tiles, \(summary.blobs) blobs exported"
        )
        if !keep {
            lab.relayTask?.cancel()
            lab.processes.stopAll()
            say("   all processes are stopped")
        }

        command("audit verify export --policy policy")
        let report = AuditVerifier.verify(export, policy: policy, lab: lab.card?.lab)
        AuditView.text(report).split(separator: "\n").forEach { say("   \($0)") }
        guard report.holds else { throw LabProcesses.Failure(description: "the audit failed") }
        try flip(export, policy: policy)
    }

    private func waitForAuditor(_ lab: Lab) async throws {
        let session = try lab.session(Self.auditor)
        try await wait {
            let theirs = try await session.coordinator.get("/v1/lab")["ledger"] ?? .null
            let ours = try await session.node()?.get("/v1/lab")["ledger"] ?? .null
            return ours["sequenced"] == theirs["sequenced"]
        }
    }

    /// Flips one byte in a copy of the export, in the middle of an entry.
    private func flip(_ export: URL, policy: TrustPolicy) throws {
        let copy = folder.appending(path: "export-with-a-flipped-byte")
        try FileManager.default.copyItem(at: export, to: copy)
        guard
            let path = FileManager.default.enumerator(atPath: copy.path)?.compactMap({
                $0 as? String
            })
            .filter({ $0.hasPrefix("tile/entries/") && !$0.hasSuffix(".p") }).sorted()
            .first(where: { path in
                var isFolder: ObjCBool = false
                let place = copy.appending(path: path).path
                return FileManager.default.fileExists(atPath: place, isDirectory: &isFolder)
                    && !isFolder.boolValue
            })
        else { return }
        let bundle = copy.appending(path: path)
        var bytes = try Data(contentsOf: bundle)
        let position = bytes.count / 2
        bytes[position] ^= 0x01
        try bytes.write(to: bundle)
        say("   one bit of byte \(position) of \(path) is flipped in a copy:")
        let report = AuditVerifier.verify(copy, policy: policy)
        for finding in report.findings.prefix(1) { say("     FAILED \(finding)") }
        guard !report.holds else {
            throw LabProcesses.Failure(description: "the audit did not find the flipped byte")
        }
    }

    // MARK: - Comparison

    private func compare(
        _ lab: Lab, datasets: [OwnedDataset], settings: LogisticSettings, model: LogisticModel
    ) throws {
        say(
            "\nThe federated model beside what each site could do alone, and what pooling all data would do"
        )
        say("(area under the ROC curve; trained and judged in this run)")
        let references = try ReferenceModels(
            sites: datasets, names: data.trainers.map(\.name), validatorFile: data.validator.file,
            settings: settings, model: model, rounds: rounds)
        let columns =
            data.trainers.map { "holdout \($0.name)" } + ["all holdouts", data.validator.name]
        var grid = TextGrid([.init("model")] + columns.map { .init($0, .right) })
        for row in try references.rows(federated: model) {
            grid.add([row.name] + row.areas.map { $0.map { decimals($0, 4) } ?? "-" })
        }
        grid.lines.forEach { say("   \($0)") }
    }

    // MARK: - Keeping

    private func stay(_ lab: Lab) async throws {
        say(
            """

            The lab is running. In another terminal:
              export JOINTLAB_HOME=\(folder.appending(path: Self.university).path)
              jointlab lab show
              jointlab node status
              jointlab ledger entries
              jointlab job show job-1
              jointlab job verify job-1
              jointlab model list
              jointlab account list
              curl -s http://\(lab.coordinatorAddress)/metrics
            Ctrl-C stops it and removes \(folder.path)
            """)
        do {
            while true { try await Task.sleep(for: .seconds(3_600)) }
        } catch {
            lab.processes.stopAll()
            try? FileManager.default.removeItem(at: folder)
            throw error
        }
    }
}
