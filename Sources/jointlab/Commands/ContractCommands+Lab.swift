import ArgumentParser
import ContractFiles
import ContractLanguage
import ContractLibrary
import Contracts
import Encodings
import Foundation
import LabAPI
import Ledger
import Participation
import Storage
import Transport

// What is done with contracts in a lab.
extension ContractCommands {
    struct Publish: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Put a document on the ledger, with its prose beside it.",
            discussion: """
                It is checked here first, and again by every member. A document never changes: what is \
                published again is published once.
                """)

        @OptionGroup var submit: SubmitOptions

        @Argument(help: "The document's file.", completion: .file())
        var file: String?

        @Option(help: "A document of the library, instead of a file.")
        var library: String?

        func validate() throws {
            guard (file == nil) != (library == nil) else {
                throw ValidationError("name a file, or a document of the library")
            }
        }

        func run() async throws {
            let publishable =
                try library.map { try .library(LibraryDocument.orMistake($0)) }
                ?? PublishableDocument(path: file ?? "")
            let digest = try await MemberSession.with(submit.home) {
                try await $0.publish(publishable, until: submit.wait)
            }
            submit.output.print(
                [
                    "document": digest.json, "label": .string(publishable.document.label),
                ], "\(publishable.document.label) is published as \(digest)")
        }
    }

    struct Offer: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Offer a contract under a published document.",
            discussion: """
                The document says who may make the offer, and what the others do to agree \
                (`jointlab contract act`).
                """)

        @OptionGroup var submit: SubmitOptions

        @Argument(help: "What the lab will call the contract.")
        var contract: ContractID

        @Option(help: "The document: its name, label such as dataset-licence@1, or digest.")
        var document: String

        @Option(
            name: .customLong("party"),
            help: "PARTY=MEMBER, or PARTY=MEMBER,MEMBER for a party of several (repeat).")
        var parties: [String] = []

        @Option(help: "A YAML file with the terms.", completion: .file())
        var terms: String?

        @Option(help: "The currency of all its money, where it has any.")
        var currency: CurrencyCode?

        func run() async throws {
            let terms = try terms.map { try ContractFile(path: $0).json } ?? [:]
            try await MemberSession.with(submit.home) { session in
                let digest = try await session.document(named: document)
                let source = try await session.coordinator.get("/v1/documents/\(digest)")
                let receipt = try await session.submit(
                    OfferContract(
                        contract: contract, document: digest,
                        parties: try Self.parties(parties, source["source"] ?? .null),
                        terms: terms, currency: currency),
                    until: submit.wait)
                submit.output.print(
                    receipt, SubmitOptions.text(receipt, "\(contract) is offered"))
            }
        }

        private static func parties(
            _ texts: [String], _ document: JSONValue
        ) throws -> JSONValue {
            var parties = JSONObject()
            for text in texts {
                let parts = text.split(separator: "=", maxSplits: 1)
                guard parts.count == 2, parties[String(parts[0])] == nil else {
                    throw ValidationError("“\(text)” should be PARTY=MEMBER, each party once")
                }
                let name = String(parts[0])
                let members = parts[1].split(separator: ",").map { JSONValue.string(String($0)) }
                let isSingle = document["parties"]?[name]?.string == "member"
                parties[name] = isSingle ? .string(String(parts[1])) : .array(members)
            }
            return .object(parties)
        }
    }

    struct Act: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Take an action of a contract.",
            discussion: """
                `contract show` says which stage it is in, and `contract explain` what can be done there. \
                A refusal names the rule, its clause, and the values that it saw.
                """)

        @OptionGroup var submit: SubmitOptions

        @Argument var contract: ContractID
        @Argument(help: "The action, such as accept.")
        var action: String

        @Option(help: "A YAML file with the input.", completion: .file())
        var input: String?

        @Option(
            name: .customLong("set"),
            help: "NAME=VALUE of the input (repeat); the value is read as YAML.")
        var values: [String] = []

        func run() async throws {
            var parameters = try input.map { try ContractFile(path: $0).json } ?? [:]
            for text in values {
                let parts = text.split(
                    separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                guard parts.count == 2, !parts[0].isEmpty else {
                    throw ValidationError("“\(text)” should be NAME=VALUE")
                }
                let value = parts[1].isEmpty ? "" : try YAMLText(String(parts[1])).value
                parameters = parameters.adding(String(parts[0]), value)
            }
            try await submit.submit(
                TakeContractAction(contract: contract, action: action, parameters: parameters),
                "\(action) of \(contract) is taken")
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "List the contracts of the lab, or the documents that they are made of.")

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions

        @Flag(help: "List the published documents.")
        var documents = false

        func run() async throws {
            let documents = documents
            let answer = try await MemberSession.with(home) {
                try await $0.get(documents ? "/v1/documents" : "/v1/contracts")
            }
            let view =
                documents
                ? Listing(
                    empty: "no documents; `jointlab contract publish` puts one on the ledger",
                    [
                        ("document", .left, { $0.shown("label") }),
                        ("digest", .left, { $0.shownShort("document", 16) }),
                        ("title", .left, { $0.shownTitle }),
                        ("by", .left, { $0.shown("by") }),
                        ("published", .left, { $0.shownTime("published") }),
                    ])
                : Listing(
                    empty: "no contracts; `jointlab contract offer` makes one",
                    [
                        ("contract", .left, { $0.shown("contract") }),
                        ("document", .left, { $0.shown("label") }),
                        ("parties", .left, { $0.shownParties }),
                        ("stage", .left, { $0.shown("stage") }),
                        ("due", .left, { $0.shownObligations }),
                        ("concluded", .left, { $0.shownTime("concluded") }),
                    ])
            output.print(answer, view.text(answer))
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show a contract; or a published document, with its source.")

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions

        @Argument(help: "A contract's name, or a document's name, label or digest.")
        var name: String

        func run() async throws {
            let (row, view) = try await MemberSession.with(home) { session in
                let contracts = try await session.get("/v1/contracts")["items"]?.array ?? []
                if let row = contracts.first(where: { $0["contract"]?.string == name }) {
                    let document = try await session.get("/v1/documents/\(row.shown("document"))")
                    let scales = try await session.scales()
                    return (
                        row,
                        ContractView(row, document: document["source"] ?? .null, scales: scales)
                    )
                }
                let digest = try await session.document(named: name)
                let row = try await session.get("/v1/documents/\(digest)")
                return (row, ContractView(row, document: .null, scales: [:]))
            }
            output.print(row, view.text)
        }
    }

    struct History: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show everything that has happened to a contract.")

        @OptionGroup var home: HomeOptions
        @OptionGroup var output: OutputOptions

        @Argument var contract: ContractID

        func run() async throws {
            let answer = try await MemberSession.with(home) {
                try await $0.get("/v1/contracts/\(contract)/history")
            }
            let view = Listing(
                empty: "nothing has happened",
                [
                    ("entry", .right, { $0.shown("index") }),
                    ("time", .left, { $0.shownTime("time") }),
                    ("action", .left, { $0["taken"]?.string ?? $0.shown("action") }),
                    ("by", .left, { $0.shown("by") }),
                    ("rules that held", .left, { Self.rules($0, of: contract) }),
                ])
            output.print(answer, view.text(answer))
        }

        private static func rules(_ receipt: JSONValue, of contract: ContractID) -> String {
            let decisions = receipt["outcome"]?["decisions"]?.array ?? []
            let rules = decisions.compactMap { $0["rule"]?.string }
                .filter { $0.contains(" \(contract), action ") }
                .compactMap { $0.split(separator: ": ", maxSplits: 1).last.map(String.init) }
            return rules.isEmpty ? "-" : rules.joined(separator: "; ")
        }
    }
}

extension JSONValue {
    var shownTitle: String {
        self["title"]?.string ?? self["title"]?["en"]?.string ?? "-"
    }

    fileprivate var shownParties: String {
        let parties = self["parties"]?.object?.members.map { party in
            let members = party.value.string.map { [$0] } ?? party.value.array?.compactMap(\.string)
            return "\(party.key) \((members ?? []).joined(separator: "+"))"
        }
        return parties.map { $0.isEmpty ? "-" : $0.joined(separator: ", ") } ?? "-"
    }

    fileprivate var shownObligations: String {
        let due = self["obligations"]?.object?.members.map {
            "\($0.key) \($0.value.string?.prefix(16) ?? "")"
        }
        return due?.joined(separator: ", ") ?? "-"
    }
}
