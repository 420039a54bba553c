import Encodings

/// Reads a JSON-LD 1.1 document, compact, expanded or in between, into a graph.
///
/// What policies have no use for is refused by name: nested contexts by type, `@nest`, `@included`,
/// language and index maps, named graphs beyond one level.
struct LinkedDataReader {
    static let nodesMax = 100_000

    private var graph = LinkedDataGraph()
    private var blanks = 0

    static func graph(of document: JSONValue) throws(ImportError) -> LinkedDataGraph {
        var reader = LinkedDataReader()
        let start = LinkedDataContext()
        switch document {
        case .object: try reader.topLevel(document, start, at: "$")
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                try reader.topLevel(element, start, at: "$[\(index)]")
            }
        default:
            throw ImportError("a policy is a JSON object, and this is \(document.kind)")
        }
        return reader.graph
    }

    private mutating func topLevel(
        _ value: JSONValue, _ context: LinkedDataContext, at path: String
    ) throws(ImportError) {
        guard case .object(let object) = value else {
            throw ImportError(path: path, "a node is a JSON object, and this is \(value.kind)")
        }
        var context = context
        if let local = object["@context"] { try context.apply(local, at: "\(path).@context") }
        guard let content = object["@graph"] else {
            _ = try node(object, context, at: path)
            return
        }
        for (index, element) in (content.array ?? [content]).enumerated() {
            try topLevel(element, context, at: "\(path).@graph[\(index)]")
        }
        if object.members.contains(where: { !["@context", "@graph", "@id"].contains($0.key) }) {
            throw ImportError(path: path, "a node with @graph may have nothing beside it but @id")
        }
    }

    private mutating func node(
        _ object: JSONObject, _ outer: LinkedDataContext, at path: String
    ) throws(ImportError) -> LinkedDataGraph.NodeID {
        var context = outer
        if let local = object["@context"] { try context.apply(local, at: "\(path).@context") }
        let id = try identifier(of: object, context, at: path)
        graph.touch(id, at: path)
        guard graph.order.count <= Self.nodesMax else {
            throw ImportError(path: path, "more than \(Self.nodesMax) nodes")
        }
        for member in object.members {
            let place = path.step(member.key)
            switch keyword(member.key, context) {
            case "@context", "@id": continue
            case "@type": try addTypes(member.value, to: id, context, of: path, at: place)
            case let keyword?:
                throw ImportError(path: place, "\(keyword) is not supported in a policy")
            case nil:
                try addProperty(member.key, member.value, to: id, context, of: path, at: place)
            }
        }
        return id
    }

    /// The keyword that a key is, or stands for.
    private func keyword(_ key: String, _ context: LinkedDataContext) -> String? {
        if key.hasPrefix("@") { return key }
        guard let iri = context.terms[key]?.iri, iri.hasPrefix("@") else { return nil }
        return iri
    }

    private func member(
        _ name: String, of object: JSONObject, _ context: LinkedDataContext
    ) -> JSONValue? {
        object.members.first { keyword($0.key, context) == name }?.value
    }

    private mutating func identifier(
        of object: JSONObject, _ context: LinkedDataContext, at path: String
    ) throws(ImportError) -> LinkedDataGraph.NodeID {
        let names = object.members.filter { keyword($0.key, context) == "@id" }
        guard let first = names.first else {
            blanks += 1
            // A space cannot stand in a name that a document gives.
            return .blank("node \(blanks)")
        }
        guard let text = first.value.string else {
            throw ImportError(
                path: path.step(first.key), "should be a string, and is \(first.value.kind)")
        }
        if let other = names.first(where: { $0.value != first.value }) {
            throw ImportError(
                path: path.step(other.key), "\(first.key) gives the node another name")
        }
        return Self.nodeID(text, context)
    }

    private static func nodeID(
        _ text: String, _ context: LinkedDataContext
    ) -> LinkedDataGraph.NodeID {
        text.hasPrefix("_:")
            ? .blank(String(text.dropFirst(2))) : .named(context.identifierIRI(text))
    }

    private mutating func addTypes(
        _ value: JSONValue, to id: LinkedDataGraph.NodeID, _ context: LinkedDataContext,
        of nodePath: String, at path: String
    ) throws(ImportError) {
        for type in value.array ?? [value] {
            guard let name = type.string else {
                throw ImportError(path: path, "a type should be a string, and is \(type.kind)")
            }
            let iri = context.vocabularyIRI(name) ?? IRI(name)
            graph.update(id, at: nodePath) { node in
                if !node.types.contains(iri) { node.types.append(iri) }
            }
        }
    }

    private mutating func addProperty(
        _ key: String, _ value: JSONValue, to id: LinkedDataGraph.NodeID,
        _ context: LinkedDataContext, of nodePath: String, at path: String
    ) throws(ImportError) {
        guard let property = context.vocabularyIRI(key), property.isAbsolute else {
            if value == .null { return }
            graph.update(id, at: nodePath) { $0.undefined.append((key, path)) }
            return
        }
        let definition = context.terms[key]
        if definition?.isReversed == true {
            throw ImportError(path: path, "a reversed term is not supported in a policy")
        }
        var terms: [LinkedDataGraph.Term] = []
        try read(value, as: definition, context, at: path, into: &terms)
        graph.update(id, at: nodePath) { node in
            let known = node.properties[property, default: []]
            // The same node may be described twice, and a statement made twice is one statement.
            node.properties[property] =
                known + terms.filter { term in !known.contains { $0.value == term.value } }
        }
    }

    private mutating func read(
        _ value: JSONValue, as definition: LinkedDataContext.Term?, _ context: LinkedDataContext,
        at path: String, into terms: inout [LinkedDataGraph.Term]
    ) throws(ImportError) {
        switch value {
        case .null: return
        case .array(let elements):
            for (index, element) in elements.enumerated() {
                try read(element, as: definition, context, at: "\(path)[\(index)]", into: &terms)
            }
        case .object(let object):
            if let list = member("@list", of: object, context)
                ?? member("@set", of: object, context)
            {
                try read(list, as: definition, context, at: path, into: &terms)
            } else if let literal = member("@value", of: object, context) {
                let read = try self.literal(literal, object, context, at: path)
                terms.append(.init(value: .literal(read), path: path))
            } else {
                terms.append(.init(value: .node(try node(object, context, at: path)), path: path))
            }
        case .string(let text):
            let value = try string(text, as: definition, context, at: path)
            terms.append(.init(value: value, path: path))
        case .bool, .integer, .number:
            let literal = Literal(native: value, as: definition?.datatype)
            terms.append(.init(value: .literal(literal), path: path))
        }
    }

    private mutating func string(
        _ text: String, as definition: LinkedDataContext.Term?, _ context: LinkedDataContext,
        at path: String
    ) throws(ImportError) -> LinkedDataGraph.Value {
        let id: LinkedDataGraph.NodeID
        switch definition?.coercion {
        case .identifier: id = Self.nodeID(text, context)
        case .vocabulary: id = .named(context.vocabularyIRI(text) ?? context.identifierIRI(text))
        case .datatype(let type): return .literal(Literal(text, type))
        case nil, LinkedDataContext.Term.Coercion.none?:
            return .literal(Literal(text, language: context.language))
        }
        graph.touch(id, at: path)
        return .node(id)
    }

    private func literal(
        _ value: JSONValue, _ object: JSONObject, _ context: LinkedDataContext, at path: String
    ) throws(ImportError) -> Literal {
        let type = member("@type", of: object, context)?.string.map {
            context.vocabularyIRI($0) ?? IRI($0)
        }
        switch value {
        case .string(let text):
            return Literal(text, type ?? .xsd("string"), language: object["@language"]?.string)
        case .bool, .integer, .number: return Literal(native: value, as: type)
        case .null, .array, .object:
            throw ImportError(path: path, "@value should be a plain value, and is \(value.kind)")
        }
    }
}

extension LinkedDataContext.Term {
    fileprivate var datatype: IRI? {
        if case .datatype(let type) = coercion { type } else { nil }
    }
}

extension Literal {
    /// A number or boolean of JSON.
    fileprivate init(native value: JSONValue, as datatype: IRI?) {
        let type: IRI =
            switch value {
            case .bool: .xsd("boolean")
            case .integer: .xsd("integer")
            default: .xsd("decimal")
            }
        self.init(value.canonicalText, datatype ?? type)
    }
}

extension String {
    /// The path to a member of the object at this path.
    fileprivate func step(_ key: String) -> String {
        let isPlain = key.utf8.allSatisfy { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || [UInt8(ascii: "@"), UInt8(ascii: ":"), UInt8(ascii: "_"), UInt8(ascii: "-")]
                    .contains(byte)
        }
        return isPlain ? "\(self).\(key)" : "\(self)[\(JSONValue.string(key).canonicalText)]"
    }
}
