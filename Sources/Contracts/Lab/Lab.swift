package import Encodings
package import Identity

/// The lab itself: its names, its coordinator and its rules.
package struct Lab: Sendable {
    static let stateKey = "lab"

    package let title: String
    package let origin: LabOrigin
    package let coordinator: CoordinatorKeys
    package let founded: Timestamp
    package private(set) var rules: Rules
    private var isWritten = false

    init(_ founding: FoundLab, at time: Timestamp) {
        title = founding.title
        origin = founding.origin
        coordinator = founding.coordinator
        founded = time
        rules = founding.rules
    }

    mutating func amend(_ rules: Rules) {
        guard self.rules != rules else { return }
        self.rules = rules
        isWritten = false
    }

    package var json: JSONValue {
        [
            "title": .string(title), "origin": .string(origin.base),
            "epoch": .integer(Int64(origin.epoch)), "coordinator": coordinator.json,
            "founded": founded.json, "rules": rules.json,
        ]
    }

    mutating func drainWrites(into writes: inout [StateWrite]) {
        guard !isWritten else { return }
        writes.append(StateWrite(key: Self.stateKey, row: json))
        isWritten = true
    }
}

/// The name of the lab's log, as it stands in checkpoints: a base such as `example.org/tumours`,
/// and the epoch, which a change of coordinator would count up.
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
