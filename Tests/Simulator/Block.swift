import Contracts
import Identity
import Ledger
import MerkleLog

/// A batch at its place among all histories that the coordinator has signed: one line of descent
/// where it is honest, branches where it forks.
final class Block {
    let parent: Block?
    let start: UInt64
    let entries: [[UInt8]]
    let head: TreeHead
    /// What is wrong with it, where a lying coordinator made it up; no honest node may take it.
    let forgery: String?
    /// What executing all entries up to here gives. It is executed once for everybody: a process
    /// that has started again on the same entries goes on from a copy.
    let replica: Replica
    let receipts: [UInt64: Receipt]
    let books: Books
    let certificates: [(index: UInt64, size: UInt64)]
    /// The time of its last entry.
    let time: Timestamp
    /// Who has cosigned its checkpoint.
    private var signers: Set<PublicKey> = []
    private var isCertified = false

    init(
        after parent: Block?, _ entries: [[UInt8]], forgery: String?, replica: Replica,
        receipts: [UInt64: Receipt], books: Books, certificates: [(index: UInt64, size: UInt64)]
    ) {
        self.parent = parent
        start = parent?.size ?? 0
        self.entries = entries
        head = replica.head
        self.forgery = forgery
        self.replica = replica
        self.receipts = receipts
        self.books = books
        self.certificates = certificates
        time = replica.time
    }

    /// A batch that is not what it should be: nothing follows from it.
    init(after parent: Block, _ entries: [[UInt8]], head: TreeHead, forgery: String) {
        self.parent = parent
        start = parent.size
        self.entries = entries
        self.head = head
        self.forgery = forgery
        replica = parent.replica
        receipts = [:]
        books = parent.books
        certificates = []
        time = parent.time
    }

    var size: UInt64 { head.size }

    /// Whether the members at the end of this batch make this set of cosigners: all of them, and as
    /// few as share more than the liars to be withstood with any other as many.
    func isReason(for set: CosignerSet) -> Bool {
        let active = replica.state.members.all.filter { $0.status == .active }
        let keys = Dictionary(uniqueKeysWithValues: active.map { ($0.id, $0.keys.cosigner) })
        let liars = replica.state.lab.rules.faults.liars(among: keys.count)
        let needed = (1...keys.count).first { 2 * $0 - keys.count > liars } ?? keys.count
        return set.keys == keys && set.quorum.needed == needed
    }

    func cosigned(with key: PublicKey) {
        signers.insert(key)
    }

    /// Whether a quorum of each set that decides has really cosigned it: counted by hand.
    var hasQuorum: Bool {
        if isCertified { return true }
        isCertified = replica.state.cosigners.deciding(size: size).allSatisfy { set in
            set.keys.values.count { signers.contains($0) } >= set.quorum.needed
        }
        return isCertified
    }

    /// This block and those before it, the newest first.
    var line: some Sequence<Block> { sequence(first: self) { $0.parent } }

    /// The block on this line that ends at a size.
    func ancestor(size: UInt64) -> Block? {
        let block = line.first { $0.size <= size }
        return block?.size == size ? block : nil
    }

    /// The block on this line that holds an entry.
    func block(holding index: UInt64) -> Block? {
        guard index < size else { return nil }
        return line.first { $0.start <= index }
    }

    /// Whether one of the two continues the other.
    func agrees(with other: Block) -> Bool {
        size <= other.size
            ? other.ancestor(size: size) === self : ancestor(size: other.size) === other
    }

    /// Whether the first entries of this line are final: a quorum has cosigned a checkpoint that
    /// contains a certificate over them, which a quorum has cosigned in its turn.
    func isFinal(size: UInt64) -> Bool {
        guard let top = line.first(where: \.hasQuorum) else { return false }
        for block in top.line {
            guard block.size >= size else { return false }
            for certificate in block.certificates where certificate.size >= size {
                if ancestor(size: certificate.size)?.hasQuorum == true { return true }
            }
        }
        return false
    }
}
