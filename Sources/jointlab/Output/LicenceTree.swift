import Encodings

/// A licence with the parts that were divided off from it, and how much of each quota is used.
struct LicenceTree {
    let root: JSONValue
    let parts: [LicenceTree]
    /// State variable → the term that bounds it.
    private let quotas: [(used: String, limit: String)]

    /// - Parameters:
    ///   - licences: All of the lab's; a licence's ancestors are older than it is, so this ends.
    ///   - quotas: What the document says under `token.divide`.
    init(root: JSONValue, licences: [JSONValue], quotas: JSONValue?) {
        self.root = root
        self.quotas = (quotas?.object?.members ?? []).compactMap { member in
            member.value.string.map { (member.key, $0) }
        }
        let name = root["contract"]?.string
        parts = licences.filter { name != nil && $0["parent"]?.string == name }.map {
            LicenceTree(root: $0, licences: licences, quotas: quotas)
        }
    }

    var json: JSONValue {
        ["licence": root, "parts": .array(parts.map(\.json))]
    }

    var text: String { lines.joined(separator: "\n") }

    private var lines: [String] {
        var lines = [line]
        for (position, part) in parts.enumerated() {
            let isLast = position == parts.count - 1
            for (number, line) in part.lines.enumerated() {
                let branch =
                    number == 0 ? (isLast ? "└─ " : "├─ ") : (isLast ? "   " : "│  ")
                lines.append(branch + line)
            }
        }
        return lines
    }

    private var line: String {
        let state = root["state"] ?? .null
        let terms = root["terms"] ?? .null
        let used = quotas.map { "\($0.used) \(state.shown($0.used))/\(terms.shown($0.limit))" }
        let standing =
            root["merged"]?.bool == true
            ? "merged" : root["frozen"].map { "frozen (\($0.string ?? ""))" } ?? root.shown("stage")
        return ([root.shown("contract"), root.shown("licensee"), standing] + used)
            .joined(separator: "  ")
    }
}
