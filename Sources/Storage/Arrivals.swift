import Contracts
import Synchronization

/// Who reads which uploads while they are on their way.
final class Arrivals: Sendable {
    private struct Key: Hashable {
        let member: MemberID
        let digest: BlobDigest
    }

    private let readers = Mutex<[Key: [ArrivingBlob]]>([:])

    func add(_ reader: ArrivingBlob, of member: MemberID) {
        let key = Key(member: member, digest: reader.digest)
        readers.withLock { $0[key, default: []].append(reader) }
    }

    func remove(_ reader: ArrivingBlob, of member: MemberID) {
        let key = Key(member: member, digest: reader.digest)
        readers.withLock {
            $0[key]?.removeAll { $0 === reader }
            if $0[key]?.isEmpty == true { $0[key] = nil }
        }
    }

    func tell(_ digest: BlobDigest, of member: MemberID, _ what: (ArrivingBlob) -> Void) {
        let key = Key(member: member, digest: digest)
        for reader in readers.withLock({ $0[key] ?? [] }) { what(reader) }
    }
}
