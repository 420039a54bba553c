package import Encodings

/// A contract document of its own for one policy, in the language of the lab's contracts, with the
/// prose that its clauses are in.
package struct ContractDraft: Sendable {
    package let name: String
    package let json: JSONValue
    /// By language, in Markdown.
    package let prose: [(language: String, text: String)]
    /// What the document does not take over as the policy says it.
    package let report: ImportReport

    /// - Parameters:
    ///   - name: What the document is called: lower-case letters, digits and inner hyphens.
    ///   - original: The policy's document as it was.
    ///   - digest: Its SHA-256 in hex.
    package init(
        of policy: UsagePolicy, named name: String, names: LabNames, original: [UInt8],
        digest: String
    ) {
        var builder = DraftBuilder(policy: policy, names: names)
        builder.build()
        var json = builder.json(named: name)
        if let excess = builder.excess(in: json) {
            builder = DraftBuilder(policy: policy, names: names)
            builder.refuse(because: excess)
            json = builder.json(named: name)
        }
        self.name = name
        self.json = json
        report = builder.report
        prose =
            DraftProse(
                name: name, policy: policy, clauses: builder.clauses, findings: builder.report,
                original: original, digest: digest
            ).texts
    }
}

/// A clause of a generated document: which rule of the policy it is, and how it is enforced.
struct DraftClause {
    enum Enforcement: String {
        case machine, obligation, none
    }

    let number: String
    let title: (en: String, zh: String)
    var enforcement: Enforcement
    /// The rule as the policy says it, in JSON-LD; `nil` for what is about all of them.
    let rule: JSONValue?
    /// What the machine does about it.
    var says: [(en: String, zh: String)] = []
}
