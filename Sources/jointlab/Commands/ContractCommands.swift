import ArgumentParser
import ContractFiles
import ContractLanguage
import Encodings

/// `jointlab contract …`
struct ContractCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contract",
        abstract: "Write, check and explain contract documents; conclude and run contracts.",
        subcommands: [
            Library.self, Check.self, Explain.self, Diff.self, Simulate.self, Publish.self,
            Offer.self, Act.self, List.self, Show.self, History.self,
        ])

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Check a document completely, as the lab does when it is published.",
            discussion: """
                Types, names, costs, stages, signatures, escrow, clauses, invariants and examples: what \
                is wrong is said with file, line and column, and the exit code is 1.
                """)

        @Argument(help: DocumentArgument.help, completion: .file())
        var files: [String]

        @OptionGroup var output: OutputOptions

        func run() throws {
            for file in files {
                let contract = try DocumentArgument(file).file.compiled()
                let document = contract.document
                output.print(
                    [
                        "document": .string(document.label), "offer": .strings(contract.offerors),
                        "actions": .integer(Int64(document.actions.count)),
                        "examples": .integer(Int64(document.examples.count)),
                        "costMax": .integer(Int64(contract.costMax)),
                    ],
                    """
                    \(document.label) is good
                      \(document.title)
                      offered by   \(contract.offerors.joined(separator: ", "))
                      stages       \(document.stages.joined(separator: ", "))
                      actions      \(document.actions.map(\.name).joined(separator: ", "))
                      examples     \(document.examples.count) executed
                      cost         at most \(contract.costMax) steps an action, of \(CompiledContract.costMax)
                    """)
            }
        }
    }
}

extension JSONValue {
    fileprivate static func strings(_ texts: [String]) -> JSONValue {
        .array(texts.map { .string($0) })
    }
}
