import ArgumentParser
import Contracts
import Encodings
import Foundation
import ODRL
import Participation

extension LicenceCommands {
    struct Import: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Turn an ODRL policy into licence terms, or into a contract document.",
            discussion: """
                The policy is JSON-LD, compact or expanded; nothing is fetched from a network. What the \
                lab cannot enforce becomes a denial, and is listed with its place and the reason.
                """)

        @Argument(help: "The policy.", completion: .file())
        var file: String

        @Option(help: "Which policy, where the file has several: its uid.")
        var policy: String?

        @Option(help: "Which dataset of the lab the policy's target is.")
        var dataset: DatasetID?

        @Option(help: "Which member the policy's assignee is.")
        var licensee: MemberID?

        @Option(help: "Which member the policy's assigner is.")
        var licensor: MemberID?

        @Option(help: "What a generated document is called.")
        var name: String?

        @Option(
            help: "A folder for the terms, or for the document and its prose.",
            completion: .directory)
        var output: String?

        @OptionGroup var printing: OutputOptions

        func run() throws {
            let bytes = try PolicyText.bytes(at: file)
            let source: PolicyImport
            let names: LabNames
            do throws(ImportError) {
                source = try PolicyImport(reading: bytes, uid: policy.map(IRI.init))
                names = try LabNames(
                    for: source.policy, licensor: licensor?.text, licensee: licensee?.text,
                    dataset: dataset?.text)
            } catch {
                throw Mistake("\(file): \(error)")
            }
            let title = name ?? PolicyText.name(for: source.policy.uid)
            guard LabNames.isName(title), title.first?.isLetter == true else {
                throw Mistake(
                    "“\(title)” is no name of a document: lower-case letters, digits, hyphens")
            }
            var translation = LicenceTranslation(
                source, names: names, name: title, digest: BlobDigest(of: bytes).text)
            if case .terms(var terms) = translation {
                // What an offer leaves open is for whoever imports it to say.
                terms.licensor = terms.licensor ?? licensor?.text
                terms.licensee = terms.licensee ?? licensee?.text
                translation = .terms(terms)
            }
            let shown = ShownTranslation(translation, source.report, name: title)
            for (name, text) in output == nil ? [] : shown.files {
                try PolicyText.write(text, to: "\(output ?? ".")/\(name)")
            }
            printing.print(shown.json, shown.text(isWritten: output != nil))
        }
    }

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a licence's terms as an ODRL policy, in JSON-LD.",
            discussion: """
                Give a licence of your lab, or --terms with a file that an import wrote, or --document \
                with the prose of an imported document, which keeps the policy that it came from.
                """)

        @OptionGroup var home: HomeOptions

        @Argument(help: "The licence.")
        var licence: LicenceID?

        @Option(help: "A file with terms.", completion: .file())
        var terms: String?

        @Option(help: "The prose of a document that was imported.", completion: .file())
        var document: String?

        @Option(help: "The policy's uid; default: urn:jointlab:licence:LICENCE.")
        var uid: String?

        @Option(help: "A file for the policy.", completion: .file())
        var output: String?

        func validate() throws {
            guard [licence?.text, terms, document].compactMap(\.self).count == 1 else {
                throw ValidationError("give a licence, or --terms, or --document")
            }
        }

        func run() async throws {
            let text = try await policyText()
            guard let output else {
                return print(text, terminator: text.last == "\n" ? "" : "\n")
            }
            try PolicyText.write(text, to: output)
        }

        private func policyText() async throws -> String {
            if let document {
                let prose = String(decoding: try PolicyText.bytes(at: document), as: UTF8.self)
                guard let kept = ContractDraft.original(inProse: prose) else {
                    throw Mistake("\(document): this prose keeps no policy")
                }
                guard BlobDigest(of: kept.document).text == kept.digest else {
                    throw Mistake("\(document): the policy in it is not the one of its SHA-256")
                }
                return String(decoding: kept.document, as: UTF8.self)
            }
            let offer = try await offer()
            let read: DatasetLicenceTerms
            do throws(JSONShapeError) {
                read = try DatasetLicenceTerms(offer)
            } catch {
                throw Mistake("\(terms ?? "the licence"): \(error)")
            }
            let name = uid ?? licence.map { "urn:jointlab:licence:\($0.text)" }
            return read.policy(uid: name.map(IRI.init)).json.indentedText
        }

        /// Parties, currency and terms, as ``DatasetLicenceTerms`` reads them.
        private func offer() async throws -> JSONValue {
            guard let licence else {
                do {
                    return try JSONValue(parsing: try PolicyText.bytes(at: terms ?? ""))
                } catch let error as JSONSyntaxError {
                    throw Mistake("\(terms ?? ""): \(error)")
                }
            }
            return try await MemberSession.with(home) { session in
                let row = try await session.item(
                    "/v1/licences", where: "licence", is: licence.text)
                guard row["label"]?.string?.hasPrefix(DatasetLicenceTerms.document) == true else {
                    throw Mistake(
                        "\(licence) is under \(row.shown("label")), not under the library's "
                            + "\(DatasetLicenceTerms.document); its prose says what was agreed")
                }
                if let currency = row["currency"]?.string {
                    let scale = try await session.scales()[currency]
                    guard scale == nil || scale == Fee.scale(of: currency) else {
                        throw Mistake(
                            "\(currency) has \(scale ?? 0) decimals in this lab, and "
                                + "\(Fee.scale(of: currency)) elsewhere")
                    }
                }
                return [
                    "document": .string(DatasetLicenceTerms.document),
                    "parties": row["parties"], "currency": row["currency"], "terms": row["terms"],
                ]
            }
        }
    }
}

/// What an import came to, for people and programs.
private struct ShownTranslation {
    let json: JSONValue
    let files: [(name: String, text: String)]
    private let heading: String
    private let body: String
    private let report: ImportReport

    init(_ translation: LicenceTranslation, _ imported: ImportReport, name: String) {
        var report = imported
        switch translation {
        case .terms(let terms):
            self.report = report
            json = ["kind": "terms", "offer": terms.json, "report": report.json]
            files = [("\(name).terms.json", terms.json.indentedText + "\n")]
            heading = "terms of the library's \(DatasetLicenceTerms.document)"
            body = terms.json.indentedText
        case .document(let draft, let mismatch):
            report.add(contentsOf: draft.report)
            self.report = report
            json = [
                "kind": "document", "because": .string("\(mismatch)"), "document": draft.json,
                "report": report.json,
            ]
            files =
                [("\(name).json", draft.json.indentedText + "\n")]
                + draft.prose.map { ("\(name).\($0.language).md", $0.text) }
            heading = "a document of its own, \(name): as terms, \(mismatch)"
            body = draft.json.indentedText
        }
    }

    func text(isWritten: Bool) -> String {
        var lines = ["The policy becomes \(heading)."]
        for finding in report.findings {
            lines.append("  \(finding.effect.rawValue)  \(finding.term)")
            lines.append("    \(finding.path)")
            lines.append("    \(finding.reason)")
        }
        lines.append(isWritten ? files.map { "wrote \($0.name)" }.joined(separator: "\n") : body)
        return lines.joined(separator: "\n")
    }
}

/// Policies and what becomes of them, as files.
private enum PolicyText {
    static func bytes(at path: String) throws -> [UInt8] {
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? handle.close() }
            return Array(try handle.read(upToCount: PolicyImport.bytesMax + 1) ?? Data())
        } catch {
            throw Mistake("\(path): the file cannot be read")
        }
    }

    static func write(_ text: String, to path: String) throws {
        do {
            let url = URL(fileURLWithPath: path)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: url)
        } catch {
            throw Mistake("\(path): the file cannot be written")
        }
    }

    /// What a document for a policy is called where nobody says it.
    static func name(for uid: IRI?) -> String {
        let kept = (uid?.lastSegment ?? "").lowercased().unicodeScalars.map { scalar in
            ("a"..."z").contains(scalar) || ("0"..."9").contains(scalar) ? Character(scalar) : "-"
        }
        let words = String(kept).split(separator: "-").joined(separator: "-")
        return "odrl" + (words.isEmpty ? "" : "-\(words.prefix(50))")
    }
}
