import ArgumentParser
import ContractFiles
import ContractLanguage
import Encodings
import Participation

extension ContractCommands {
    struct Simulate: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Play a document with a story, and show each decision with its reason.",
            discussion: """
                The scenario is YAML or JSON: `given` the parties, terms, currency, offeredBy, now and \
                balances, then `steps`, each {at, by, take, input, expect}. `expect` is applied, refused, or \
                refused:CLAUSE; the exit code is 1 where something goes otherwise.
                """)

        @Argument(help: DocumentArgument.help, completion: .file())
        var file: String

        @Option(help: "The scenario, in YAML or JSON.", completion: .file())
        var scenario: String

        @OptionGroup var output: OutputOptions

        func run() throws {
            let contract = try DocumentArgument(file).file.compiled()
            let story = try ContractFile(path: scenario)
            let run: ScenarioRun
            do {
                run = try ScenarioRun(try Scenario(story.json), of: contract)
            } catch let error as JSONShapeError {
                throw Mistake(story.rendered(DocumentProblem(error)))
            } catch let refusal as ContractRefusal {
                throw Mistake("\(scenario): the offer is refused: \(refusal)")
            }
            output.print(run.json, run.text.plain().trimmingNewline)
            if !run.isAsExpected { throw ExitCode.failure }
        }
    }
}
