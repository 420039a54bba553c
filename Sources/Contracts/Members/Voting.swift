package import Encodings

/// The action `proposal.open`: a member asks the others to decide; opening it is no vote yet.
package struct OpenProposal: LabAction {
    package static let name = "proposal.open"

    package let change: Proposal.Change

    package init(change: Proposal.Change) {
        self.change = change
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        change = try Proposal.Change(&input)
    }

    package var input: JSONValue { change.json }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        let sender = try state.members.sender(of: context)
        try context.require(
            sender.votes, .memberRole, rule: "the sender has a vote", saw: ["sender": sender.id])
        let open = state.members.openProposals(at: context.now).count { $0.by == sender.id }
        try context.require(
            open < Members.proposalsMax, .limit,
            rule: "open proposals of the sender < \(Members.proposalsMax)",
            saw: ["open proposals": open])
        switch change {
        case .admit(let member):
            throw Refusal(
                .wrongValue, rule: "an admission is proposed by applying", saw: ["member": member])
        case .suspend(let member):
            _ = try state.members.active(member)
        case .reinstate(let member, _):
            try context.require(
                state.members[member]?.status == .suspended, .wrongStage,
                rule: "member.status == suspended", saw: ["member": member])
        case .appoint(let member), .dismiss(let member):
            _ = try state.members.active(member)
        case .replaceConstitution(let document, let rules):
            var trial = state
            try trial.constitute(document, rules, at: context.now)
        case .amend(let rules):
            var trial = state
            try trial.amend(rules, at: context.now)
        case .changeCoordinator(let card):
            try state.requireSuccessor(card)
        case .stop, .resume:
            break
        case .freeze(let contract, _):
            try state.requireFreezable(contract)
            try context.require(
                try state.agreements.existing(contract).frozen == nil, .wrongStage,
                rule: "the contract is not frozen yet", saw: ["contract": contract])
        case .unfreeze(let contract, _):
            try context.require(
                try state.agreements.existing(contract).frozen != nil, .wrongStage,
                rule: "the contract is frozen", saw: ["contract": contract])
        }
        _ = state.openProposal(change, by: sender.id, at: context.now)
    }
}

/// The action `proposal.vote`: a member says yes or no, once.
package struct CastVote: LabAction {
    package static let name = "proposal.vote"

    package let proposal: ProposalID
    package let approves: Bool

    package init(proposal: ProposalID, approves: Bool) {
        self.proposal = proposal
        self.approves = approves
    }

    package init(_ input: inout JSONFields) throws(JSONShapeError) {
        proposal = try input.identifier("proposal")
        approves = try input.bool("approves")
    }

    package var input: JSONValue {
        ["proposal": proposal.json, "approves": .bool(approves)]
    }

    package func apply(
        to state: inout LabState, in context: inout ActionContext
    ) throws(Refusal) {
        let sender = try state.members.sender(of: context)
        try context.require(
            sender.votes, .memberRole, rule: "the sender has a vote", saw: ["sender": sender.id])
        try state.castVote(approves, by: sender.id, on: proposal, in: &context)
    }
}
