import Encodings

/// The prose of a generated document: each clause with the rule of the policy that it is, and the
/// policy as it was.
struct DraftProse {
    let name: String
    let policy: UsagePolicy
    let clauses: [DraftClause]
    let findings: ImportReport
    let original: [UInt8]
    let digest: String

    var texts: [(language: String, text: String)] { [("en", english), ("zh", chinese)] }

    private var english: String {
        var text = """
            # Licence after an ODRL policy

            This text and the contract document `\(name)` were generated from the policy \
            \(policy.uid?.text ?? "at the end of this text"). The policy says what is agreed; the document \
            enforces what a machine can enforce of it, and refuses what it cannot check.

            """
        for clause in clauses {
            text += "\n## \(clause.number) \(clause.title.en)\n"
            for says in clause.says { text += "\n- \(says.en)" }
            text += clause.says.isEmpty ? "" : "\n"
            text += rule(clause)
        }
        return text + policyText("## \(clauses.count + 1) The policy as it was", "SHA-256")
    }

    private var chinese: String {
        var text = """
            # 依据 ODRL 策略的许可

            本文与合约文档 `\(name)` 由策略 \(policy.uid?.text ?? "（见文末）") 生成。约定内容以策略为准；文档执行其中机器能够\
            执行的部分，并拒绝其无法核查的部分。

            """
        for clause in clauses {
            text += "\n## \(clause.number) \(clause.title.zh)\n"
            for says in clause.says { text += "\n- \(says.zh)" }
            text += clause.says.isEmpty ? "" : "\n"
            text += rule(clause)
        }
        return text + policyText("## \(clauses.count + 1) 策略原文", "SHA-256")
    }

    private func rule(_ clause: DraftClause) -> String {
        clause.rule.map { "\n```json\n\($0.indentedText)\n```\n" } ?? ""
    }

    private func policyText(_ heading: String, _ label: String) -> String {
        let content = String(decoding: original, as: UTF8.self)
        // A fence longer than any in the document.
        var fence = "```"
        while content.contains(fence) { fence += "`" }
        return """

            \(heading)

            \(label): `\(digest)`

            \(fence)json
            \(content)
            \(fence)

            """
    }
}

extension ContractDraft {
    /// The policy's document that a generated prose keeps, and the digest that it gives.
    ///
    /// - Returns: `nil` where the text was not generated here.
    package static func original(inProse text: String) -> (digest: String, document: [UInt8])? {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        guard let label = lines.lastIndex(where: { $0.hasPrefix("SHA-256: `") }),
            let opening = lines[label...].firstIndex(where: { $0.hasPrefix("```") }),
            let closing = lines.lastIndex(where: { line in
                line.count >= 3 && line.allSatisfy { $0 == "`" }
            }), closing > opening
        else { return nil }
        let digest = lines[label].dropFirst("SHA-256: `".count).dropLast()
        let document = lines[(opening + 1)..<closing].joined(separator: "\n")
        return (String(digest), Array(document.utf8))
    }
}
