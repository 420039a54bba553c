import ContractLibrary
import Contracts
import Encodings
import Foundation
import Identity
import LabFixture
import Ledger
import MerkleLog
import MerkleMap
import Participation
import Testing

/// What a coordinator can put its signature under and must not.
enum Crime: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case forks
    case rewritesAnEntry
    case changesAStateRoot
    case datesAnEntryBeforeTheLast
    case forgesATransaction
    case certifiesWithoutAQuorum
    case writesNonsense
    case foundsTheLabAgain
    case stopsInsideABatch

    var testDescription: String { rawValue }

    /// What the node calls it.
    var code: String {
        switch self {
        case .forks: "misconduct.fork"
        case .rewritesAnEntry: "misconduct.not_an_extension"
        case .changesAStateRoot: "misconduct.wrong_state_root"
        case .datesAnEntryBeforeTheLast: "misconduct.time_went_back"
        case .forgesATransaction: "misconduct.bad_transaction"
        case .certifiesWithoutAQuorum: "misconduct.bad_certificate"
        case .writesNonsense: "misconduct.malformed_entry"
        case .foundsTheLabAgain: "misconduct.genesis_twice"
        case .stopsInsideABatch: "misconduct.checkpoint_inside_batch"
        }
    }

    /// The batch that shows it, on top of the lab's honest ledger.
    ///
    /// All of it is signed, and the checkpoint is one that the entries lead to.
    func batch(_ lab: RogueLab) throws -> LedgerBatch {
        let ledger = lab.ledger
        let now = MemberSession.now
        switch self {
        case .forks:
            // The same length, another end.
            let last = Entry(time: now, content: .state(root: MapHash(sha256: [1]))).bytes
            return try ledger.forged([last], behind: ledger.entries.dropLast())
        case .rewritesAnEntry:
            var history = ledger.entries
            history[4] = history[5]
            return try ledger.forged([history[1]], behind: history, from: 2)
        case .changesAStateRoot:
            return try ledger.forged([
                Entry(time: now, content: .state(root: MapHash(sha256: [1]))).bytes
            ])
        case .datesAnEntryBeforeTheLast:
            let early = ledger.replica.time.advanced(byMilliseconds: -1)
            return try ledger.forged([
                Entry(time: early, content: .state(root: ledger.replica.stateRoot)).bytes
            ])
        case .forgesATransaction:
            // The office wants to suspend the site, says the coordinator.
            let wish = Transaction(
                lab: ledger.replica.lab, sender: .member(try MemberID("office")),
                nonce: "forged-by-coordinator", validUntil: now.advanced(byMilliseconds: 60_000),
                action: OpenProposal(change: .suspend(try MemberID("site"))))
            let envelope = wish.signed(with: try lab.processes.coordinatorSigningKeys.service)
            return try ledger.forged([Entry(time: now, content: .transaction(envelope)).bytes])
        case .certifiesWithoutAQuorum:
            return try ledger.forged([
                Entry(time: now, content: .certificate(try lab.hollowCertificate())).bytes
            ])
        case .writesNonsense:
            return try ledger.forged([Array("{\"kind\":\"nonsense\"}".utf8)])
        case .foundsTheLabAgain:
            let envelope = try lab.site.signed(LeaveLab())
            return try ledger.forged([Entry(time: now, content: .genesis(envelope)).bytes])
        case .stopsInsideABatch:
            let envelope = try lab.site.signed(
                TakeContractAction.withdraw(try LicenceID("site-licence"), reason: "our board"))
            return try ledger.forged([Entry(time: now, content: .transaction(envelope)).bytes])
        }
    }
}
