package import Encodings
package import Identity

/// A stretch of the ledger that one coordinator has written.
///
/// The tree of entries goes on from one epoch to the next; what changes is who signs its
/// checkpoints, and under which name of the log. The first entry of an epoch after the first is the
/// certificate of the last checkpoint of the one before it: the members have seen with the old key
/// where the new one goes on.
package struct Epoch: Hashable, Sendable {
    package let origin: LabOrigin
    /// Checkpoints of more than so many entries belong to it.
    package let after: UInt64
    package let coordinator: CoordinatorKeys
    /// Where the coordinator answers, if the members have moved it; the lab's card says so otherwise.
    package let address: String?

    var json: JSONValue {
        [
            "epoch": .integer(Int64(origin.epoch)), "after": .integer(Int64(clamping: after)),
            "coordinator": coordinator.json, "address": address.map { .string($0) },
        ]
    }
}

/// The keys and the address of a service that is to order the lab's transactions from some epoch on.
///
/// Both keys sign it: a lab that changed to keys that nobody holds would stand still for good.
package struct CoordinatorCard: Hashable, Sendable {
    package let keys: CoordinatorKeys
    /// The URL under which members reach it; `nil` where it takes over the old one's address.
    package let address: String?
    package let logProof: [UInt8]
    package let serviceProof: [UInt8]

    package init(log: SigningKey, service: SigningKey, address: String?, lab: LabID) {
        keys = CoordinatorKeys(logKey: log.publicKey, serviceKey: service.publicKey)
        self.address = address
        let statement = Self.statement(keys, address, lab: lab)
        logProof = log.signature(of: statement)
        serviceProof = service.signature(of: statement)
    }

    package init(_ fields: inout JSONFields) throws(JSONShapeError) {
        keys = try CoordinatorKeys(&fields)
        address = fields.optional("address") == nil ? nil : try fields.title("address")
        if let address, !address.hasPrefix("http://"), !address.hasPrefix("https://") {
            throw fields.wrong("address", "should begin with https:// or http://")
        }
        logProof = try fields.bytes("logProof")
        serviceProof = try fields.bytes("serviceProof")
    }

    package var json: JSONValue {
        [
            "logKey": .string(keys.logKey.base64), "serviceKey": .string(keys.serviceKey.base64),
            "address": address.map { .string($0) },
            "logProof": .string(Base64.encode(logProof)),
            "serviceProof": .string(Base64.encode(serviceProof)),
        ]
    }

    private static func statement(
        _ keys: CoordinatorKeys, _ address: String?, lab: LabID
    ) -> [UInt8] {
        let content: JSONValue = [
            "lab": lab.json, "coordinator": keys.json, "address": address.map { .string($0) },
        ]
        return Array("jointlab coordinator v1\n".utf8) + content.canonicalBytes
    }

    /// - Throws: ``Refusal/Code/wrongValue`` where somebody else has written the card.
    func requireProofs(for lab: LabID) throws(Refusal) {
        let statement = Self.statement(keys, address, lab: lab)
        for (key, proof) in [(keys.logKey, logProof), (keys.serviceKey, serviceProof)]
        where !key.verifies(proof, of: statement) {
            throw Refusal(
                .wrongValue, rule: "the coordinator's new keys sign for themselves",
                saw: ["key": key.id])
        }
    }
}

extension LabState {
    /// Whether the lab can change to another coordinator at the end of this batch.
    ///
    /// - Throws: ``Refusal``: `wrong_value`, `already_exists`, `wrong_stage` or `limit`.
    func requireSuccessor(_ card: CoordinatorCard) throws(Refusal) {
        try card.requireProofs(for: id)
        if lab.successor != nil {
            throw Refusal(
                .wrongStage, rule: "no other change of the coordinator is under way",
                saw: ["epoch": lab.origin.epoch])
        }
        guard lab.epochs.count < Lab.epochsMax else {
            throw Refusal(
                .limit, rule: "epochs of the lab < \(Lab.epochsMax)",
                saw: ["epochs": lab.epochs.count])
        }
        // An old key under a new name would be the old coordinator again, whoever holds it by now.
        let known = lab.epochs.flatMap { [$0.coordinator.logKey, $0.coordinator.serviceKey] }
        for key in [card.keys.logKey, card.keys.serviceKey] where known.contains(key) {
            throw Refusal(
                .alreadyExists, rule: "no coordinator of the lab has had the key",
                saw: ["key": key.id])
        }
    }

    /// Changes the coordinator at the end of this batch.
    mutating func appointCoordinator(_ card: CoordinatorCard) throws(Refusal) {
        try requireSuccessor(card)
        lab.appoint(card)
    }
}
