import ArgumentParser
import Contracts
import Encodings
import Ledger
import Participation

/// What every command that puts something on the ledger has in common.
struct SubmitOptions: ParsableArguments {
    @OptionGroup var home: HomeOptions
    @OptionGroup var output: OutputOptions

    @Option(help: "Wait until the entry is sequenced, certified or final.")
    var wait: Stage = .sequenced

    /// Submits an action for the member, and says what became of it.
    func submit(_ action: any LabAction, _ done: String) async throws {
        try await submit(done) { _ in action }
    }

    /// Submits an action that takes a question to the lab to make.
    func submit(
        _ done: String, _ action: (MemberSession) async throws -> any LabAction
    ) async throws {
        try await MemberSession.with(home) { session in
            let receipt = try await session.submit(action(session), until: wait)
            output.print(receipt, Self.text(receipt, done))
        }
    }

    static func text(_ receipt: JSONValue, _ done: String) -> String {
        "\(done) (entry \(receipt.shown("index")), \(receipt.shown("stage")))"
    }
}

extension Stage: ExpressibleByArgument {}

extension Identifier: ExpressibleByArgument {
    public init?(argument: String) {
        try? self.init(argument)
    }
}
