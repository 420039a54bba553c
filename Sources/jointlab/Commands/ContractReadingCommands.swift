import ArgumentParser
import ContractFiles
import ContractLanguage
import Foundation

extension ReadingLanguage: ExpressibleByArgument {}

extension ContractCommands {
    struct Explain: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say in plain sentences what a document allows, for those who sign it.",
            discussion: """
                Parties, terms, every action with its conditions, payments and obligations, a decision table \
                for each, and which clauses of the prose are enforced and how. The text is compared with \
                the headings of the prose where its files lie beside the document.
                """)

        enum Format: String, CaseIterable, ExpressibleByArgument {
            case text, markdown, svg, mermaid
        }

        @Argument(help: DocumentArgument.help, completion: .file())
        var file: String

        @Option(help: "The language to explain in: en or zh.")
        var language: ReadingLanguage = .english

        @Option(
            help: "text, markdown (with the stage diagram), or the diagram alone: svg, mermaid.")
        var format: Format = .text

        @OptionGroup var output: OutputOptions

        func run() throws {
            let source = try DocumentArgument(file)
            let contract = try source.file.compiled()
            let prose = source.prose(of: contract.document)
            for item in contract.document.prose
            where !prose.contains(where: { $0.language == item.language }) {
                let line =
                    "\(item.reference): the text cannot be read, and is not compared with the document"
                FileHandle.standardError.write(Data("\(line)\n".utf8))
            }
            let explanation = ContractExplanation(contract, in: language, prose: prose)
            let text =
                switch format {
                case .text: explanation.text.plain()
                case .markdown: explanation.markdown
                case .svg: explanation.svg
                case .mermaid: explanation.mermaid
                }
            output.print(explanation.json, text.trimmingNewline)
        }
    }

    struct Diff: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what a document allows that an older one did not, and the reverse.",
            discussion: """
                Rules that changed are tried on the bounds of their values and the constants in them, and a \
                case in which they decide differently is shown. Where none is found, that is said, and \
                proves nothing.
                """)

        @Argument(
            help: "The older document: a file, or a name of the library.", completion: .file())
        var old: String

        @Argument(help: "The newer document, likewise.", completion: .file())
        var new: String

        @Option(help: "The language to say it in: en or zh.")
        var language: ReadingLanguage = .english

        @OptionGroup var output: OutputOptions

        func run() throws {
            let comparison = DocumentComparison(
                try DocumentArgument(old).file.compiled(),
                try DocumentArgument(new).file.compiled(),
                in: language)
            output.print(comparison.json, comparison.text.plain().trimmingNewline)
        }
    }
}

extension String {
    /// What is printed gets its newline from `print`.
    var trimmingNewline: String { hasSuffix("\n") ? String(dropLast()) : self }
}
