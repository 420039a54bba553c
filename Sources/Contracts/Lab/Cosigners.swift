import Crypto
import Encodings
package import Identity

/// The nodes whose cosignatures count, and how many are needed.
package struct CosignerSet: Hashable, Sendable {
    package let keys: [MemberID: PublicKey]
    package let quorum: Quorum

    package init(keys: [MemberID: PublicKey], faults: FaultTolerance) {
        self.keys = keys
        quorum = Quorum(members: keys.count, faults: faults)
    }

    var json: JSONValue {
        let members = keys.sorted { $0.key < $1.key }.map { member, key -> JSONValue in
            ["member": member.json, "key": .string(key.base64)]
        }
        return ["needed": .integer(Int64(quorum.needed)), "members": .array(members)]
    }
}

/// Who may cosign which checkpoints.
///
/// A change of membership must not let two histories be certified by two sets that share no honest
/// member. So it takes effect in two steps, each of which needs a certificate on the ledger:
///
/// 1. The entry that admits or suspends someone is certified under the old set. From the place
///    where that certificate stands on, a checkpoint needs **both** the old and the new quorum.
/// 2. Once such a checkpoint's certificate stands on the ledger, the new quorum alone decides.
///
/// Membership is taken at the ends of batches, where checkpoints are.
package struct Cosigners: Sendable {
    static let stateKey = "cosigners"

    /// A stretch of the ledger in which the same sets decide.
    private struct Era: Hashable, Sendable {
        /// Checkpoints of more than so many entries belong to it.
        let after: UInt64
        /// The set in force, and the one it is taking over from, if it still is.
        let current: CosignerSet
        let outgoing: CosignerSet?

        var json: JSONValue {
            [
                "after": .integer(Int64(clamping: after)), "current": current.json,
                "outgoing": outgoing?.json,
            ]
        }
    }

    /// A set that membership has come to, but that no certificate covers yet.
    private struct Arrival: Hashable, Sendable {
        let size: UInt64
        let set: CosignerSet

        var json: JSONValue { ["size": .integer(Int64(clamping: size)), "set": set.json] }
    }

    private var eras: [Era]
    private var arrivals: [Arrival] = []
    private var isWritten = false

    init(founding set: CosignerSet) {
        eras = [Era(after: 0, current: set, outgoing: nil)]
    }

    /// The sets whose quorums a checkpoint of this size needs, every one of them.
    package func deciding(size: UInt64) -> [CosignerSet] {
        let era = eras.last { $0.after < size } ?? eras[0]
        return [era.current] + (era.outgoing.map { [$0] } ?? [])
    }

    /// The sets that decide on the newest checkpoints.
    package var newest: [CosignerSet] { deciding(size: .max) }

    /// Whether a change is under way, which further certificates must carry through.
    package var isChanging: Bool { eras.last?.outgoing != nil || !arrivals.isEmpty }

    /// The keys of a member that may still be asked for, in whichever set.
    func keys(of member: MemberID) -> Set<PublicKey> {
        let sets = eras.flatMap { [$0.current] + ($0.outgoing.map { [$0] } ?? []) }
        return Set((sets + arrivals.map(\.set)).compactMap { $0.keys[member] })
    }

    /// Whether no set that decides from here on knows the member by another key than this.
    func isSettled(_ key: PublicKey, of member: MemberID) -> Bool {
        (newest + arrivals.map(\.set)).compactMap { $0.keys[member] }.allSatisfy { $0 == key }
    }

    mutating func record(_ set: CosignerSet, at size: UInt64) {
        let newest = arrivals.last?.set ?? eras.last?.current
        guard set != newest else { return }
        arrivals.append(Arrival(size: size, set: set))
        isWritten = false
    }

    mutating func certified(size: UInt64, at index: UInt64) {
        guard let era = eras.last else { return }
        if era.outgoing != nil {
            if size > era.after {
                eras.append(Era(after: index, current: era.current, outgoing: nil))
            }
        } else if let arrival = arrivals.last(where: { $0.size <= size }) {
            arrivals.removeAll { $0.size <= size }
            if arrival.set != era.current {
                eras.append(Era(after: index, current: arrival.set, outgoing: era.current))
            }
        }
        // No certificate for a smaller checkpoint will be looked at again.
        while eras.count > 1, eras[1].after < size { eras.removeFirst() }
        isWritten = false
    }

    var json: JSONValue {
        ["eras": .array(eras.map(\.json)), "arrivals": .array(arrivals.map(\.json))]
    }

    mutating func drainWrites(into writes: inout [StateWrite]) {
        guard !isWritten else { return }
        writes.append(StateWrite(key: Self.stateKey, row: json))
        isWritten = true
    }
}

extension LabOrigin {
    /// The number by which a note calls a member's cosigner key (C2SP signed-note, "Signatures"):
    /// four bytes, of which anybody can find another key with the same.
    package func cosignerKeyNumber(of member: MemberID, _ key: PublicKey) -> [UInt8] {
        let cosignatureType: UInt8 = 0x04
        let text = Array("\(cosignerName(of: member))\n".utf8) + [cosignatureType] + key.bytes
        return Array(SHA256.hash(data: text).prefix(4))
    }
}

extension LabState {
    /// Two keys of a member that share a number could not be told apart in a certificate which both
    /// the old and the new set must sign: none could be verified, and the lab would stand still.
    ///
    /// - Throws: ``Refusal/Code/alreadyExists``.
    func requireNewNumber(_ key: PublicKey, of member: MemberID) throws(Refusal) {
        let number = lab.origin.cosignerKeyNumber(of: member, key)
        let earlier = cosigners.keys(of: member)
            .union(members[member].map { [$0.keys.cosigner] } ?? [])
        let taken = earlier.contains {
            $0 != key && lab.origin.cosignerKeyNumber(of: member, $0) == number
        }
        if taken {
            throw Refusal(
                .alreadyExists, rule: "no two cosigner keys of a member share a number in notes",
                saw: ["member": member, "number": Hex.encode(number)])
        }
    }
}
