package import Encodings
package import Identity

/// The lab itself: its names, its coordinators and its rules.
package struct Lab: Sendable {
    static let stateKey = "lab"
    /// A policy file names the log of each epoch, and readers need not take more than 100.
    static let epochsMax = 64

    package let title: String
    package let founded: Timestamp
    package private(set) var rules: Rules
    /// The first is the founding's; the last is the present one.
    package private(set) var epochs: [Epoch]
    /// Takes over at the end of the batch.
    private(set) var successor: CoordinatorCard?
    private var present: Epoch
    private var isWritten = false

    init(_ founding: FoundLab, at time: Timestamp) {
        title = founding.title
        founded = time
        rules = founding.rules
        present = Epoch(
            origin: founding.origin, after: 0, coordinator: founding.coordinator, address: nil)
        epochs = [present]
    }

    package var origin: LabOrigin { present.origin }
    package var coordinator: CoordinatorKeys { present.coordinator }
    /// Where the coordinator answers, if not where the lab's card says.
    package var address: String? { epochs.last { $0.address != nil }?.address }

    /// The epoch that checkpoints of a size belong to.
    package func epoch(ofSize size: UInt64) -> Epoch {
        epochs.last { $0.after < size } ?? epochs[0]
    }

    /// Whether the ledger ends where an epoch begins, so that only the certificate of its end may
    /// follow.
    package func isHandedOver(at size: UInt64) -> Bool {
        epochs.count > 1 && present.after == size
    }

    mutating func amend(_ rules: Rules) {
        guard self.rules != rules else { return }
        self.rules = rules
        isWritten = false
    }

    mutating func appoint(_ card: CoordinatorCard) {
        successor = card
    }

    /// Begins the next epoch behind a batch in which the members have decided on one.
    mutating func endBatch(size: UInt64) {
        guard let card = successor else { return }
        present = Epoch(
            origin: origin.next, after: size, coordinator: card.keys, address: card.address)
        epochs.append(present)
        successor = nil
        isWritten = false
    }

    package var json: JSONValue {
        [
            "title": .string(title), "origin": .string(origin.base),
            "epoch": .integer(Int64(origin.epoch)), "coordinator": coordinator.json,
            "epochs": .array(epochs.map(\.json)), "founded": founded.json, "rules": rules.json,
        ]
    }

    mutating func drainWrites(into writes: inout [StateWrite]) {
        guard !isWritten else { return }
        writes.append(StateWrite(key: Self.stateKey, row: json))
        isWritten = true
    }
}

/// The name of the lab's log, as it stands in checkpoints: a base such as `example.org/tumours`,
/// and the epoch, which a change of the coordinator counts up.
package struct LabOrigin: Hashable, Sendable, CustomStringConvertible {
    package let base: String
    package let epoch: Int

    /// - Returns: `nil` unless the base is 1 to 100 characters of the kind that URLs are made of.
    package init?(base: String, epoch: Int = 1) {
        let allowed = base.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
                UInt8(ascii: "."), UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
        guard allowed, (1...100).contains(base.utf8.count), !base.hasPrefix("/"),
            !base.hasSuffix("/")
        else { return nil }
        self.base = base
        self.epoch = epoch
    }

    private init(base: String, following epoch: Int) {
        self.base = base
        self.epoch = epoch + 1
    }

    /// The name of the log behind a change of the coordinator.
    package var next: LabOrigin { LabOrigin(base: base, following: epoch) }

    package var description: String { "\(base)/epoch-\(epoch)" }

    /// The key name under which a member's node cosigns.
    package func cosignerName(of member: MemberID) -> String { "\(base)/members/\(member)" }
}

/// The keys of the service that orders the lab's transactions.
package struct CoordinatorKeys: Hashable, Sendable {
    /// Signs checkpoints.
    package let logKey: PublicKey
    /// Signs the coordinator's own transactions, which run the rounds.
    package let serviceKey: PublicKey

    package init(logKey: PublicKey, serviceKey: PublicKey) {
        self.logKey = logKey
        self.serviceKey = serviceKey
    }

    package var json: JSONValue {
        ["logKey": .string(logKey.base64), "serviceKey": .string(serviceKey.base64)]
    }

    package init(_ fields: inout JSONFields) throws(JSONShapeError) {
        logKey = try fields.publicKey("logKey")
        serviceKey = try fields.publicKey("serviceKey")
        guard logKey != serviceKey else {
            throw fields.wrong("serviceKey", "should not be the key that signs checkpoints")
        }
    }
}

extension JSONFields {
    package mutating func publicKey(_ key: String) throws(JSONShapeError) -> PublicKey {
        let text = try string(key)
        do {
            return try PublicKey(base64: text)
        } catch {
            throw wrong(key, "is no key: \(error)")
        }
    }
}
