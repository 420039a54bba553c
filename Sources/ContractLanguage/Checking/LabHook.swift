/// An action that the lab takes by itself: a document that has one by this name is asked when it
/// happens.
package struct LabHook: Sendable {
    package let name: String
    /// What the lab tells; a document takes what it needs.
    package let inputs: [(name: String, type: DataType)]
    /// The kind of document that it is for.
    package let kind: Kind

    package enum Kind: Sendable {
        /// Has a licensor, a licensee and a dataset.
        case licence
        /// Has no parties: it is the lab's own.
        case constitution
    }

    package static let train = LabHook(
        name: "train",
        inputs: [
            ("purpose", .string(bytesMax: 64)), ("job", .string(bytesMax: 63)),
            ("round", .int(0...1_000_000)), ("participants", .int(1...1_000)),
            ("epsilonMicro", .int(0...1_000_000_000)),
        ], kind: .licence)

    package static let abandon = LabHook(
        name: "abandon",
        inputs: [
            ("job", .string(bytesMax: 63)), ("round", .int(0...1_000_000)),
            ("epsilonMicro", .int(0...1_000_000_000)),
        ], kind: .licence)

    /// Asked before a job starts, a round opens, and data is touched.
    package static let operate = LabHook(name: "operate", inputs: [], kind: .constitution)

    /// What members decide by vote; the document says when enough have agreed.
    package static let votes = [
        "admit", "suspend", "reinstate", "appoint", "dismiss", "stop", "resume", "freeze",
        "unfreeze", "epoch", "amend",
    ].map { name in
        LabHook(
            name: name,
            inputs: [
                ("yes", .int(0...1_000)), ("no", .int(0...1_000)), ("voters", .int(0...1_000)),
            ], kind: .constitution)
    }

    /// What a constitution must have an action for: without it the lab could come to a point that it
    /// cannot leave.
    package static let constitution = votes + [operate]

    static let all = [train, abandon] + constitution

    static func named(_ name: String) -> LabHook? { all.first { $0.name == name } }
}
