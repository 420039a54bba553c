/// What a JSON-LD document says: nodes with properties, whatever its layout was.
struct LinkedDataGraph {
    /// A node's name within one document.
    enum NodeID: Hashable, Comparable {
        case named(IRI)
        /// Only this document knows it.
        case blank(String)

        var iri: IRI? {
            if case .named(let iri) = self { iri } else { nil }
        }
    }

    struct Node {
        let id: NodeID
        /// Where it was first described.
        var path: String
        var types: [IRI] = []
        var properties: [IRI: [Term]] = [:]
        /// Keys that the context gives no meaning, which JSON-LD would pass over.
        var undefined: [(key: String, path: String)] = []
        /// Whether the document says anything about it but its name.
        var isDescribed: Bool { !types.isEmpty || !properties.isEmpty || !undefined.isEmpty }
    }

    /// A value of a property, and where it stands.
    struct Term {
        let value: Value
        let path: String
    }

    enum Value: Hashable {
        case node(NodeID)
        case literal(Literal)
    }

    private(set) var nodes: [NodeID: Node] = [:]
    /// In the order of the document.
    private(set) var order: [NodeID] = []

    subscript(id: NodeID) -> Node? { nodes[id] }

    mutating func touch(_ id: NodeID, at path: String) {
        guard nodes[id] == nil else { return }
        nodes[id] = Node(id: id, path: path)
        order.append(id)
    }

    mutating func update(_ id: NodeID, at path: String, _ change: (inout Node) -> Void) {
        touch(id, at: path)
        if nodes[id]?.isDescribed == false { nodes[id]?.path = path }
        change(&nodes[id, default: Node(id: id, path: path)])
    }
}

/// A value in a policy as it was written: its text and what kind of value the text is meant to be.
package struct Literal: Hashable, Comparable, Sendable {
    package let text: String
    package let datatype: IRI
    package let language: String?

    package init(_ text: String, _ datatype: IRI = .xsd("string"), language: String? = nil) {
        self.text = text
        self.datatype = datatype
        self.language = language
    }

    package static func == (left: Literal, right: Literal) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8) && left.datatype == right.datatype
            && left.language == right.language
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(IRI(text))
        hasher.combine(datatype)
    }

    package static func < (left: Literal, right: Literal) -> Bool {
        (IRI(left.text), left.datatype, left.language ?? "")
            < (IRI(right.text), right.datatype, right.language ?? "")
    }
}
