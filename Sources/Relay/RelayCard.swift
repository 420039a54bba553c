package import Contracts
package import Encodings
package import Learning
package import MerkleLog

/// What a device is given when it is enrolled, by hand or with its software: whom it works for, where
/// its relay is, and whose signatures it believes. It is the device's trust anchor; everything that
/// the relay sends later is checked against it.
package struct RelayCard: Hashable, Sendable {
    package let lab: LabID
    /// The log's key, the members' cosigner keys, and how many of these are a quorum. Where they
    /// change, the owner gives its devices new cards.
    package let policy: TrustPolicy
    /// Whose relay it is.
    package let member: MemberID
    /// The dataset whose rows lie on the devices.
    package let dataset: DatasetID
    /// As it stands on the ledger; the columns of each device's file.
    package let schema: DatasetSchema
    package let device: DeviceID
    /// The relay's base URL.
    package let relay: String

    package init(
        lab: LabID, policy: TrustPolicy, member: MemberID, dataset: DatasetID,
        schema: DatasetSchema, device: DeviceID, relay: String
    ) {
        self.lab = lab
        self.policy = policy
        self.member = member
        self.dataset = dataset
        self.schema = schema
        self.device = device
        self.relay = relay
    }

    package var json: JSONValue {
        [
            "lab": lab.json, "policy": .string(String(decoding: policy.text, as: UTF8.self)),
            "member": member.json, "dataset": dataset.json, "schema": schema.json,
            "device": device.json, "relay": .string(relay),
        ]
    }

    /// - Throws: `JSONShapeError`.
    package init(_ json: JSONValue) throws(JSONShapeError) {
        var fields = try JSONFields(json)
        lab = try fields.labID("lab")
        let text = Array(try fields.string("policy").utf8)
        do {
            policy = try TrustPolicy(parsing: text)
        } catch {
            throw fields.wrong("policy", "is none: \(error)")
        }
        member = try fields.identifier("member")
        dataset = try fields.identifier("dataset")
        schema = try DatasetSchema(json: try fields.required("schema"), at: "schema")
        device = try fields.identifier("device")
        relay = try fields.string("relay")
        try fields.finish()
        guard relay.hasPrefix("http://") || relay.hasPrefix("https://") else {
            throw fields.wrong("relay", "should be an http:// or https:// URL")
        }
        // Without a quorum the coordinator alone could order a device about.
        guard policy.quorum != .noWitness else { throw fields.wrong("policy", "has no quorum") }
    }
}
