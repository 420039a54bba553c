package import ContractLanguage
package import Encodings

package typealias ProposalID = Identifier<Proposal>

/// Something the members decide on by vote.
package struct Proposal: StateRow, Hashable {
    package enum Change: Hashable, Sendable {
        case admit(MemberID)
        case suspend(MemberID)
        /// Lets a suspended member back, with new keys if the old ones were stolen.
        case reinstate(MemberID, keys: MemberKeys?)
        case amend(Rules)
        /// Puts another document, with its terms, in the constitution's place.
        case replaceConstitution(ContractDocument, Rules)
        /// Makes a member an issuer of money.
        case appoint(MemberID)
        case dismiss(MemberID)
        /// Stops the lab: no job starts, no round opens, no data is touched.
        case stop(reason: String)
        case resume(reason: String)

        /// Stops a contract and its parts, as a court orders.
        case freeze(ContractID, reason: String)
        case unfreeze(ContractID, reason: String)
        /// Puts another coordinator in the place of the present one, from the end of the batch on.
        case changeCoordinator(CoordinatorCard)

        /// The action of the constitution that decides on it.
        package var hook: String {
            switch self {
            case .admit: "admit"
            case .suspend: "suspend"
            case .reinstate: "reinstate"
            case .amend, .replaceConstitution: "amend"
            case .appoint: "appoint"
            case .dismiss: "dismiss"
            case .stop: "stop"
            case .resume: "resume"
            case .freeze: "freeze"
            case .unfreeze: "unfreeze"
            case .changeCoordinator: "epoch"
            }
        }
    }

    package enum Status: String, Sendable {
        case open
        case passed
        case failed
    }

    package let id: ProposalID
    package let change: Change
    package let by: MemberID
    package let closes: Timestamp
    package var votes: [MemberID: Bool]
    package var status: Status

    /// Whether it can still be voted on.
    package func isOpen(at now: Timestamp) -> Bool { status == .open && now < closes }

    package var yes: Int { votes.values.count { $0 } }
    package var no: Int { votes.count - yes }

    package var json: JSONValue {
        let votes = votes.sorted { $0.key < $1.key }.map { member, approves -> JSONValue in
            ["member": member.json, "approves": .bool(approves)]
        }
        return [
            "proposal": id.json, "change": change.json, "by": by.json, "closes": closes.json,
            "votes": .array(votes), "status": .string(status.rawValue),
        ]
    }
}

extension Proposal.Change {
    package var json: JSONValue {
        switch self {
        case .admit(let member): ["kind": "admit", "member": member.json]
        case .suspend(let member): ["kind": "suspend", "member": member.json]
        case .reinstate(let member, let keys):
            ["kind": "reinstate", "member": member.json, "keys": keys?.json]
        case .amend(let rules): ["kind": "amend", "rules": rules.json]
        case .replaceConstitution(let document, let rules):
            [
                "kind": "replace-constitution", "document": document.source,
                "rules": rules.json,
            ]
        case .appoint(let member): ["kind": "appoint", "member": member.json]
        case .dismiss(let member): ["kind": "dismiss", "member": member.json]
        case .stop(let reason): ["kind": "stop", "reason": .string(reason)]
        case .resume(let reason): ["kind": "resume", "reason": .string(reason)]
        case .freeze(let contract, let reason):
            ["kind": "freeze", "contract": contract.json, "reason": .string(reason)]
        case .unfreeze(let contract, let reason):
            ["kind": "unfreeze", "contract": contract.json, "reason": .string(reason)]
        case .changeCoordinator(let card): ["kind": "epoch", "coordinator": card.json]
        }
    }

    package static func == (left: Self, right: Self) -> Bool { left.json == right.json }
    package func hash(into hasher: inout Hasher) { hasher.combine(json) }

    package init(_ fields: inout JSONFields) throws(JSONShapeError) {
        switch try fields.string("kind") {
        case "suspend": self = .suspend(try fields.identifier("member"))
        case "reinstate":
            let member: MemberID = try fields.identifier("member")
            let keys =
                fields.optional("keys") == nil ? nil : try MemberKeys(&fields, "keys")
            self = .reinstate(member, keys: keys)
        case "amend":
            self = .amend(try Rules(try fields.required("rules"), at: fields.path(to: "rules")))
        case "replace-constitution":
            self = .replaceConstitution(
                try fields.document("document"),
                try Rules(try fields.required("rules"), at: fields.path(to: "rules")))
        case "appoint": self = .appoint(try fields.identifier("member"))
        case "dismiss": self = .dismiss(try fields.identifier("member"))
        case "stop": self = .stop(reason: try fields.title("reason"))
        case "resume": self = .resume(reason: try fields.title("reason"))
        case "freeze":
            self = .freeze(
                try fields.identifier("contract"),
                reason: try fields.title("reason", bytesMax: 1_000))
        case "unfreeze":
            self = .unfreeze(
                try fields.identifier("contract"),
                reason: try fields.title("reason", bytesMax: 1_000))
        case "epoch":
            var card = try fields.fields("coordinator")
            self = .changeCoordinator(try CoordinatorCard(&card))
            try card.finish()
        default:
            throw fields.wrong(
                "kind",
                "should be suspend, reinstate, amend, replace-constitution, appoint, dismiss, stop, resume, freeze, unfreeze or epoch"
            )
        }
    }
}

extension LabState {
    /// Opens a proposal; its name is the next free number.
    mutating func openProposal(
        _ change: Proposal.Change, by member: MemberID, at time: Timestamp
    ) -> ProposalID {
        let id: ProposalID
        do {
            id = try ProposalID("p-\(members.proposals.count + 1)")
        } catch {
            preconditionFailure("a number makes a name: \(error)")
        }
        members.proposals.set(
            id,
            Proposal(
                id: id, change: change, by: member,
                closes: time.advanced(byMilliseconds: lab.rules.proposalLifetimeMilliseconds),
                votes: [:], status: .open))
        return id
    }

    /// Counts a vote, and carries the proposal out when it decides.
    mutating func castVote(
        _ approves: Bool, by voter: MemberID, on id: ProposalID, in context: inout ActionContext
    ) throws(Refusal) {
        guard var proposal = members.proposals[id] else {
            throw Refusal(.unknown, rule: "the proposal exists", saw: ["proposal": id])
        }
        try context.require(
            proposal.status == .open, .wrongStage, rule: "proposal.status == open",
            saw: ["proposal": id, "proposal.status": proposal.status.rawValue])
        try context.require(
            context.now < proposal.closes, .wrongStage, rule: "now < proposal.closes",
            saw: ["now": context.now, "proposal.closes": proposal.closes])
        try context.require(
            proposal.votes[voter] == nil, .alreadyVoted, rule: "each member votes once",
            saw: ["member": voter, "proposal": id])
        proposal.votes[voter] = approves
        try count(proposal, in: &context)
    }

    /// Carries a proposal out when those who have a vote now have decided it.
    private mutating func count(
        _ counted: Proposal, in context: inout ActionContext
    ) throws(Refusal) {
        var proposal = counted
        // Whoever has been suspended since does not count on either side.
        let voters = members.voters
        let yes = voters.count { proposal.votes[$0] == true }
        let no = voters.count { proposal.votes[$0] == false }
        let ballot = Ballot(yes: yes, no: no, voters: voters.count)
        do throws(Refusal) {
            try decide(proposal.change, by: ballot, in: &context)
        } catch {
            // With nobody left who could still agree, it has failed.
            var trial = self
            var trialContext = context
            let best = Ballot(yes: voters.count - no, no: no, voters: voters.count)
            if (try? trial.decide(proposal.change, by: best, in: &trialContext)) == nil {
                proposal.status = .failed
                if case .admit(let member) = proposal.change { decline(member) }
            }
            if proposal != members.proposals[proposal.id] {
                members.proposals.set(proposal.id, proposal)
            }
            return
        }
        proposal.status = .passed
        members.proposals.set(proposal.id, proposal)
        try carryOut(proposal.change, at: context.now)
    }

    /// Counts the open proposals again, the oldest first, after the electorate has changed: votes that
    /// were too few may be enough for fewer voters. What cannot be carried out stays open.
    mutating func recount(in context: inout ActionContext) {
        var electorate = -1
        // Each turn but the last changes who votes, by a proposal that is open no more.
        while electorate != members.electorate {
            electorate = members.electorate
            for proposal in members.openProposals(at: context.now) {
                var trial = self
                var trialContext = context
                guard (try? trial.count(proposal, in: &trialContext)) != nil else { continue }
                self = trial
                context = trialContext
                if members.electorate != electorate { break }
            }
        }
    }

    private mutating func decline(_ member: MemberID) {
        guard var application = members.applications[member] else { return }
        application.status = .declined
        members.setApplication(application)
    }

    private mutating func carryOut(
        _ change: Proposal.Change, at time: Timestamp
    ) throws(Refusal) {
        switch change {
        case .admit(let member):
            guard var application = members.applications[member] else { return }
            // Somebody may have come to share its name or a key in the meantime.
            try members.requireFree(member, application.card.keys)
            try members.requireRoom()
            application.status = .admitted
            members.setApplication(application)
            members.admit(application.card, at: time)
        case .suspend(let member):
            _ = try members.active(member)
            guard members.voters.contains(where: { $0 != member }) else {
                throw Refusal(
                    .limit, rule: "a lab keeps at least one member with a vote",
                    saw: ["member": member])
            }
            members.setStatus(.suspended, of: member, at: time)
        case .reinstate(let member, let keys):
            guard let row = members[member], row.status == .suspended else {
                throw Refusal(
                    .wrongStage, rule: "member.status == suspended", saw: ["member": member])
            }
            try members.requireRoom()
            if let keys {
                try members.requireFree(member, keys, except: member)
                try requireNewNumber(keys.cosigner, of: member)
                members.setKeys(keys, of: member)
            }
            members.setStatus(.active, of: member, at: time)
        case .amend(let rules):
            try amend(rules, at: time)
        case .replaceConstitution(let document, let rules):
            try constitute(document, rules, at: time)
        case .appoint(let member): try members.setIssuer(true, member)
        case .dismiss(let member): try members.setIssuer(false, member)
        case .stop, .resume: break
        case .freeze(let contract, let reason): try freeze(contract, reason: reason)
        case .unfreeze(let contract, _): try unfreeze(contract)
        case .changeCoordinator(let card): try appointCoordinator(card)
        }
    }
}
