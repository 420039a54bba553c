package import Encodings

/// Something a transaction asks the machine to do, with its input checked for form.
package protocol LabAction: Sendable {
    /// As it stands in transactions: the subject, a dot, the verb.
    static var name: String { get }

    /// Reads the input; unknown fields are refused by the caller.
    init(_ input: inout JSONFields) throws(JSONShapeError)

    var input: JSONValue { get }

    /// Does it, or refuses and leaves the state in pieces: the machine works on a copy.
    func apply(to state: inout LabState, in context: inout ActionContext) throws(Refusal)
}

/// What an action may know of the world: who asks, and when the ledger says it is.
package struct ActionContext: Sendable {
    /// The entry's place on the ledger.
    package let index: UInt64
    /// The entry's time.
    package let now: Timestamp
    package let sender: Sender
    package private(set) var decisions: [Decision] = []
    package private(set) var events: [ContractEvent] = []

    package init(index: UInt64, now: Timestamp, sender: Sender) {
        self.index = index
        self.now = now
        self.sender = sender
    }

    /// Goes on if a rule holds, and remembers that it did.
    package mutating func require(
        _ holds: Bool, _ code: Refusal.Code, rule: String,
        saw: KeyValuePairs<String, any CustomStringConvertible>
    ) throws(Refusal) {
        let observations = saw.map(Observation.init)
        guard holds else { throw Refusal(code, rule: rule, saw: observations) }
        decisions.append(Decision(rule: rule, saw: observations))
    }

    /// Remembers a rule that decided something and refused nothing.
    mutating func decided(
        rule: String, saw: KeyValuePairs<String, any CustomStringConvertible>
    ) {
        decided(Decision(rule: rule, saw: saw.map(Observation.init)))
    }

    mutating func decided(_ decision: Decision) {
        decisions.append(decision)
    }

    mutating func emitted(_ event: ContractEvent) {
        events.append(event)
    }
}

/// Who signed a transaction.
package enum Sender: Hashable, Sendable, CustomStringConvertible {
    static let coordinatorName = "coordinator"

    case member(MemberID)
    case coordinator

    package var description: String {
        switch self {
        case .member(let member): member.text
        case .coordinator: Self.coordinatorName
        }
    }

    var json: JSONValue { .string(description) }
}

/// All actions that a transaction may name.
package enum ActionCatalogue {
    package static let actions: [any LabAction.Type] = [
        FoundLab.self,
        InviteMember.self, ApplyForMembership.self, RotateKeys.self, LeaveLab.self,
        OpenProposal.self, CastVote.self,
        RegisterDataset.self, RetireDataset.self,
        PublishDocument.self, OfferContract.self, TakeContractAction.self,
        TransferToken.self, ConsentToTrade.self, DivideToken.self, MergeToken.self,
        OfferToken.self, BidForToken.self, AcceptTrade.self, WithdrawTrade.self,
        ProposeJob.self, StartJob.self, PauseJob.self, ResumeJob.self, CompleteJob.self,
        AbandonJob.self,
        OpenRound.self, SealRound.self, CloseRound.self, AbandonRound.self,
        RegisterModelVersion.self, ValidateModelVersion.self, ReleaseModelVersion.self,
        WithdrawModelVersion.self,
        RegisterCurrency.self, SetTransferFee.self, SetAccountLimit.self,
        IssueMoney.self, RedeemMoney.self, TransferMoney.self, ReverseTransfer.self,
        SplitPayment.self, PlaceHold.self, CaptureHold.self, ReleaseHold.self,
    ]

    private static let byName = Dictionary(
        uniqueKeysWithValues: actions.map { ($0.name, $0) })

    static func action(named name: String) -> (any LabAction.Type)? { byName[name] }
}
