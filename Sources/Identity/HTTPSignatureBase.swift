import RawStructuredFieldValues

/// The parts of an HTTP request that a message signature can cover.
package struct HTTPRequestParts: Sendable {
    package var method: String
    /// The host, in lower case, with its port unless that is the scheme's own.
    package var authority: String
    /// As it stands in the request line, percent-encoded, without the query.
    package var path: String
    /// What follows the question mark, or `nil` where there is none.
    package var query: String?
    /// Names in lower case.
    package var fields: [(name: String, value: String)]

    package init(
        method: String, authority: String, path: String, query: String?,
        fields: [(name: String, value: String)]
    ) {
        self.method = method
        self.authority = authority
        self.path = path
        self.query = query
        self.fields = fields
    }

    /// All values of a field, as RFC 9421 §2.1 combines them; `nil` where it is absent.
    package func value(of name: String) -> String? {
        let values = fields.filter { $0.name == name }.map { field in
            field.value.drop { $0 == " " || $0 == "\t" }.trimmingTrailingBlanks
        }
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }

    /// The value of a covered component (RFC 9421 §2.1 and §2.2).
    func component(_ name: String) -> String? {
        switch name {
        case "@method": method
        case "@authority": authority
        case "@path": path.isEmpty ? "/" : path
        case "@query": "?" + (query ?? "")
        case "@request-target": path + (query.map { "?" + $0 } ?? "")
        case let name where name.hasPrefix("@"): nil
        default: value(of: name)
        }
    }
}

extension Substring {
    fileprivate var trimmingTrailingBlanks: String {
        var text = self
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return String(text)
    }
}

/// What a signature covers, and its parameters: the inner list that `Signature-Input` carries
/// under a label (RFC 9421 §2.3).
struct HTTPSignatureInput {
    let components: [String]
    let list: InnerList

    init(components: [String], parameters: OrderedMap<String, RFC9651BareItem>) {
        self.components = components
        var bare = BareInnerList()
        for name in components {
            bare.append(Item(bareItem: RFC9651BareItem.string(name), parameters: [:]))
        }
        list = InnerList(bareInnerList: bare, parameters: parameters)
    }

    /// - Throws: ``HTTPSignatureError/malformed(_:)`` for what is no list of plain component names.
    init(_ list: InnerList) throws(HTTPSignatureError) {
        var components: [String] = []
        for item in list.bareInnerList {
            guard case .string(let name) = item.rfc9651BareItem, item.rfc9651Parameters.isEmpty
            else { throw .malformed("Signature-Input may list plain component names only") }
            guard !components.contains(name) else {
                throw .malformed("Signature-Input lists \(name) twice")
            }
            components.append(name)
        }
        self.components = components
        self.list = list
    }

    func integer(_ parameter: String) -> Int64? {
        guard case .integer(let value)? = list.rfc9651Parameters[parameter] else { return nil }
        return value
    }

    func string(_ parameter: String) -> String? {
        guard case .string(let value)? = list.rfc9651Parameters[parameter] else { return nil }
        return value
    }

    /// The list as it is printed in `@signature-params`.
    func printed() throws(HTTPSignatureError) -> String {
        var serializer = StructuredFieldValueSerializer()
        guard let bytes = try? serializer.writeListFieldValue([.innerList(list)]) else {
            throw .malformed("a signature parameter cannot be written as a structured field")
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The signature base of RFC 9421 §2.5: the bytes that are signed.
    ///
    /// - Throws: ``HTTPSignatureError/missingComponent(_:)`` where the request lacks a component.
    func signatureBase(for request: HTTPRequestParts) throws(HTTPSignatureError) -> [UInt8] {
        var lines: [String] = []
        for name in components {
            guard let value = request.component(name), value.utf8.allSatisfy({ $0 >= 0x20 }) else {
                throw .missingComponent(name)
            }
            lines.append("\"\(name)\": \(value)")
        }
        lines.append("\"@signature-params\": \(try printed())")
        return Array(lines.joined(separator: "\n").utf8)
    }
}
