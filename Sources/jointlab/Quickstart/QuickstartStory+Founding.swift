import ContractLibrary
import Contracts
import Coordinator
import Encodings
import Foundation
import LabAPI
import Learning
import Node
import Participation
import Storage
import Transport

/// Steps 1 and 2: a lab is founded, and members are admitted.
extension QuickstartStory {
    func found(_ lab: inout QuickstartLab) async throws {
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
            constitution: try LibraryDocument.constitution.published(), rules: Rules(),
            founder: founder, key: try KeyFile.read(home.signingKey))
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
    func startNode(
        _ name: String, _ lab: inout QuickstartLab, through coordinator: String? = nil
    ) async throws {
        let home = NodeHome(folder.appending(path: name))
        guard let card = lab.card else { return }
        try home.write(card)
        let extra = coordinator.map { ["--coordinator", "http://\($0)"] } ?? []
        lab.nodeAddresses[name] = try await lab.processes.start(
            "the node of \(name)", ["node", "run", "--rows-min", "5"] + extra, home: home.folder)
        lab.sessions[name] = try MemberSession(home: home, http: lab.http)
    }

    func admit(_ lab: inout QuickstartLab) async throws {
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
    func vote(on name: String, _ voters: [String], _ lab: QuickstartLab) async throws -> [String] {
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

    /// Waits until the new members' quorum alone decides, and everything is certified.
    func settle(_ lab: QuickstartLab) async throws {
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
    func startRelay(_ lab: inout QuickstartLab) async throws -> String {
        let relay = RogueRelay(upstream: lab.coordinatorAddress, http: lab.relayHTTP)
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        lab.relayTask = Task {
            try await relay.run { port.yield($0) }
        }
        lab.relay = relay
        for await port in ports { return "127.0.0.1:\(port)" }
        throw LabProcesses.Failure(description: "the relay did not start")
    }
}
