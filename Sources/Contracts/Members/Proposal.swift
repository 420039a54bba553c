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
        /// Stops a contract and its parts, as a court orders.
        case freeze(ContractID, reason: String)
        case unfreeze(ContractID)
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

    package func threshold(under rules: Rules) -> Threshold {
        switch change {
        case .admit: rules.admission
        case .suspend, .reinstate, .freeze, .unfreeze: rules.suspension
        case .amend: rules.amendment
        }
    }

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
        case .freeze(let contract, let reason):
            ["kind": "freeze", "contract": contract.json, "reason": .string(reason)]
        case .unfreeze(let contract): ["kind": "unfreeze", "contract": contract.json]
        }
    }

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
        case "freeze":
            self = .freeze(
                try fields.identifier("contract"),
                reason: try fields.title("reason", bytesMax: 1_000))
        case "unfreeze": self = .unfreeze(try fields.identifier("contract"))
        default:
            throw fields.wrong("kind", "should be suspend, reinstate, amend, freeze or unfreeze")
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

        // Whoever has been suspended since does not count on either side.
        let voters = members.voters
        let yes = voters.count { proposal.votes[$0] == true }
        let no = voters.count { proposal.votes[$0] == false }
        let threshold = proposal.threshold(under: lab.rules)
        if threshold.isPassed(yes: yes, of: voters.count) {
            proposal.status = .passed
            members.proposals.set(id, proposal)
            context.decided(
                rule: "yes votes are \(threshold) of the voters",
                saw: ["yes": yes, "voters": voters.count])
            try carryOut(proposal.change, at: context.now)
        } else {
            if threshold.isLost(no: no, of: voters.count) {
                proposal.status = .failed
                if case .admit(let member) = proposal.change { decline(member) }
            }
            members.proposals.set(id, proposal)
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
            guard members.all.count(where: { $0.status == .active }) > 1 else {
                throw Refusal(
                    .limit, rule: "a lab keeps at least one active member", saw: ["member": member])
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
            lab.amend(rules)
        case .freeze(let contract, let reason): try freeze(contract, reason: reason)
        case .unfreeze(let contract): try unfreeze(contract)
        }
    }
}
