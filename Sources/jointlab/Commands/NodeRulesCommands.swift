import ArgumentParser
import Encodings
import Foundation
import HouseRules
import LabAPI
import Node
import Trainers

extension NodeCommands {
    struct RulesCommands: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "rules",
            abstract: "Read the owner's own rules, which may be stricter than any licence.",
            subcommands: [Check.self, Show.self])

        struct Check: ParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Say in sentences what a file of rules allows, or where it is wrong.",
                discussion: """
                    Exit code 78: the file is wrong, and every task is declined while it stands. \
                    Check a copy, and move it to rules.yaml in the node's folder.
                    """)

            @OptionGroup var home: HomeOptions
            @OptionGroup var output: OutputOptions

            @Argument(
                help: "The file; default: rules.yaml in the node's folder.", completion: .file())
            var file: String?

            func run() throws {
                let place = file.map { URL(fileURLWithPath: $0) } ?? home.node.rules
                let rules = RulesFile(place, rowsMin: try home.rowsMin)
                guard file == nil || rules.exists else {
                    throw ValidationError("there is no file \(place.path)")
                }
                let known = try rules.read()
                output.print(
                    ["rules": known.json, "allows": .array(known.sentences.map { .string($0) })],
                    RulesView.text(known, hasFile: rules.exists))
            }
        }

        struct Show: ParsableCommand {
            static let configuration = CommandConfiguration(
                abstract: "Show the rules that are in force, defaults included.")

            @OptionGroup var home: HomeOptions
            @OptionGroup var output: OutputOptions

            func run() throws {
                let rules = RulesFile(home.node.rules, rowsMin: try home.rowsMin)
                let known = try rules.read()
                output.print(
                    known.json.adding(
                        "file", rules.exists ? .string(rules.file.path) : nil),
                    RulesView.text(known, hasFile: rules.exists))
            }
        }
    }
}

extension HomeOptions {
    /// What holds where the rules do not say.
    fileprivate var rowsMin: Int {
        get throws { node.isPrepared ? try node.settings().rowsMin : 10 }
    }
}

/// An owner's rules as sentences.
enum RulesView {
    static func text(_ rules: OwnerRules, hasFile: Bool) -> String {
        let first = hasFile ? [] : ["There is no rules.yaml: what holds without one."]
        let bundles = rules.bundleNames.map {
            "Note: no built-in trainer is called \($0); it is taken for the name of a bundle."
        }
        return (first + rules.sentences + bundles).joined(separator: "\n")
    }
}

extension OwnerRules {
    /// Names of trainers that are not built in.
    fileprivate var bundleNames: [String] {
        let all = ([node] + datasets.values).compactMap(\.trainers).reduce(into: Set()) {
            $0.formUnion($1)
        }
        return all.filter { !JobTrainer.allKinds.contains($0) && $0.utf8.count != 64 }.sorted()
    }
}
