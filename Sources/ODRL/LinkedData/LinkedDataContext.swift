import Encodings

/// What short names mean in a JSON-LD document: the part of an `@context` that policies use.
///
/// A context that is only an address is known by heart or refused: nothing is fetched.
struct LinkedDataContext {
    struct Term: Hashable {
        enum Coercion: Hashable {
            case none
            /// A string is an IRI, relative to the document.
            case identifier
            /// A string is a term of the vocabulary.
            case vocabulary
            case datatype(IRI)
        }

        let iri: String
        var coercion = Coercion.none
        var isList = false
        /// The property runs from the value to the node (`@reverse`).
        var isReversed = false
    }

    private(set) var terms: [String: Term] = [:]
    private(set) var vocabulary: String?
    private(set) var base: String?
    private(set) var language: String?

    init(terms: [String: Term] = [:]) {
        self.terms = terms
    }

    /// Reads a local context on top of this one.
    mutating func apply(_ local: JSONValue, at path: String) throws(ImportError) {
        switch local {
        case .null: self = LinkedDataContext()
        case .string(let address):
            guard let known = Self.known(address) else {
                throw ImportError(
                    path: path,
                    "the context \(address) is not built in, and nothing is fetched; write its "
                        + "terms into the document")
            }
            terms.merge(known.terms) { $1 }
        case .array(let parts):
            for (index, part) in parts.enumerated() {
                if case .array = part {
                    throw ImportError(
                        path: "\(path)[\(index)]", "a context may not hold an array in an array")
                }
                try apply(part, at: "\(path)[\(index)]")
            }
        case .object(let object): try define(object, at: path)
        case .bool, .integer, .number:
            throw ImportError(path: path, "a context is an address, an object or null")
        }
    }

    /// Each term may be a prefix of others, so that looking them up takes more than in proportion.
    static let termsMax = 256

    private mutating func define(_ object: JSONObject, at path: String) throws(ImportError) {
        guard object.members.count <= Self.termsMax else {
            throw ImportError(path: path, "a context defines \(Self.termsMax) terms at most")
        }
        for member in object.members {
            let place = "\(path).\(member.key)"
            switch (member.key, member.value) {
            case ("@vocab", .string(let text)): vocabulary = expandedPrefix(text, in: object)
            case ("@vocab", .null): vocabulary = nil
            case ("@base", .string(let text)): base = text
            case ("@base", .null): base = nil
            case ("@language", .string(let text)): language = text
            case ("@language", .null): language = nil
            case ("@version", _), ("@protected", _): break
            case (let key, _) where key.hasPrefix("@"):
                throw ImportError(path: place, "\(key) in a context is not supported")
            case (let key, .null): terms[key] = nil
            case (let key, let value):
                terms[key] = try term(key, value, in: object, at: place)
            }
        }
    }

    private func term(
        _ key: String, _ value: JSONValue, in object: JSONObject, at path: String
    ) throws(ImportError) -> Term {
        if let text = value.string { return Term(iri: expandedPrefix(text, in: object)) }
        guard case .object(let definition) = value else {
            throw ImportError(path: path, "a term is a string or an object")
        }
        for known in definition.members
        where !["@id", "@type", "@container", "@reverse", "@protected", "@language"]
            .contains(known.key)
        {
            throw ImportError(
                path: "\(path).\(known.key)", "\(known.key) in a term is not supported")
        }
        let reversed = definition["@reverse"]?.string
        let name = reversed ?? definition["@id"]?.string
        // A term without an IRI of its own is one of the vocabulary, or is a prefixed name.
        let iri = name.map { expandedPrefix($0, in: object) } ?? expandedPrefix(key, in: object)
        var term = Term(iri: iri, isReversed: reversed != nil)
        switch definition["@type"]?.string {
        case nil: break
        case "@id": term.coercion = .identifier
        case "@vocab": term.coercion = .vocabulary
        case let type?: term.coercion = .datatype(IRI(expandedPrefix(type, in: object)))
        }
        let containers = definition["@container"]
        for container in containers?.array ?? [containers].compactMap(\.self) {
            switch container.string {
            case "@list": term.isList = true
            case "@set": break
            default:
                throw ImportError(
                    path: "\(path).@container", "only @list and @set are supported here")
            }
        }
        return term
    }

    /// Expands a name in a definition, which may use prefixes of the same context in any order.
    ///
    /// Each step uses a different prefix, so that two prefixes defined by each other end.
    private func expandedPrefix(_ name: String, in object: JSONObject) -> String {
        var name = name
        var used: Set<String> = []
        while true {
            let (prefix, suffix) = Self.split(name)
            let key = suffix == nil ? name : prefix
            guard used.insert(key).inserted, suffix?.hasPrefix("//") != true else { return name }
            let own = object[key]
            if let target = own?.string ?? own?["@id"]?.string, target != name {
                name = target + (suffix ?? "")
            } else if let term = terms[key] {
                return term.iri + (suffix ?? "")
            } else {
                return suffix == nil ? (vocabulary ?? "") + name : name
            }
        }
    }

    static func split(_ name: String) -> (prefix: String, suffix: String?) {
        guard let colon = name.utf8.firstIndex(of: UInt8(ascii: ":")) else { return (name, nil) }
        return (String(name[..<colon]), String(name[name.utf8.index(after: colon)...]))
    }

    /// The IRI of a term or prefixed name.
    ///
    /// - Returns: `nil` where the context does not say what the word means.
    func vocabularyIRI(_ name: String) -> IRI? {
        if let term = terms[name] { return IRI(term.iri) }
        let (prefix, suffix) = Self.split(name)
        if let suffix {
            if !suffix.hasPrefix("//"), let term = terms[prefix] { return IRI(term.iri + suffix) }
            return IRI(name)
        }
        return vocabulary.map { IRI($0 + name) }
    }

    /// The IRI of a thing, relative to the document's base where it is relative.
    func identifierIRI(_ name: String) -> IRI {
        let (prefix, suffix) = Self.split(name)
        if let suffix, prefix != "_" {
            if !suffix.hasPrefix("//"), let term = terms[prefix] { return IRI(term.iri + suffix) }
            return IRI(name)
        }
        return suffix == nil ? IRI((base ?? "") + name) : IRI(name)
    }
}
