/// The name of a thing on the web (RFC 3987), compared byte by byte.
package struct IRI: Hashable, Comparable, Sendable, CustomStringConvertible {
    package let text: String

    package init(_ text: String) {
        self.text = text
    }

    package static func == (left: IRI, right: IRI) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    package static func < (left: IRI, right: IRI) -> Bool {
        left.text.utf8.lexicographicallyPrecedes(right.text.utf8)
    }

    package func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
    }

    package var description: String { text }

    /// Whether it begins with a scheme, and so means the same in every document.
    package var isAbsolute: Bool {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else { return false }
        let scheme = text.utf8[..<colon]
        guard let first = scheme.first, Self.isLetter(first) else { return false }
        return scheme.allSatisfy { byte in
            Self.isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                || byte == UInt8(ascii: "+") || byte == UInt8(ascii: "-")
                || byte == UInt8(ascii: ".")
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    /// What follows the last `/`, `#` or `:`.
    package var lastSegment: String {
        let segment = text.utf8.split(
            omittingEmptySubsequences: false,
            whereSeparator: {
                $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "#") || $0 == UInt8(ascii: ":")
            }
        ).last
        return segment.map { String(decoding: $0, as: UTF8.self) } ?? text
    }
}

extension IRI {
    package static let rdfType = IRI("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
    package static let rdfValue = IRI("http://www.w3.org/1999/02/22-rdf-syntax-ns#value")

    package static func odrl(_ name: String) -> IRI { IRI(Namespace.odrl + name) }
    package static func xsd(_ name: String) -> IRI { IRI(Namespace.xsd + name) }
}

/// Beginnings of IRIs that documents shorten to a prefix.
package enum Namespace {
    package static let odrl = "http://www.w3.org/ns/odrl/2/"
    package static let xsd = "http://www.w3.org/2001/XMLSchema#"
    /// Terms of our own, for what ODRL has no word for.
    package static let jointlab = "urn:jointlab:"

    /// Those that the ODRL context declares, and ours.
    package static let prefixes: [(prefix: String, namespace: String)] = [
        ("odrl", odrl), ("xsd", xsd), ("jointlab", jointlab),
        ("rdf", "http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
        ("rdfs", "http://www.w3.org/2000/01/rdf-schema#"),
        ("owl", "http://www.w3.org/2002/07/owl#"),
        ("skos", "http://www.w3.org/2004/02/skos/core#"),
        ("dct", "http://purl.org/dc/terms/"), ("dcterms", "http://purl.org/dc/terms/"),
        ("dc", "http://purl.org/dc/terms/"),
        ("vcard", "http://www.w3.org/2006/vcard/ns#"),
        ("foaf", "http://xmlns.com/foaf/0.1/"), ("schema", "http://schema.org/"),
        ("cc", "https://creativecommons.org/ns#"),
    ]

    /// Words of such a vocabulary that do so even inside a rule; `dct:frequency`, say, would not.
    static let annotationWords: Set = [
        "altLabel", "comment", "contributor", "created", "creator", "definition", "description",
        "identifier", "isDefinedBy", "issued", "label", "modified", "name", "note", "prefLabel",
        "publisher", "seeAlso", "source", "subject", "title",
    ]

    /// Vocabularies that describe a thing and change no rule.
    static let annotations = [
        "http://purl.org/dc/terms/", "http://purl.org/dc/elements/1.1/",
        "http://www.w3.org/2000/01/rdf-schema#", "http://www.w3.org/2004/02/skos/core#",
        "http://www.w3.org/ns/prov#", "http://schema.org/", "https://schema.org/",
        "http://www.w3.org/2006/vcard/ns#", "http://xmlns.com/foaf/0.1/",
        "http://www.w3.org/2002/07/owl#",
    ]
}
