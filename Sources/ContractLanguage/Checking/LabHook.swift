/// An action that the lab takes by itself: a document that has one by this name is asked when it
/// happens.
package struct LabHook: Sendable {
    package let name: String
    /// What the lab tells; a document takes what it needs.
    package let inputs: [(name: String, type: DataType)]

    package static let train = LabHook(
        name: "train",
        inputs: [
            ("purpose", .string(bytesMax: 64)), ("job", .string(bytesMax: 63)),
            ("round", .int(0...1_000_000)), ("participants", .int(1...1_000)),
            ("epsilonMicro", .int(0...1_000_000_000)),
        ])

    package static let abandon = LabHook(
        name: "abandon",
        inputs: [
            ("job", .string(bytesMax: 63)), ("round", .int(0...1_000_000)),
            ("epsilonMicro", .int(0...1_000_000_000)),
        ])

    static let all = [train, abandon]

    static func named(_ name: String) -> LabHook? { all.first { $0.name == name } }
}
