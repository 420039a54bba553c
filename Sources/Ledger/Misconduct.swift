package import Contracts
package import MerkleLog
package import MerkleMap

/// What no honest coordinator puts on a ledger. A node that sees it refuses to go on, keeps the
/// evidence and says so.
package enum Misconduct: Error, Hashable, Sendable, CustomStringConvertible {
    case malformedEntry(index: UInt64, EntryError)
    case badTransaction(index: UInt64, TransactionError)
    case badGenesis(String)
    case genesisTwice(index: UInt64)
    case timeWentBack(index: UInt64, time: Timestamp, before: Timestamp)
    case wrongStateRoot(index: UInt64, claimed: MapHash, computed: MapHash)
    case badCertificate(index: UInt64, CertificateError)
    /// An epoch that does not begin with the certificate of the end of the one before it.
    case notHandedOver(index: UInt64)
    /// A checkpoint that does not end a batch.
    case checkpointInsideBatch(size: UInt64)
    /// A signed checkpoint that the entries sent with it do not lead to.
    case notAnExtension(from: TreeHead, claimed: TreeHead, computed: TreeHead)
    /// A signed checkpoint of a size that this node knows with another root.
    case fork(claimed: TreeHead, known: TreeHead)

    /// What programs branch on; never renamed.
    package var code: String {
        switch self {
        case .malformedEntry: "misconduct.malformed_entry"
        case .badTransaction: "misconduct.bad_transaction"
        case .badGenesis: "misconduct.bad_genesis"
        case .genesisTwice: "misconduct.genesis_twice"
        case .timeWentBack: "misconduct.time_went_back"
        case .wrongStateRoot: "misconduct.wrong_state_root"
        case .badCertificate: "misconduct.bad_certificate"
        case .notHandedOver: "misconduct.not_handed_over"
        case .checkpointInsideBatch: "misconduct.checkpoint_inside_batch"
        case .notAnExtension: "misconduct.not_an_extension"
        case .fork: "misconduct.fork"
        }
    }

    /// The entry that is at fault, where it is one.
    package var index: UInt64? {
        switch self {
        case .malformedEntry(let index, _), .badTransaction(let index, _),
            .genesisTwice(let index), .timeWentBack(let index, _, _),
            .wrongStateRoot(let index, _, _), .badCertificate(let index, _),
            .notHandedOver(let index):
            index
        case .badGenesis: 0
        case .checkpointInsideBatch, .notAnExtension, .fork: nil
        }
    }

    package var description: String {
        switch self {
        case .malformedEntry(let index, let error):
            "entry \(index) is no entry: \(error)"
        case .badTransaction(let index, let error):
            "entry \(index) holds a transaction that may not stand on this ledger: \(error)"
        case .badGenesis(let problem):
            "entry 0 does not found a lab: \(problem)"
        case .genesisTwice(let index):
            "entry \(index) founds the lab a second time"
        case .timeWentBack(let index, let time, let before):
            "entry \(index) is of \(time), and the one before it of \(before)"
        case .wrongStateRoot(let index, let claimed, let computed):
            "entry \(index) gives the state root \(claimed), and executing the ledger gives "
                + "\(computed)"
        case .badCertificate(let index, let error):
            "entry \(index) is not a valid certificate: \(error)"
        case .notHandedOver(let index):
            "entry \(index) is the first under a new coordinator, and is not the certificate of the "
                + "last checkpoint of the one before it"
        case .checkpointInsideBatch(let size):
            "the checkpoint of size \(size) does not stand behind a state entry"
        case .notAnExtension(let from, let claimed, let computed):
            "the checkpoint of size \(claimed.size) has the root \(claimed.root), and the "
                + "verified \(from.size) entries with the ones sent give \(computed.root): "
                + "an entry that had been verified was changed, or the checkpoint is of another "
                + "history"
        case .fork(let claimed, let known):
            "the coordinator signed two histories: at size \(claimed.size) the root "
                + "\(claimed.root), and before that \(known.root)"
        }
    }
}
