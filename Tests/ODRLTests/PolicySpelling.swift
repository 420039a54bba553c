import Encodings
import ODRL
import Randomness

/// Writes a policy in one of the many ways of JSON-LD, all of which mean the same: expanded, with
/// prefixes or terms, nested or as a graph, in any order.
struct PolicySpelling {
    var random: SeededRandom
    private var lifted: [JSONValue] = []
    private var nodes = 0

    init(seed: UInt64) {
        random = SeededRandom(seed: seed)
    }

    /// - Parameter compact: As ``UsagePolicy/json`` writes it, with the ODRL context.
    static func spelling(of compact: JSONValue, seed: UInt64) -> JSONValue {
        var spelling = PolicySpelling(seed: seed)
        let style = spelling.pick([Style.terms, .prefixes, .whole])
        let context: JSONValue? =
            switch style {
            case .terms:
                spelling.pick([
                    compact["@context"] ?? .null,
                    [
                        ["jointlab": "urn:jointlab:"], "https://www.w3.org/ns/odrl/2/ODRL22.json",
                        ["extra": ["@id": "http://example.com/extra", "@type": "@id"]],
                    ],
                ])
            case .prefixes:
                [
                    "o": "http://www.w3.org/ns/odrl/2/", "jointlab": ["@id": "urn:jointlab:"],
                    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#", "kind": "@type",
                    "name": "@id",
                ]
            case .whole: nil
            }
        var object = compact.object ?? JSONObject()
        object["@context"] = nil
        var written = spelling.node(object, style)
        if spelling.lifted.isEmpty, style != .whole || spelling.chance() {
            if let context, case .object(var top) = written {
                top["@context"] = context
                written = .object(top)
            }
            return spelling.chance() ? written : .array([written])
        }
        var parts = spelling.lifted + [written]
        parts.shuffle(using: &spelling.random)
        if style == .whole, spelling.chance() { return .array(parts) }
        return ["@context": context, "@graph": .array(parts)]
    }

    enum Style {
        case terms, prefixes, whole
    }

    private static let identifiers: Set<String> = [
        "uid", "profile", "inheritFrom", "target", "output", "source", "rightOperandReference",
        "unit",
    ]
    private static let vocabulary: Set<String> = ["action", "leftOperand", "operator", "conflict"]
    private static let parties = Set(PartyFunction.allCases.map(\.rawValue))

    private mutating func node(_ object: JSONObject, _ style: Style) -> JSONValue {
        var members: [JSONObject.Member] = []
        for member in object.members {
            switch member.key {
            case "@type":
                let kind = style == .prefixes && chance() ? "kind" : "@type"
                let type = iri(member.value.string ?? "", style)
                members.append(.init(key: kind, value: chance() ? .string(type) : [.string(type)]))
            case "uid" where style == .terms || chance():
                let other = style == .terms ? "uid" : style == .prefixes ? "name" : "@id"
                let key = chance() ? other : "@id"
                members.append(.init(key: key, value: member.value))
            default:
                let key = key(member.key, style)
                members.append(.init(key: key, value: values(member.value, of: member.key, style)))
            }
        }
        return .object(JSONObject(members) ?? JSONObject())
    }

    private func key(_ key: String, _ style: Style) -> String {
        switch key {
        case "rdf:value":
            style == .whole ? "http://www.w3.org/1999/02/22-rdf-syntax-ns#value" : key
        case "jointlab:unreadable": style == .whole ? "urn:jointlab:unreadable" : key
        default: iri(key, style)
        }
    }

    /// A term of the context's vocabulary.
    private func iri(_ term: String, _ style: Style) -> String {
        if term.contains(":") { return term }
        return switch style {
        case .terms: term
        case .prefixes: "o:\(term)"
        case .whole: "http://www.w3.org/ns/odrl/2/\(term)"
        }
    }

    private mutating func values(_ value: JSONValue, of key: String, _ style: Style) -> JSONValue {
        if let list = value["@list"] {
            return ["@list": .array((list.array ?? []).map { self.value($0, of: key, style) })]
        }
        var written = (value.array ?? [value]).map { self.value($0, of: key, style) }
        if !["andSequence", "xone"].contains(key) { written.shuffle(using: &random) }
        return written.count == 1 && chance() ? written[0] : .array(written)
    }

    private mutating func value(_ value: JSONValue, of key: String, _ style: Style) -> JSONValue {
        switch value {
        case .string(let text) where Self.identifiers.contains(key) || Self.parties.contains(key):
            return style == .terms && chance() ? value : ["@id": .string(text)]
        case .string(let text) where Self.vocabulary.contains(key):
            if style == .terms, chance() { return value }
            return ["@id": .string(iri(text, style == .terms ? .whole : style))]
        case .string: return chance() ? value : ["@value": value]
        case .object(let object) where object["@value"] != nil: return value
        case .object(let object) where key == "rdf:value" || object["@id"] != nil: return value
        case .object(let object):
            var written = node(object, style)
            guard chance(), chance(), case .object(var top) = written else { return written }
            // A node may be described elsewhere in the document, and only be named here.
            nodes += 1
            let nameKey = ["name", "uid"].first { top[$0] != nil } ?? "@id"
            let name = top[nameKey] ?? .string("_:n\(nodes)")
            top[nameKey] = name
            written = .object(top)
            lifted.append(written)
            return ["@id": name]
        default: return value
        }
    }

    private mutating func chance() -> Bool { Bool.random(using: &random) }

    private mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[Int.random(in: choices.indices, using: &random)]
    }
}
