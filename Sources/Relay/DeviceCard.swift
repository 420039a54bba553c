package import Contracts
package import Encodings
package import MerkleLog

/// What a device is given when it is enrolled, by hand or with its software: whom it works for, and
/// whose signatures it believes. It is the device's trust anchor; everything that the relay sends
/// later is checked against it.
package struct DeviceCard: Hashable, Sendable {
    package let lab: LabID
    /// The log's key, the members' cosigner keys, and how many of these are a quorum. Where they
    /// change, the owner enrols its devices anew.
    package let policy: TrustPolicy
    /// Whose relay it is.
    package let member: MemberID
    /// The dataset whose rows lie on the devices.
    package let dataset: DatasetID
    package let device: DeviceID

    package init(
        lab: LabID, policy: TrustPolicy, member: MemberID, dataset: DatasetID, device: DeviceID
    ) {
        self.lab = lab
        self.policy = policy
        self.member = member
        self.dataset = dataset
        self.device = device
    }

    package var json: JSONValue {
        [
            "lab": lab.json, "policy": .string(String(decoding: policy.text, as: UTF8.self)),
            "member": member.json, "dataset": dataset.json, "device": device.json,
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
        device = try fields.identifier("device")
        try fields.finish()
        // Without a quorum the coordinator alone could order a device about.
        guard policy.quorum != .noWitness else { throw fields.wrong("policy", "has no quorum") }
    }
}
