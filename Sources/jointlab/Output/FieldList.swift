import Encodings

/// One thing from the lab's interface, for people: a line for each field, what is nested indented.
enum FieldList {
    static func text(_ row: JSONValue) -> String {
        lines(row).joined(separator: "\n")
    }

    private static func lines(_ value: JSONValue) -> [String] {
        switch value {
        case .object(let object):
            let width = object.members.map(\.key.count).max() ?? 0
            return object.members.flatMap { member in
                let name = member.key
                guard isNested(member.value) else {
                    let blanks = String(repeating: " ", count: width - name.count + 2)
                    return [name + blanks + value.shown(name)]
                }
                return [name] + lines(member.value).map { "  \($0)" }
            }
        case .array(let elements):
            return elements.flatMap { element in
                zip(0..., lines(element)).map { ($0 == 0 ? "- " : "  ") + $1 }
            }
        case .string(let text): return [text.onOneLine]
        default: return [value.canonicalText]
        }
    }

    /// Whether it takes more than one line.
    private static func isNested(_ value: JSONValue) -> Bool {
        switch value {
        case .object(let object): !object.members.isEmpty
        case .array(let elements): elements.contains { $0.string == nil }
        default: false
        }
    }
}
